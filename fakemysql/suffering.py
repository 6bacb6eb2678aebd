"""How a conversation suffers the faults that strike it: one generator for each kind of action.

Loaded by the first fault that strikes, so that a conversation in which nothing goes wrong carries none of it. A
function here is part of a conversation's dialogue: it says what is to be said, and yields where somebody else must act.
What a fault does to bytes is in ``distortions.py``, which is loaded by the first that does something to them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from .answers import Failure
from .constants import CLIENT_PLUGIN_AUTH
from .conversation import NEED_PACKET
from .effects import FLUSH, AnsweredByFault, Close, CutOutput, Hangup, LimitRate, Wait
from .faults import (
    Certificate,
    Cut,
    Delay,
    Duplicate,
    Fail,
    FullAuthentication,
    Garble,
    Hook,
    Occasion,
    Replace,
    Reset,
    Segments,
    Send,
    Stall,
    Switch,
    Throttle,
    WrongInteger,
    WrongLength,
    WrongNumber,
)
from .framing import Framing
from .packets import AuthSwitchRequest
from .transcript import AuthMessage, ClosedBy, FaultFired

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conversation import Conversation, Talk
    from .faults import Fault
    from .tls import TlsFilter

_ENDED_BY_ERROR: Final = frozenset(
    (Hook.ACCEPT, Hook.CONNECT, Hook.GREETED, Hook.TLS, Hook.HANDSHAKE, Hook.LOGIN, Hook.AUTH, Hook.WELCOME)
)


def strike(conversation: Conversation, occasion: Occasion) -> Talk:
    """Carry out what the plan of faults has for this place."""
    for fault in conversation.surroundings.faults.strike(occasion):
        _note(conversation, fault)
        yield from _SUFFERINGS[type(fault.action)](conversation, fault)


def part(conversation: Conversation, close: Close) -> Close:
    """The end that is due, as the faults at CLOSE leave it."""
    around = conversation.surroundings
    occasion = Occasion(Hook.CLOSE, conversation.connection_id, conversation.user, closed_by=close.by)
    for fault in around.faults.strike(occasion):
        action = fault.action
        _note(conversation, fault)
        if isinstance(action, Delay):
            close = replace(close, seconds=(close.seconds or 0.0) + _seconds(fault, action))
        elif isinstance(action, Stall):
            close = replace(close, gate=action.gate)
        elif isinstance(action, Cut):
            close = replace(close, how=Hangup.FIN)
        elif isinstance(action, Reset):
            close = replace(close, how=Hangup.RST)
        elif isinstance(action, Send):
            conversation.send_unasked(action.data)
        else:
            assert isinstance(action, Fail), f"{action} is refused at CLOSE"
            _say_error(conversation, action)
    return close


def begin_tls(conversation: Conversation, make: Callable[[], TlsFilter]) -> Talk:
    """The start of TLS where somebody waits for it with a fault."""
    faults = conversation.surroundings.faults
    yield from conversation.strike(Hook.TLS)
    chosen = conversation.certificate
    tls = make() if chosen is None else _filter_with(chosen)
    if faults.expects(Hook.HANDSHAKE):
        framing, conversation.framing = conversation.framing, _AnyBytes(limit_bytes=conversation.framing.limit_bytes)
        conversation.framing.receive(framing.take_rest())
        conversation.framing.sequence = framing.sequence
        came = yield NEED_PACKET
        assert isinstance(came, bytes)
        yield from conversation.strike(Hook.HANDSHAKE)
        framing.receive(came + conversation.framing.take_rest())
        conversation.framing = framing
    yield from conversation.start_tls(tls)


class _AnyBytes(Framing):
    """Whatever has come is a payload."""

    def next_payload(self) -> bytes | None:
        return self.take_rest() or None


def _filter_with(which: object) -> TlsFilter:
    from .tls import TlsFilter, wrong_name_context

    return TlsFilter(wrong_name_context() if isinstance(which, str) else which)  # type: ignore[arg-type]


def _note(conversation: Conversation, fault: Fault) -> None:
    conversation.note(FaultFired, str(fault))


def _seconds(fault: Fault, action: Delay) -> float:
    return action.seconds + (action.jitter * fault.chance.fraction() if action.jitter else 0.0)


def _say_error(conversation: Conversation, action: Fail) -> None:
    if action.sequence is not None:
        conversation.framing.sequence = action.sequence
    conversation.send_err(Failure(action.code, action.sqlstate, action.message))


# --------------------------------------------------------------------------------------------------- kinds of actions


def _delay(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Delay)
    yield FLUSH
    yield Wait(_seconds(fault, fault.action))


def _stall(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Stall)
    yield FLUSH
    if not fault.action.gate.is_open:
        yield Wait(None, fault.action.gate)


def _end(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Cut | Reset)
    if fault.action.after_bytes:
        yield from _distort(conversation, fault)
    else:
        yield Close(Hangup.FIN if isinstance(fault.action, Cut) else Hangup.RST, ClosedBy.FAULT)


def _fail(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Fail)
    _say_error(conversation, fault.action)
    if fault.action.closes or fault.at in _ENDED_BY_ERROR:
        yield Close(Hangup.FIN, ClosedBy.FAULT)
    raise AnsweredByFault


def _send(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Send)
    conversation.send_unasked(fault.action.data)
    yield FLUSH


def _distort(conversation: Conversation, fault: Fault) -> Talk:
    from .distortions import distortion

    # What was said before is as it was.
    yield FLUSH
    conversation.distort(distortion(fault.action, fault.chance))
    if isinstance(fault.action, Replace) and fault.at is Hook.COMMAND:
        raise AnsweredByFault


def _segments(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Segments)
    size = fault.action.size
    yield FLUSH
    yield CutOutput(size if isinstance(size, tuple) else (size,), fault.action.gap)


def _throttle(conversation: Conversation, fault: Fault) -> Talk:
    action = fault.action
    assert isinstance(action, Throttle)
    yield FLUSH
    yield LimitRate(action.bytes_per_second, to_client=action.toward != "server", to_server=action.toward != "client")


def _certificate(conversation: Conversation, fault: Fault) -> Talk:
    assert isinstance(fault.action, Certificate)
    conversation.certificate = fault.action.which
    yield from ()


def _switch(conversation: Conversation, fault: Fault) -> Talk:
    action = fault.action
    assert isinstance(action, Switch)
    if not conversation.capabilities & CLIENT_PLUGIN_AUTH:
        return  # a client of before plugins understands no switch
    rounds = 0
    while action.rounds is None or rounds < action.rounds:
        rounds += 1
        conversation.send(AuthSwitchRequest(action.plugin, conversation.nonce).serialize())
        text = f"AuthSwitchRequest {action.plugin}"
        conversation.note(AuthMessage, True, text)
        came = yield NEED_PACKET
        assert isinstance(came, bytes)
        text = f"AuthSwitchResponse of {len(came)} bytes"
        conversation.note(AuthMessage, False, text)
    # In earnest it is another plugin, whichever the client began with.
    conversation.was_switched = True


def _full_authentication(conversation: Conversation, fault: Fault) -> Talk:
    conversation.surroundings.accounts.forget(conversation.user)
    yield from ()


_SUFFERINGS: Final[dict[type[Any], Callable[[Conversation, Fault], Talk]]] = {
    Delay: _delay,
    Stall: _stall,
    Cut: _end,
    Reset: _end,
    Fail: _fail,
    Send: _send,
    Replace: _distort,
    Duplicate: _distort,
    Garble: _distort,
    WrongNumber: _distort,
    WrongLength: _distort,
    WrongInteger: _distort,
    Segments: _segments,
    Throttle: _throttle,
    Certificate: _certificate,
    Switch: _switch,
    FullAuthentication: _full_authentication,
}
