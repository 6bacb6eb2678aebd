"""Every action at every hook: what fits does what it says to the bytes that a client sees, what does not is refused.

A client that knows nothing says its lines at set times, whatever comes, and keeps what came after each line. What an
undisturbed server answers is the measure: each action is a rule for how what is seen differs from it, and the rules
hold at each place where the action fits. All of it happens in a simulated world, so that a stall of an hour costs no
time.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from fakemysql import FakeServer
from fakemysql.constants import CLIENT_SSL
from fakemysql.distortions import packets_of
from fakemysql.faults import (
    FITS,
    HTTP_BANNER,
    Certificate,
    Cut,
    Delay,
    Duplicate,
    Fail,
    FullAuthentication,
    Garble,
    Gate,
    Hook,
    Refuse,
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
from fakemysql.packets import AuthSwitchRequest, ErrPacket, HandshakeResponse41, SSLRequest
from fakemysql.simulation import Network, Simulation, running_loop
from fakemysql.sql.accounts import Account
from fakemysql.tls import CERTIFICATE_PATH
from fakemysql.transcript import Closed, ClosedBy, FaultFired
from tests.fakemysql.doubles import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakemysql.faults import Action

A_WHILE = 50.0
"""Seconds that the client listens after each line; every delay here is shorter."""

JUNK = b"\x03\x00\x00\x2ajnk"
ERROR = Fail(1105, "HY000", "an error")
RATE = 100
HUGE = b"\xfe" + b"\xff" * 8

ACTIONS: list[Action] = [
    Delay(7, jitter=1),
    Stall(),
    Refuse(),
    Cut(),
    Cut(after_bytes=3),
    Reset(),
    Reset(after_bytes=3),
    ERROR,
    Fail(1105, "HY000", "an error", sequence=9),
    Send(JUNK),
    Replace(HTTP_BANNER),
    Replace(JUNK, closes=True),
    Duplicate(),
    Duplicate(packet=0),
    Garble(),
    WrongNumber(),
    WrongLength(),
    WrongInteger(),
    Segments((1, 2), gap=0.01),
    Throttle(RATE),
    Throttle(RATE, "server"),
    Certificate(),
    Switch("nonesuch"),
    FullAuthentication(),
]

PLACES: dict[Hook, tuple[int, int]] = {
    Hook.ACCEPT: (0, 0),
    Hook.CONNECT: (0, 0),
    Hook.GREETED: (0, 1),
    Hook.LOGIN: (1, 0),
    Hook.AUTH: (1, 0),
    Hook.WELCOME: (2, 0),
    Hook.COMMAND: (3, 0),
    Hook.ANSWER: (3, 0),
    Hook.COLUMNS: (3, 1),
    Hook.ROWS: (3, 4),
    Hook.ANSWERED: (3, 6),
    Hook.IDLE: (4, 0),
    Hook.CLOSE: (5, 0),
}
"""In which turn of the server's the hook is, and behind how many packets of it."""

FIRST_NUMBERS = (0, 2, 4, 1, 0, 1)
"""The sequence number with which the server begins each turn."""

OPTIONS: dict[Hook, dict[str, Any]] = {
    Hook.ROWS: {"after_rows": 1},
    Hook.IDLE: {"after_seconds": A_WHILE + 5},
}

LOGIN_HOOKS = (Hook.ACCEPT, Hook.CONNECT, Hook.GREETED, Hook.LOGIN, Hook.AUTH, Hook.WELCOME)


@dataclass
class Seen:
    """What a client saw: the bytes of each turn, the seconds the last one of each took, and how it ended."""

    turns: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)
    end: str = "open"


