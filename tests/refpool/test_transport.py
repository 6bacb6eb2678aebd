"""The link: its buffer, its pauses, its ends; on a transport that records what is asked of it."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from refpool import errors, transport, wire
from refpool.replies import Dialect, OnePacket, Reply
from refpool.rows import Shapes
from refpool.settings import connect_settings
from refpool.transport import Link
from tests.support import scripted_server as script

NAME = script.column()


class Recorder(asyncio.Transport):
    """A transport that leads nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.calls: list[str] = []
        self.buffered = 0
        self.ending = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return self.ending

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def close(self) -> None:
        self.ending = True
        self.calls.append("close")

    def abort(self) -> None:
        self.ending = True
        self.calls.append("abort")


@pytest.fixture
async def ends() -> list[str]:
    """What the link's owner was told."""
    return []


@pytest.fixture
async def link(ends: list[str]) -> Link:
    """A link on a Recorder."""
    made = Link(asyncio.get_running_loop(), lambda: ends.append("ended"))
    made.connection_made(Recorder())
    return made


def recorder(link: Link) -> Recorder:
    assert isinstance(link.transport, Recorder)
    return link.transport


def receive(link: Link, data: bytes) -> None:
    """As asyncio does: into the buffer that is offered, as much as fits each time."""
    while data:
        view = link.get_buffer(-1)
        assert len(view) > 0
        part, data = data[: len(view)], data[len(view) :]
        view[: len(part)] = part
        link.buffer_updated(len(part))


def reply(**how: Any) -> Reply:
    shapes = Shapes(encoding="utf8", use_unicode=True, converters=wire.decoders)
    return Reply(Dialect(0, shapes), **how)


