"""A transport and its conversation, kept in step: the one asyncio protocol that each connection has.

Here a connection waits: bytes go from the transport to the conversation and back, and the effects that the conversation
names are carried out: timers, gates, ends, slow or cut writing. Whatever the conversation decides is none of this
module's business, and MySQL is not either. Between two calls a link stands still; it has no task.

Of its server a link knows what all links share: the loop, the clock, the buffer that is read into, the faults, and whom
to tell that it came, ended and left.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Final

from .answers import Failure, Woken
from .conversation import Peer, Phase
from .effects import Close, CutOutput, Flush, Hangup, KillOther, LimitRate, ShutDown, Wait
from .faults import Hook
from .transcript import ClosedBy

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conversation import Conversation
    from .effects import Effect
    from .faults import Fail, Gate
    from .pacing import Pacer
    from .server import FakeServer

# What may pile up from a client that sends commands faster than they are carried out, before reading pauses.
_PIPELINE_BYTES: Final = 1 << 18
_BACKLOG_BYTES: Final = 1 << 16
_THIS_MACHINE: Final = frozenset(("127.0.0.1", "::1"))
# What one connection may write before the loop turns to the others.
_TURN_BYTES: Final = 1 << 19
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Link(asyncio.BufferedProtocol):
    """One transport and its conversation, kept in step.

    All links of a server read into one buffer, since what arrives is handed on before anybody else reads. A plain
    Protocol has asyncio make an object of 256 KiB for each read, which costs more than a short statement (measured: 14
    us of a round trip).
    """

    __slots__ = (
        "_client_has_gone",
        "_closing",
        "_gone_timer",
        "_held_by",
        "_idle_timer",
        "_inbox",
        "_is_choked",
        "_is_lost",
        "_is_pumping",
        "_lost_waiters",
        "_open_gate",
        "_outbox",
        "_quiet_since",
        "_reading_paused",
        "_server",
        "_silence_timer",
        "_silences",
        "_transport",
        "_wait",
        "_wait_began",
        "_wait_timer",
        "conversation",
        "peer",
    )

    conversation: Conversation
    peer: Peer
    _transport: asyncio.Transport

    def __init__(self, server: FakeServer) -> None:
        self._server = server
        self._outbox: Pacer | None = None
        self._inbox: Pacer | None = None
        self._held_by: Gate | None = None
        self._silence_timer: asyncio.TimerHandle | None = None
        self._silences: tuple[int, float] = (-1, 0.0)
        self._closing: Close | None = None
        self._client_has_gone = False
        self._is_choked = False
        self._is_lost = False
        self._is_pumping = False
        self._reading_paused = False
        self._wait: Wait | None = None
        self._wait_began = 0.0
        self._quiet_since = 0.0
        self._wait_timer: asyncio.TimerHandle | None = None
        self._gone_timer: asyncio.TimerHandle | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._lost_waiters: list[asyncio.Future[None]] | None = None

    # --------------------------------------------------------------------------------------------- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        name = transport.get_extra_info("peername")
        if isinstance(name, tuple):
            host = "localhost" if name[0] in _THIS_MACHINE else str(name[0])
            self.peer = Peer(host, int(name[1]))
        else:
            self.peer = Peer("localhost", None)
        if self._server.segment is not None:
            self._paced().sizes = (self._server.segment,)
        self._server._arrived(self)
        self._pump()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._server._read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        server = self._server
        server.instance.counters.add("Bytes_received", nbytes)
        data = server._read_buffer[:nbytes].tobytes()
        if self._inbox is None:
            self._take_in(data)
        else:
            self._inbox.put(data)

    def _take_in(self, data: bytes) -> None:
        self._quiet_since = self._server.transcript.clock()
        self.conversation.receive(data)
        self._pump()

    def eof_received(self) -> bool:
        self._client_has_gone = True
        self._held_by = None
        if self._inbox is not None and self._inbox.is_busy:
            return True  # what came before is on its way; _caught_up() goes on here
        self.conversation.client_has_gone()
        self._pump()
        self._notice_departure()
        # The transport stays open for what the client is still owed; the conversation closes it.
        return not self._transport.is_closing()

    def pause_writing(self) -> None:
        self._is_choked = True

    def resume_writing(self) -> None:
        self._is_choked = False
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        if not self.conversation.is_over:
            self._end(ClosedBy.RESET if isinstance(exc, OSError) else ClosedBy.EOF)
        if self._wait is not None or self._wait_timer is not None or self._gone_timer is not None:
            self._stop_waiting()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._silence_timer is not None:
            self._silence_timer.cancel()
        self._idle_timer = self._silence_timer = None
        if self._outbox is not None:
            self._outbox.stop()
        if self._inbox is not None:
            self._inbox.stop()
        self._server._left(self)
        for waiter in self._lost_waiters or ():
            if not waiter.done():
                waiter.set_result(None)
        if self._server._waiters:
            self._server._something_happened()

    # ------------------------------------------------------------------------------------- from the server and tests

    def kill(self, by: int | None, *, query_only: bool) -> None:
        if query_only:
            self.conversation.kill_query(by)
        else:
            self.conversation.kill(by)
        self._pump()

    def awaken(self) -> None:
        self.conversation.awaken()
        self._pump()

    def hang_up(self, how: Hangup) -> None:
        self.conversation.end(ClosedBy.FAULT, how)
        self._pump()

    def send_unasked(self, data: bytes) -> None:
        self.conversation.send_unasked(data)
        self._write(self.conversation.take_output())

    def give_up(self, error: Fail | None) -> None:
        conversation = self.conversation
        if not conversation.awaits_client:
            raise RuntimeError(f"connection {conversation.connection_id} is not idle: {conversation.statement!r}")
        conversation.time_out(None if error is None else Failure(error.code, error.sqlstate, error.message))
        self._pump()

    def shut_down(self) -> None:
        self._held_by = None
        self.conversation.shut_down()
        self._pump()

    def stall(self, gate: Gate) -> Gate:
        self._held_by = gate

        def let_go() -> None:
            if self._held_by is gate:
                self._held_by = None
                self._pump()

        gate.when_open(self._on_loop(let_go))
        return gate

    def _on_loop(self, function: Callable[[], None]) -> Callable[[], None]:
        """For a gate, which any thread may open where other threads use this server."""
        if self._server._threaded is None:
            return function
        loop = self._loop

        def hand_over() -> None:
            loop.call_soon_threadsafe(function)

        return hand_over

    def stop(self) -> None:
        self.conversation.end(ClosedBy.STOP, Hangup.FIN)
        self._pump()
        self._transport.abort()

    async def wait_lost(self) -> None:
        if self._is_lost:
            return
        waiter: asyncio.Future[None] = self._loop.create_future()
        if self._lost_waiters is None:
            self._lost_waiters = []
        self._lost_waiters.append(waiter)
        await waiter

    # -------------------------------------------------------------------------------------------------- keeping step

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = self._server._loop
        assert loop is not None, "links are made by a started server"
        return loop

    @property
    def _now(self) -> float:
        # The loop's, by the short way: each command asks it three times.
        return self._server.transcript.clock()

    def _end(self, by: ClosedBy) -> None:
        self.conversation.end(by, Hangup.FIN)
        self._pump()

    def _pump(self) -> None:
        """Let the conversation go on as far as it can, and the transport with it."""
        if self._is_pumping:
            return
        conversation = self.conversation
        self._is_pumping = True
        try:
            if self._wait is not None and not conversation.is_waiting:
                self._stop_waiting()
            written = 0
            while (not self._is_choked and self._held_by is None) or conversation.is_over:
                effect = conversation.advance()
                output = conversation.take_output()
                if output:
                    self._quiet_since = self._server.transcript.clock()
                    self._write(output)
                    written += len(output)
                if effect is None:
                    break
                self._carry_out(effect)
                if written > _TURN_BYTES and not conversation.is_over:
                    # A client that reads as fast as we write would keep everyone else waiting.
                    self._loop.call_soon(self._pump)
                    break
            self._mind_reading()
            if conversation.awaits_client:
                self._mind_idleness()
        except BaseException:
            # A mistake of the engine's or ours: the client must not wait for ever, and the loop's handler reports it.
            self._transport.abort()
            raise
        finally:
            self._is_pumping = False
        if self._server._waiters:
            self._server._something_happened()

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, Flush):
            return
        if isinstance(effect, Wait):
            self._begin_waiting(effect)
        elif isinstance(effect, Close):
            self._server._ended(self.conversation)
            self._close(effect)
        elif isinstance(effect, CutOutput):
            outbox = self._paced()
            outbox.sizes, outbox.gap_seconds = effect.sizes, effect.gap_seconds
        elif isinstance(effect, LimitRate):
            if effect.to_client:
                self._paced().bytes_per_second = effect.bytes_per_second
            if effect.to_server:
                self._slow_inbox().bytes_per_second = effect.bytes_per_second
        elif isinstance(effect, ShutDown):
            from .going_down import go_down

            # Not before this connection has seen its own end.
            self._loop.call_soon(go_down, self._server)
        else:
            other = self._server._link(effect.connection_id)
            if other is None:
                return
            if isinstance(effect, KillOther):
                other.kill(self.conversation.connection_id, query_only=effect.query_only)
            else:
                other.awaken()

    def _write(self, data: bytes) -> None:
        self._server.instance.counters.add("Bytes_sent", len(data))
        if self._is_lost or self._transport.is_closing():
            return
        if self._outbox is None:
            self._transport.write(data)
            return
        self._outbox.put(data)
        if self._outbox.held_bytes > _BACKLOG_BYTES:
            self._is_choked = True

    def _paced(self) -> Pacer:
        """What writes go through from now on: one piece a turn of the loop at most, so that a client which reads
        promptly sees each on its own.
        """
        if self._outbox is None:
            from .pacing import Pacer

            self._outbox = Pacer(self._loop, self._write_piece, self._written)
        return self._outbox

    def _write_piece(self, piece: bytes) -> None:
        if not self._is_lost and not self._transport.is_closing():
            self._transport.write(piece)

    def _written(self) -> None:
        self._is_choked = False
        if self._closing is not None:
            self._close(self._closing)
        else:
            self._pump()

    def _slow_inbox(self) -> Pacer:
        """What the client says goes through it from now on."""
        if self._inbox is None:
            from .pacing import Pacer

            self._inbox = Pacer(self._loop, self._take_in, self._caught_up)
        return self._inbox

    def _caught_up(self) -> None:
        if self._client_has_gone and not self._is_lost and not self.eof_received():
            self._transport.close()

    def _close(self, close: Close) -> None:
        if self._is_lost:
            return
        if close.by is not ClosedBy.STOP:
            if self._outbox is not None and self._outbox.is_busy:
                self._closing = close
                return
            if close.seconds is not None or close.gate is not None:
                self._part_later(close)
                return
        if close.how is Hangup.RST:
            sock: socket.socket = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self._transport.abort()
        elif close.by is ClosedBy.KILL and self._transport.get_write_buffer_size():
            # A server drops what its victim has not read; close() would wait for it.
            self._transport.abort()
        else:
            self._transport.close()

    def _part_later(self, close: Close) -> None:
        """A fault holds the end back."""
        seconds, gate = close.seconds, close.gate

        def gate_next() -> None:
            if gate is not None and not self._is_lost:
                gate.when_open(self._on_loop(part))
            else:
                part()

        def part() -> None:
            self._close(Close(close.how, close.by))

        if seconds is not None:
            self._wait_timer = self._loop.call_later(seconds, gate_next)
        else:
            gate_next()

    # -------------------------------------------------------------------------------------------------------- waiting

    def _begin_waiting(self, wait: Wait) -> None:
        self._wait = wait
        self._wait_began = self._now
        if wait.seconds is not None:
            self._wait_timer = self._loop.call_later(wait.seconds, self._elapsed)
        if wait.gate is not None:
            self._open_gate = self._on_loop(self._gate_opened)
            wait.gate.when_open(self._open_gate)
        self._notice_departure()

    def _notice_departure(self) -> None:
        """A statement that waits for longer than the next look at its client ends with that look."""
        if self._client_has_gone and self._wait is not None and self.conversation.is_waiting:
            every = self._wait.client_check_seconds
            left = every - (self._now - self._wait_began) % every
            self._gone_timer = self._loop.call_later(left, self._end, ClosedBy.EOF)

    def _stop_waiting(self) -> None:
        if self._gone_timer is not None:
            self._gone_timer.cancel()
            self._gone_timer = None
        if self._wait_timer is not None:
            self._wait_timer.cancel()
            self._wait_timer = None
        if self._wait is not None and self._wait.gate is not None:
            self._wait.gate.forget(self._open_gate)
        self._wait = None

    def _elapsed(self) -> None:
        self.conversation.resume(Woken.ELAPSED)
        self._pump()

    def _gate_opened(self) -> None:
        self.conversation.resume(Woken.AWAKENED)
        self._pump()

    def _mind_reading(self) -> None:
        """A client that pipelines without end is read no further until its commands are carried out."""
        is_full = not self.conversation.awaits_client and self.conversation.unread_bytes > _PIPELINE_BYTES
        if is_full == self._reading_paused or self._is_lost or self._transport.is_closing():
            return
        if is_full:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
        self._reading_paused = is_full

    def mind_silence(self) -> None:
        """Set the timer for the next fault that waits for the client to be silent, if there is one."""
        faults = self._server.faults
        if self._is_lost or not self.conversation.awaits_client or self.conversation.phase is not Phase.READY:
            return
        heard, asked = self._silences
        if heard != self.conversation.received_bytes:
            self._silences = heard, asked = self.conversation.received_bytes, -1.0
        mark = next((mark for mark in faults.marks(Hook.IDLE) if mark > asked), None)
        if self._silence_timer is not None:
            self._silence_timer.cancel()
            self._silence_timer = None
        if mark is not None:
            self._silence_timer = self._loop.call_at(self._quiet_since + mark, self._silent, heard, mark)

    def _silent(self, heard: int, mark: float) -> None:
        self._silence_timer = None
        if heard == self.conversation.received_bytes and self.conversation.awaits_client:
            self._silences = heard, mark
            self.conversation.be_silent(mark)
            self._pump()

    def _mind_idleness(self) -> None:
        """Set the timer for a client that says nothing more.

        A timer that is set already and falls due earlier is left to itself: it sees then how long is left. So a busy
        connection costs the loop no timer for each command.
        """
        if self._server.faults.live and self._server.faults.expects(Hook.IDLE):
            self.mind_silence()
        due = self._quiet_since + self._patience()
        if self._idle_timer is not None:
            if self._idle_timer.when() <= due:
                return
            self._idle_timer.cancel()
        self._idle_timer = self._loop.call_at(due, self._idle, context=self._server._context)

    def _idle(self) -> None:
        self._idle_timer = None
        if self.conversation.awaits_client:
            due = self._quiet_since + self._patience()
            if due > self._now:
                self._idle_timer = self._loop.call_at(due, self._idle, context=self._server._context)
            else:
                self.conversation.time_out()
                self._pump()

    def _patience(self) -> float:
        session = self.conversation.session
        if session is not None and self.conversation.phase is Phase.READY:
            return session.wait_timeout
        # A command that waits for its client (LOAD DATA LOCAL), or a login.
        name = "connect_timeout" if session is None else "net_read_timeout"
        return float(self._server.instance.globals[name] or 0)