class Client(asyncio.Protocol):
    """Says lines, and listens for a while after each."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._came: list[tuple[float, bytes]] = []

    def data_received(self, data: bytes) -> None:
        self._came.append((running_loop().time(), data))

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.end = "FIN" if exc is None else "RST"

    async def listen(self, began: float) -> None:
        await asyncio.sleep(A_WHILE)
        self.seen.turns.append(b"".join(data for _, data in self._came))
        self.seen.pieces += [len(data) for _, data in self._came]
        self.seen.seconds.append(max((when for when, _ in self._came), default=began) - began)
        self._came.clear()


def framed(payload: bytes, number: int) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


RESPONSE = HandshakeResponse41(CAPABILITIES, 1 << 24, 45, "app", b"x" * 20, None, "caching_sha2_password").serialize()
LINES = (
    framed(RESPONSE, 1),
    framed(b"", 3),  # the answer to the switch: app has no password
    framed(b"\x03SELECT 1 AS a UNION ALL SELECT 2", 0),
    b"",
    framed(b"\x01", 0),
)


async def dial(server: FakeServer) -> tuple[asyncio.Transport, Client]:
    assert server.host is not None
    return await asyncio.get_running_loop().create_connection(Client, server.host, server.port)


async def visit(server: FakeServer, gate: Gate | None = None) -> Seen:
    """Connect, say the lines; the gate opens an hour later, and what comes then is one more turn."""
    loop = running_loop()
    began = loop.time()
    transport, client = await dial(server)
    await client.listen(began)
    for line in LINES:
        began = loop.time()
        if client.seen.end == "open":
            transport.write(line)
        await client.listen(began)
    if gate is not None:
        await asyncio.sleep(3600)
        began = loop.time()
        gate.open()
        await client.listen(began)
    transport.close()
    return client.seen


def play(arm: Callable[[FakeServer], object], gate: Gate | None = None) -> tuple[Seen, list[str], ClosedBy]:
    """A visit to a server with faults: what was seen, which faults fired, and by whom the connection was closed."""

    async def main() -> tuple[Seen, list[str], ClosedBy]:
        account = Account("app", "", "mysql_native_password")
        patience = {"connect_timeout": 31536000}
        async with FakeServer(users={"app": account}, variables=patience, nonce=lambda n: bytes(range(n))) as server:
            arm(server)
            seen = await visit(server, gate)
            fired = [event.fault for event in server.transcript.all(FaultFired)]
        return seen, fired, server.transcript.all(Closed)[0].by

    with Simulation(network=Network.instant()) as world:
        return world.run(main())


UNDISTURBED = play(lambda server: None)[0]


def test_an_undisturbed_visit_is_what_the_places_say() -> None:
    assert [len(packets_of(turn)) for turn in UNDISTURBED.turns] == [1, 1, 1, 6, 0, 0]
    assert UNDISTURBED.end == "FIN"


def cases() -> list[Any]:
    return [
        pytest.param(action, hook, id=f"{type(action).__name__}{index}-{hook.name}")
        for index, action in enumerate(ACTIONS)
        for hook in Hook
    ]


@pytest.mark.parametrize(("action", "hook"), cases())
def test_what_fits_does_what_it_says_and_what_does_not_is_refused(action: Action, hook: Hook) -> None:
    kind = type(action)
    is_deep = isinstance(action, Cut | Reset) and action.after_bytes
    if hook not in FITS[kind] or (is_deep and hook not in FITS[Garble]):
        with pytest.raises(ValueError, match=rf"{kind.__name__}.*{hook.name}"):
            FakeServer().faults.arm(action, at=hook, **OPTIONS.get(hook, {}))
        return
    if hook in (Hook.LISTEN, Hook.TLS, Hook.HANDSHAKE):
        return  # nothing is on the wire yet, or what is there is TLS: below
    gate = Gate() if isinstance(action, Stall) else None
    action = action if gate is None else Stall(gate)
    seen, faults, closed_by = play(lambda server: server.faults.arm(action, at=hook, **OPTIONS.get(hook, {})), gate)
    assert len(faults) == 1
    turn, skipped = PLACES[hook]
    whole = UNDISTURBED.turns[turn]
    packets = packets_of(whole)
    before, due = b"".join(packets[:skipped]), b"".join(packets[skipped:])
    rule = Rule(seen, hook, turn, before, due, FIRST_NUMBERS[turn] + skipped, closed_by)
    getattr(rule, kind.__name__.lower())(action)


@dataclass
class Rule:
    """What is seen of one action. number: the sequence number that is due."""

    seen: Seen
    hook: Hook
    turn: int
    before: bytes
    due: bytes
    number: int
    closed_by: ClosedBy

    def _goes_on(self, said: bytes) -> None:
        """In this turn that is said, and in the others what is always said."""
        turns = [*UNDISTURBED.turns]
        turns[self.turn] = said
        assert self.seen.turns[:6] == turns
        assert self.seen.end == "FIN"
        assert self.closed_by is ClosedBy.QUIT

    def _ends(self, said: bytes, how: str) -> None:
        assert self.seen.turns[: self.turn] == UNDISTURBED.turns[: self.turn]
        assert self.seen.turns[self.turn] == said
        assert not b"".join(self.seen.turns[self.turn + 1 :])
        assert self.seen.end == how
        assert self.closed_by is (ClosedBy.QUIT if self.hook is Hook.CLOSE else ClosedBy.FAULT)

    def delay(self, action: Delay) -> None:
        self._goes_on(self.before + self.due)
        if self.due:
            assert action.seconds <= self.seen.seconds[self.turn] <= action.seconds + action.jitter

    def stall(self, action: Stall) -> None:
        assert self.seen.turns[: self.turn] == UNDISTURBED.turns[: self.turn]
        assert self.seen.turns[self.turn] == self.before
        rest = b"".join(self.seen.turns[self.turn + 1 :])
        assert rest == self.due + b"".join(UNDISTURBED.turns[self.turn + 1 :])
        assert self.seen.end == "FIN"

    def cut(self, action: Cut) -> None:
        self._ends(self.before + self.due[: action.after_bytes], "FIN")

    def reset(self, action: Reset) -> None:
        self._ends(self.before + self.due[: action.after_bytes], "RST")

    def fail(self, action: Fail) -> None:
        # The greeting is what tells both sides how errors look.
        sqlstate = action.sqlstate if self.turn else None
        number = self.number if action.sequence is None else action.sequence
        said = framed(ErrPacket(action.code, sqlstate, action.message.encode()).serialize(), number)
        if self.hook in (*LOGIN_HOOKS, Hook.CLOSE):
            self._ends(self.before + said, "FIN")
        else:
            self._goes_on(self.before + said)

    def send(self, action: Send) -> None:
        self._goes_on(self.before + action.data + self.due)

    def replace(self, action: Replace) -> None:
        if action.closes:
            self._ends(self.before + action.data, "FIN")
        else:
            self._goes_on(self.before + action.data)

    def duplicate(self, action: Duplicate) -> None:
        again = self.due if action.packet is None else packets_of(self.due)[0]
        self._goes_on(self.before + (self.due * 2 if action.packet is None else again + self.due))

    def garble(self, action: Garble) -> None:
        said = self.seen.turns[self.turn]
        self._goes_on(said)
        changed = [at for at, (old, new) in enumerate(zip(self.before + self.due, said, strict=True)) if old != new]
        bodies, at = [], len(self.before)
        for packet in packets_of(self.due):
            bodies.append(range(at + 4, at + len(packet)))
            at += len(packet)
        assert [sum(place in body for place in changed) for body in bodies] == [1] * len(bodies)
        assert len(changed) == len(bodies)

    def wrongnumber(self, action: WrongNumber) -> None:
        wrong = [packet[:3] + bytes((packet[3] + 1,)) + packet[4:] for packet in packets_of(self.due)]
        self._goes_on(self.before + b"".join(wrong))

    def wronglength(self, action: WrongLength) -> None:
        self._goes_on(self.before + bytes((self.due[0] + 1,)) + self.due[1:])

    def wronginteger(self, action: WrongInteger) -> None:
        first, *rest = packets_of(self.due)
        # Of an OK it is the first number behind its mark, of anything else the first byte.
        kept = b"\x00" if first[4] == 0 else b""
        body = kept + HUGE + first[5 + len(kept) :]
        self._goes_on(self.before + framed(body, first[3]) + b"".join(rest))

    def segments(self, action: Segments) -> None:
        self._goes_on(self.before + self.due)
        unsplit = [len(turn) for turn in UNDISTURBED.turns[: self.turn] if turn] + [len(self.before)]
        # The first piece may be read together with what was there before.
        joined = [len(self.before) + 1, len(self.before) + 2]
        assert {size for size in self.seen.pieces if size not in unsplit + joined} <= {1, 2}

    def throttle(self, action: Throttle) -> None:
        self._goes_on(self.before + self.due)
        beat = RATE * 0.05 + 0.001
        if action.toward == "both":
            assert self.seen.seconds[self.turn] >= (len(self.due) - beat) / RATE
        elif self.turn < 3:
            assert self.seen.seconds[self.turn + 1] >= (len(LINES[self.turn]) - beat) / RATE

    def switch(self, action: Switch) -> None:
        plugins = [AuthSwitchRequest.parse(turn[4:]).plugin for turn in self.seen.turns[1:3]]
        assert plugins == ["nonesuch", "mysql_native_password"]

    def fullauthentication(self, action: FullAuthentication) -> None:
        self._goes_on(self.due)  # of a plugin that knows but one way


# ---------------------------------------------------------------------------------------------------------------- TLS


@dataclass
class Handshake:
    """What a client that wants TLS saw: what came in plain text, whether the handshake was completed, and the end."""

    plain: bytes
    established: bool
    names: tuple[str, ...]
    end: str
    seconds: float


def shake_hands(arm: Callable[[FakeServer], object], gate: Gate | None = None) -> tuple[Handshake, list[str]]:
    async def main() -> tuple[Handshake, list[str]]:
        loop = asyncio.get_running_loop()
        async with FakeServer(tls=True, variables={"connect_timeout": 31536000}) as server:
            arm(server)
            transport, client = await dial(server)
            began = loop.time()
            await client.listen(began)
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            context = ssl.create_default_context(cafile=CERTIFICATE_PATH)
            context.check_hostname = False
            tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            with pytest.raises(ssl.SSLWantReadError):
                tls.do_handshake()
            transport.write(framed(SSLRequest(CAPABILITIES | CLIENT_SSL, 1 << 24, 45).serialize(), 1) + outgoing.read())
            await client.listen(loop.time())
            if gate is not None:
                assert client.seen.turns[1] == b""
                gate.open()
                await client.listen(loop.time())
            came = b"".join(client.seen.turns[1:])
            plain, record, rest = came.partition(b"\x16\x03\x03")
            incoming.write(record + rest)
            established, names = False, ()
            try:
                tls.do_handshake()
            except ssl.SSLError:
                pass
            else:
                established = True
                certificate: Any = tls.getpeercert()
                names = tuple(name for _, name in certificate["subjectAltName"])
            seen = Handshake(plain, established, names, client.seen.end, client.seen.seconds[1])
            transport.close()
            return seen, [event.fault for event in server.transcript.all(FaultFired)]

    with Simulation(network=Network.instant()) as world:
        return world.run(main())


@pytest.mark.parametrize(
    ("action", "hook"),
    [(action, hook) for action in ACTIONS for hook in (Hook.TLS, Hook.HANDSHAKE) if hook in FITS[type(action)]],
    ids=lambda value: value.name if isinstance(value, Hook) else type(value).__name__,
)
def test_a_tls_handshake_is_disturbed(action: Action, hook: Hook) -> None:
    if isinstance(action, Cut | Reset) and action.after_bytes:
        return
    gate = Gate() if isinstance(action, Stall) else None
    action = action if gate is None else Stall(gate)
    seen, fired = shake_hands(lambda server: server.faults.arm(action, at=hook), gate)
    assert len(fired) == 1
    localhost = ("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1")
    if isinstance(action, Cut | Reset | Fail):
        number = 9 if isinstance(action, Fail) and action.sequence else 2
        error = framed(ErrPacket(1105, None, b"an error").serialize(), number)
        ends = {Cut: "FIN", Reset: "RST", Fail: "FIN"}
        expected = error if isinstance(action, Fail) else b""
        assert (seen.plain, seen.established, seen.end) == (expected, False, ends[type(action)])
    elif isinstance(action, Send):
        assert (seen.plain, seen.end) == (JUNK, "open")
    elif isinstance(action, Certificate):
        assert seen.names == ("another-host.invalid",)
    else:
        assert (seen.plain, seen.established, seen.names) == (b"", True, localhost)
        if isinstance(action, Delay):
            assert seen.seconds >= action.seconds


def test_a_client_that_checks_names_refuses_the_wrong_name() -> None:
    async def main() -> None:
        async with FakeServer(tls=True, variables={"connect_timeout": 31536000}) as server:
            server.faults.arm(Certificate(), at=Hook.TLS)
            loop = asyncio.get_running_loop()
            transport, client = await dial(server)
            await client.listen(loop.time())
            transport.write(framed(SSLRequest(CAPABILITIES | CLIENT_SSL, 1 << 24, 45).serialize(), 1))
            with pytest.raises(ssl.SSLCertVerificationError, match="not valid for 'localhost'"):
                await loop.start_tls(
                    transport, client, ssl.create_default_context(cafile=CERTIFICATE_PATH), server_hostname="localhost"
                )

    with Simulation(network=Network.instant()) as world:
        world.run(main())