class TestBuffer:
    """One buffer, used again and again."""

    async def test_a_short_reply_needs_no_other(self, link: Link) -> None:
        """The buffer stays the one it was."""
        buffer = link._buffer
        for _ in range(3):
            expected = reply()
            link.expect(expected)
            receive(link, script.packets(script.result([NAME], [script.row("x")])))
            await link.wait(expected)
            link.settle()
            assert expected.rows == (("x",),)
            assert link._buffer is buffer

    async def test_it_grows_for_a_stream_and_shrinks_behind_it(self, link: Link) -> None:
        """Up to the length at which more does not pay; rows cut by its end are whole."""
        rows = [script.row(str(number) + "x" * 100) for number in range(20_000)]
        expected = reply()
        link.expect(expected)
        receive(link, script.packets([b"\x01", NAME, script.eof()]))
        sequence = 4
        for row in rows:
            receive(link, script.packet(sequence, row))
            sequence = sequence + 1 & 0xFF
        receive(link, script.packet(sequence, script.eof()))
        assert len(expected.rows) == len(rows)
        stream = b"".join(script.packet(4 + number & 0xFF, row) for number, row in enumerate(rows))
        expected = reply()
        link.expect(expected)
        receive(link, script.packets([b"\x01", NAME, script.eof()]) + stream)
        assert len(link._buffer) == transport._FAST_BUFFER
        receive(link, script.packet(4 + len(rows) & 0xFF, script.eof()))
        assert [value for (value,) in expected.rows] == [str(number) + "x" * 100 for number in range(20_000)]
        link.settle()
        assert len(link._buffer) == transport._FIRST_BUFFER

    async def test_a_read_that_fills_it_to_the_brim_makes_it_longer(self, link: Link) -> None:
        """Also when it ends with a packet."""
        expected = reply()
        link.expect(expected)
        head = script.packets([b"\x01", NAME, script.eof()])
        filling = script.packet(4, script.row("x" * (transport._FIRST_BUFFER - len(head) - 4 - 3)))
        receive(link, head + filling)
        assert len(link._buffer) > transport._FIRST_BUFFER
        receive(link, script.packet(5, script.eof()))
        assert len(expected.rows) == 1

    async def test_a_long_packet_is_looked_at_once(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """The buffer is made for it, and nobody looks before it is whole."""
        expected = reply()
        link.expect(expected)
        receive(link, script.packets([b"\x01", NAME, script.eof()]))
        row = script.packet(4, script.row("x" * 3_000_000))
        receive(link, row[:1000])
        looks = 0
        feed = Link._feed

        def counted(link: Link, packets: Any) -> None:
            nonlocal looks
            looks += 1
            feed(link, packets)

        monkeypatch.setattr(Link, "_feed", counted)
        receive(link, row[1000:])
        assert looks == 1
        receive(link, script.packet(5, script.eof()))
        assert len(expected.rows[0][0]) == 3_000_000


class TestReading:
    """Who gets what comes."""

    async def test_what_came_before_it_was_expected(self, link: Link) -> None:
        """It is kept, and fed at once; without end it is not kept."""
        receive(link, script.packet(0, b"early"))
        packet = OnePacket(0)
        link.expect(packet)
        await link.wait(packet)
        assert packet.payload == b"early"
        receive(link, bytes(transport._UNREAD_LIMIT_BYTES + 1))
        receive(link, b"more")
        assert recorder(link).calls == ["pause"]
        link._start = link._end
        link.expect(OnePacket(0))
        assert recorder(link).calls == ["pause", "resume"]

    async def test_the_waiting_task_is_woken_once(self, link: Link) -> None:
        """By all packets of a read together, and not again by what comes before it runs."""
        expected = reply(unbuffered=True)
        link.expect(expected)
        waiting = asyncio.create_task(link.wait(expected))
        await asyncio.sleep(0)
        receive(link, script.packets([b"\x01", NAME, script.eof(), script.row("a")]))
        receive(link, script.packet(5, script.row("b")))
        await waiting
        assert expected.take_rows() == [("a",), ("b",)]

    async def test_unfetched_rows_hold_the_server_back(self, link: Link) -> None:
        """Beyond the limit reading is paused, and goes on when they are fetched."""
        expected = reply(unbuffered=True)
        link.expect(expected)
        receive(link, script.packets([b"\x01", NAME, script.eof()]))
        await link.wait(expected)
        row = script.row("x" * 60_000)
        for sequence in range(4, 10):
            receive(link, script.packet(sequence, row))
        assert recorder(link).calls == ["pause"]
        assert len(expected.take_rows()) == 6
        link.resume()
        link.resume()
        assert recorder(link).calls == ["pause", "resume"]

    async def test_news_that_came_before_the_end_is_still_news(self, link: Link) -> None:
        """An answer, and right behind it the end: the answer is given, what comes later is refused."""
        expected = reply()
        link.expect(expected)
        receive(link, script.packet(1, script.ok()))
        link.eof_received()
        link.connection_lost(None)
        await link.wait(expected)
        assert expected.over
        link.expect(further := reply())
        with pytest.raises(errors.ConnectionLost, match="the server closed the connection"):
            await link.wait(further)

    async def test_a_broken_reply_ends_it(self, link: Link, ends: list[str]) -> None:
        """The command fails with the reason, the transport is dropped, the owner told once."""
        link.expect(expected := reply())
        waiting = asyncio.create_task(link.wait(expected))
        await asyncio.sleep(0)
        receive(link, script.packet(9, script.ok()))
        with pytest.raises(errors.OutOfStep):
            await waiting
        assert recorder(link).calls == ["abort"]
        link.connection_lost(None)
        assert ends == ["ended"]
        assert isinstance(link.failure, errors.OutOfStep)


class TestWriting:
    """Commands, and payloads of any length."""

    async def test_a_command_is_one_write(self, link: Link) -> None:
        """Header, command and body together."""
        link.send(3, b"SELECT 7")
        assert recorder(link).written == [b"\x09\0\0\0\x03SELECT 7"]

    @pytest.mark.parametrize("size", [0, 0xFFFFFE, 0xFFFFFF, 0x1FFFFFE, 0x1FFFFFF])
    async def test_a_long_one_is_continued(self, link: Link, size: int) -> None:
        """A packet of the greatest length is always followed by another, which may be empty."""
        assert await link.send_payload(bytes(size), 254) == (254 + size // 0xFFFFFF + 1) & 0xFF
        stream = b"".join(recorder(link).written)
        assert stream == script.packet(254, bytes(size))

    async def test_it_waits_until_the_server_reads(self, link: Link) -> None:
        """No more is written while asyncio says to pause; an end meanwhile is told."""
        link.pause_writing()
        sending = asyncio.create_task(link.send_large(3, bytes(2 * 0xFFFFFF), reply()))
        await asyncio.sleep(0)
        assert sum(map(len, recorder(link).written)) == 4 + 0xFFFFFF
        link.resume_writing()
        await sending
        link.pause_writing()
        sending = asyncio.create_task(link.send_large(3, bytes(2 * 0xFFFFFF), reply()))
        given_up = asyncio.create_task(link.send_payload(b"x", 0))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        link.connection_lost(OSError("reset"))
        with pytest.raises(errors.ConnectionLost, match="reset"):
            await sending

    async def test_a_refusal_outlives_the_end(self, link: Link) -> None:
        """A server that will not have so long a command says why and closes; the rest cannot be written any more."""
        link.pause_writing()
        link.expect(answer := reply())
        sending = asyncio.create_task(link.send_large(3, bytes(2 * 0xFFFFFF), answer))
        await asyncio.sleep(0)
        receive(link, script.packet(1, script.err(1153, "too big")))
        link.connection_lost(OSError("reset"))
        await sending
        await link.wait(answer)
        assert answer.error is not None
        assert answer.error.args == (1153, "too big")

    async def test_what_has_come_is_read_before_more_is_written(self, link: Link) -> None:
        """Once the server reads on, the loop is given a turn in which it may read first."""
        link.pause_writing()
        sending = asyncio.create_task(link.send_large(3, bytes(2 * 0xFFFFFF), reply()))
        await asyncio.sleep(0)
        link.resume_writing()
        await asyncio.sleep(0)
        assert sum(map(len, recorder(link).written)) == 4 + 0xFFFFFF
        await sending


class NoSocketLoop:
    """As much of a loop as dialling and TLS need, with transports that have no socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.create_future = loop.create_future

    async def create_connection(self, factory: Any, host: str, port: int) -> tuple[Recorder, Link]:
        made = factory()
        made.connection_made(Recorder())
        return made.transport, made

    async def start_tls(self, *args: object, **how: object) -> None:
        return None


async def test_a_transport_without_a_socket() -> None:
    """A simulated network has none to set options on; and a loop may say by None that TLS came to nothing."""
    loop: Any = NoSocketLoop(asyncio.get_running_loop())
    made = await transport.dial(loop, connect_settings(), lambda: None)
    with pytest.raises(errors.ConnectionLost, match="while TLS was to begin"):
        await made.start_tls(None, "host")  # type: ignore[arg-type]


class TestTheEnd:
    """close, abort, and what asyncio tells."""

    async def test_close_writes_its_last_bytes(self, link: Link, ends: list[str]) -> None:
        """The owner is not told of what it does itself; a second close does nothing."""
        link.close(b"bye")
        link.close(b"bye")
        assert recorder(link).written == [b"bye"]
        assert recorder(link).calls == ["close"]
        waiting = [asyncio.create_task(link.wait_closed()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        link.connection_lost(None)
        await asyncio.gather(*waiting[1:])
        await link.wait_closed()
        assert ends == []
        assert link._goodbye is None

    async def test_a_peer_that_takes_nothing_is_dropped_in_the_end(
        self, link: Link, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The last bytes have some seconds, no more."""
        monkeypatch.setattr(transport, "_GOODBYE_SECONDS", 0.0)
        recorder(link).buffered = 5
        dropped = asyncio.Event()
        monkeypatch.setattr(Recorder, "abort", lambda self: dropped.set())
        link.close(b"bye")
        await dropped.wait()

    async def test_a_timely_end_needs_no_dropping(self, link: Link) -> None:
        """The timer is taken back."""
        recorder(link).buffered = 5
        link.close(b"bye")
        timer = link._goodbye
        assert timer is not None
        link.connection_lost(None)
        assert timer.cancelled()

    async def test_nothing_is_paused_or_resumed_on_a_closing_transport(self, link: Link) -> None:
        """uvloop raises there ("the handler is closed")."""
        recorder(link).ending = True
        receive(link, bytes(transport._UNREAD_LIMIT_BYTES + 1))
        assert recorder(link).calls == []
        recorder(link).ending = False
        receive(link, b"x")
        recorder(link).ending = True
        link.resume()
        assert recorder(link).calls == ["pause"]

    async def test_a_failure_is_raised_as_a_copy(self, link: Link) -> None:
        """The link would hold on to the frames of whoever it was raised at."""
        link.abort("dropped")
        first, second = link.why_failed(), link.why_failed()
        assert first is not second
        assert pickle.dumps(first) == pickle.dumps(second)
        with pytest.raises(errors.ConnectionLost):
            await link.wait(reply())
        assert link.failure is not None
        assert link.failure.__traceback__ is None

    def test_behind_its_loop(self) -> None:
        """Nothing can be closed any more, and nothing raises."""
        loop = asyncio.new_event_loop()
        link = Link(loop, lambda: None)
        link.connection_made(Recorder())
        loop.close()
        link.close(b"bye")
        link.abort()
        assert recorder(link).calls == []
