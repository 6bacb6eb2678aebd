"""Replies, packet by packet: fed whole, byte by byte, and with another packet behind."""

from __future__ import annotations

from typing import Any

import pytest

from refpool import replies, wire
from refpool.errors import ConnectionLost, OutOfStep
from refpool.replies import ROWS_UNCOUNTED, Dialect, OnePacket, Reply, farewell, may_be_farewell
from refpool.rows import Shapes
from tests.support import scripted_server as script

NUMBER = script.column("n", script.LONGLONG, script.BINARY)
TEXT = script.column("t")
BIG = 0xFFFFFF


def dialect(deprecate_eof: bool = False, session_track: bool = False, conv: Any = None) -> Dialect:
    capabilities = deprecate_eof * wire.CLIENT_DEPRECATE_EOF | session_track * wire.CLIENT_SESSION_TRACK
    shapes = Shapes(encoding="utf8", use_unicode=True, converters=wire.decoders if conv is None else conv)
    return Dialect(capabilities, shapes)


def feed_bytewise(reply: Reply, stream: bytes) -> int:
    """Feed one byte more each time, as a slow network would; take note that no byte is asked for too late."""
    taken = end = 0
    while end < len(stream) and not reply.over:
        end += 1
        if end - taken >= reply.need:
            taken += reply.feed(stream[taken:end])
    return taken


def feed_whole(reply: Reply, stream: bytes) -> int:
    return reply.feed(stream)


@pytest.fixture(params=[feed_whole, feed_bytewise], ids=["whole", "bytewise"])
def feed(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[False, True], ids=["eof", "deprecate_eof"])
def deprecate(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class TestOk:
    """Statements without rows."""

    def test_its_numbers_are_kept(self, feed: Any) -> None:
        """Affected rows, insert id, status, warnings, message; what stands behind is left."""
        stream = script.packet(1, script.ok(3, affected=70000, insert_id=9, warnings=2, tail=b"hi"))
        reply = Reply(dialect())
        assert feed(reply, stream + b"next") == len(stream)
        assert reply.over
        assert reply.news
        assert (reply.affected_rows, reply.insert_id, reply.server_status) == (70000, 9, 3)
        assert (reply.warning_count, reply.message, reply.has_next, reply.error) == (2, b"hi", False, None)
        assert (reply.description, reply.rows, reply.unbuffered_active) == (None, None, False)

    def test_a_further_result_is_announced(self) -> None:
        """has_next, and the sequence goes on."""
        reply = Reply(dialect())
        reply.feed(script.packet(1, script.ok(script.MORE_RESULTS)))
        assert (reply.has_next, reply.sequence) == (True, 2)

    def test_a_changed_schema_is_kept(self) -> None:
        """With session tracking."""
        changes = script.text(b"\x01" + script.text(script.text("shop")))
        reply = Reply(dialect(session_track=True))
        reply.feed(script.packet(1, script.ok(1 << 14, tail=script.text("") + changes)))
        assert reply.schema == "shop"

    def test_an_error_is_kept(self, feed: Any) -> None:
        """The reply is over, and says nothing of the status."""
        reply = Reply(dialect())
        feed(reply, script.packet(1, script.err(1062, "twice", "23000")))
        assert reply.over
        assert reply.server_status is None
        assert isinstance(reply.error, wire.IntegrityError)


class TestRows:
    """Buffered results."""

    def test_all_rows_are_kept(self, feed: Any, deprecate: bool) -> None:
        """Rows as a tuple, with the status and warnings of the last packet."""
        payloads = script.result(
            [NUMBER, TEXT],
            [script.row("1", "ä"), script.row(None, None)],
            status=3,
            warnings=4,
            deprecate_eof=deprecate,
        )
        stream = script.packets(payloads)
        reply = Reply(dialect(deprecate))
        assert feed(reply, stream + b"\x01") == len(stream)
        assert reply.rows == ((1, "ä"), (None, None))
        assert (reply.affected_rows, reply.server_status, reply.warning_count) == (2, 3, 4)
        assert reply.description is not None
        assert [name for name, *_ in reply.description] == ["n", "t"]
        assert reply.fields is not None
        assert reply.insert_id is None

    def test_many_rows_make_the_decoder_written_out(self, deprecate: bool) -> None:
        """In the middle of the result, without a difference."""
        rows = [script.row(str(number), "x") for number in range(3000)]
        stream = script.packets(script.result([NUMBER, TEXT], rows, deprecate_eof=deprecate))
        shared = dialect(deprecate)
        reply = Reply(shared)
        half = len(stream) // 2
        taken = reply.feed(stream[:half])
        reply.feed(stream[taken:])
        assert reply.rows == tuple((number, "x") for number in range(3000))
        assert reply._shape is not None
        assert reply._shape.written_out

    def test_an_error_among_rows_ends_them(self, feed: Any, deprecate: bool) -> None:
        """1317, for one: a query that was killed."""
        payloads = script.result([NUMBER], [script.row("1")], deprecate_eof=deprecate)[:-1]
        reply = Reply(dialect(deprecate))
        feed(reply, script.packets([*payloads, script.err(1317)]))
        assert reply.over
        assert isinstance(reply.error, wire.OperationalError)

    def test_an_error_among_columns_ends_them(self) -> None:
        """Before any row."""
        reply = Reply(dialect())
        reply.feed(script.packets([b"\x02", NUMBER, script.err(1105)]))
        assert reply.over
        assert reply.error is not None

    def test_a_value_that_cannot_be_converted_leaves_the_reply_in_step(self, feed: Any, deprecate: bool) -> None:
        """The rest is walked over, the status is read, and the error is the caller's to see."""
        payloads = script.result(
            [NUMBER],
            [script.row("1"), script.row("x"), script.row("y"), script.row("3")],
            status=3,
            deprecate_eof=deprecate,
        )
        stream = script.packets(payloads)
        reply = Reply(dialect(deprecate))
        assert feed(reply, stream) == len(stream)
        assert reply.over
        assert reply.server_status == 3
        assert isinstance(reply.error, ValueError)

    def test_a_row_laid_out_wrong_is_no_value_of_the_callers(self, feed: Any) -> None:
        """Then nothing can be believed any more."""
        stream = script.packets(script.result([NUMBER], [script.row("1", "2")]))
        with pytest.raises(OutOfStep, match="cannot be read"):
            feed(Reply(dialect()), stream)


class TestBig:
    """Packets of 16 MiB and more."""

    @pytest.mark.parametrize("size", [BIG - 5, BIG - 4, BIG, 2 * BIG - 9])
    def test_a_row_of_many_packets_is_joined(self, size: int, deprecate: bool) -> None:
        """Around the length at which a packet is continued, with a row before and behind it."""
        row = script.row("x" * size)
        stream = script.packets([b"\x01", TEXT] + ([] if deprecate else [script.eof()]))
        first = 3 if deprecate else 4
        stream += script.packet(first, script.row("a")) + script.packet(first + 1, row)
        behind = first + 2 + len(row) // BIG
        stream += script.packet(behind, script.row("b"))
        stream += script.packet(behind + 1, script.ok(head=b"\xfe") if deprecate else script.eof())
        reply = Reply(dialect(deprecate))
        assert reply.feed(stream) == len(stream)
        assert [len(value) for (value,) in reply.rows] == [1, size, 1]

    def test_it_is_asked_for_once(self) -> None:
        """``need`` is the whole packet, so that nobody looks at each of its pieces."""
        reply = Reply(dialect())
        head = script.packets([b"\x01", TEXT, script.eof()])
        row = script.packet(4, script.row("x" * 1000))
        assert reply.feed(head + row[:100]) == len(head)
        assert reply.need == len(row)

    def test_one_that_cannot_be_converted_leaves_the_reply_in_step(self) -> None:
        """As a short one does; the same for one behind it, which is walked over."""
        stream = script.packets([b"\x01", NUMBER, script.eof()])
        row = script.row("x" * BIG)
        stream += script.packet(4, row) + script.packet(6, row) + script.packet(8, script.eof())
        reply = Reply(dialect())
        assert reply.feed(stream) == len(stream)
        assert reply.over
        assert isinstance(reply.error, ValueError)

    def test_one_laid_out_wrong_is_refused(self) -> None:
        """As a short one is."""
        stream = script.packets([b"\x01", TEXT, script.eof()]) + script.packet(4, script.row("x" * BIG) + b"!")
        with pytest.raises(OutOfStep):
            Reply(dialect()).feed(stream)


class TestUnbuffered:
    """Results that are fetched as they come."""

    def test_the_columns_are_news(self, feed: Any, deprecate: bool) -> None:
        """Who executes is told when the columns are known; who fetches, when there are rows."""
        payloads = script.result([NUMBER], [script.row("1"), script.row("2")], status=3, deprecate_eof=deprecate)
        head = 2 if deprecate else 3
        reply = Reply(dialect(deprecate), unbuffered=True)
        feed(reply, script.packets(payloads[:head]))
        assert (reply.affected_rows, reply.unbuffered_active, reply.news) == (ROWS_UNCOUNTED, True, True)
        assert (reply.take_rows(), reply.news) == ([], False)
        feed(reply, script.packet(head + 1, payloads[head]))
        assert reply.news
        assert reply.taken_bytes == 6
        assert reply.take_rows() == [(1,)]
        assert reply.taken_bytes == 0
        feed(reply, script.packets(payloads[head + 1 :], head + 2))
        assert reply.over
        assert reply.take_rows() == [(2,)]
        assert (reply.server_status, reply.unbuffered_active) == (3, False)

    def test_a_big_row_is_news(self) -> None:
        """Also when it came in several packets."""
        reply = Reply(dialect(), unbuffered=True)
        reply.feed(script.packets([b"\x01", TEXT, script.eof()]) + script.packet(4, script.row("x" * BIG)))
        assert reply.taken_bytes > BIG
        assert len(reply.take_rows()) == 1

    def test_dropped_rows_are_walked_over(self) -> None:
        """Nothing is decoded any more, and the reply ends as usual."""
        calls: list[str] = []
        shared = dialect(conv={script.LONGLONG: calls.append})
        payloads = script.result([NUMBER], [script.row("1"), script.row("2"), script.row("3")])
        reply = Reply(shared, unbuffered=True)
        reply.feed(script.packets(payloads[:4]))
        reply.drop_rows()
        reply.feed(script.packets(payloads[4:], 5))
        assert reply.over
        assert calls == ["1"]
        assert reply.take_rows() == []


class TestFile:
    """LOAD DATA LOCAL."""

    def test_the_server_asks_for_a_file(self) -> None:
        """The name is news; after the file the verdict comes with the next number."""
        reply = Reply(dialect())
        stream = script.packet(1, b"\xfb/tmp/x")
        assert reply.feed(stream) == len(stream)
        assert (reply.filename, reply.news, reply.over) == (b"/tmp/x", True, False)
        reply.file_sent(4)
        reply.feed(script.packet(4, script.ok(affected=3)))
        assert reply.over
        assert reply.affected_rows == 3


class TestOutOfStep:
    """What must not be believed."""

    def test_a_wrong_number_is_refused(self) -> None:
        """The error has both numbers; in the middle of a result an ERR with a wrong number is no exception."""
        with pytest.raises(OutOfStep) as caught:
            Reply(dialect()).feed(script.packet(3, script.ok()))
        assert (caught.value.came, caught.value.due) == (3, 1)
        with pytest.raises(OutOfStep):
            Reply(dialect()).feed(script.packets([b"\x01", NUMBER]) + script.packet(9, script.err(1)))

    @pytest.mark.parametrize("sequence", [0, 2])
    def test_last_words_are_told(self, sequence: int) -> None:
        """An idle session's end (4031) crosses the command; a packet too long is refused before it is read whole."""
        with pytest.raises(ConnectionLost) as caught:
            Reply(dialect()).feed(script.packet(sequence, script.err(4031, "idle")))
        assert caught.value.farewell == (4031, "idle")

    def test_last_words_in_the_middle_of_rows(self) -> None:
        """A server that shuts down numbers from the start."""
        with pytest.raises(ConnectionLost):
            Reply(dialect()).feed(script.packets([b"\x01", NUMBER, script.eof()]) + script.packet(0, script.err(1053)))

    @pytest.mark.parametrize(
        "payloads",
        [
            [b""],
            [b"\x00"],
            [b"\xff"],
            [b"\x01", b"\x03de"],
            [b"\xfe\x01"],
            [b"\x01", NUMBER, script.eof(), b""],
            [b"\x01", NUMBER, script.eof(), b"\xfe\0"],
        ],
    )
    def test_what_cannot_be_read_is_refused(self, payloads: list[bytes]) -> None:
        """Each of these ends inside a field."""
        with pytest.raises(OutOfStep, match="cannot be read"):
            Reply(dialect()).feed(script.packets(payloads))


def test_one_packet_is_one_packet() -> None:
    """For the login; what stands behind is left, and its number may be wrong only as a farewell."""
    packet = OnePacket(2)
    assert packet.feed(script.packet(2, b"abc") + b"xyz") == 7
    assert (packet.payload, packet.over, packet.sequence) == (b"abc", True, 3)
    with pytest.raises(ConnectionLost):
        OnePacket(2).feed(script.packet(0, script.err(1040)))
    assert OnePacket(0).feed(b"\x01\0") == 0


def test_a_farewell_is_an_err_packet_alone() -> None:
    """Whole; of one that may become one more bytes are waited for."""
    whole = script.packet(0, script.err(4031, "idle"))
    words = farewell(whole)
    assert words is not None
    assert words.farewell == (4031, "idle")
    for size in range(len(whole)):
        assert farewell(whole[:size]) is None
        assert may_be_farewell(whole[:size])
    assert not may_be_farewell(whole)
    other = script.packet(0, script.ok())
    assert farewell(other) is None
    assert not may_be_farewell(other)
    assert farewell(script.packet(0, b"\xff")) is None


def test_framing_takes_from_its_subclass() -> None:
    """The base has no meaning of its own for a payload."""
    with pytest.raises(AssertionError):
        replies.Packets(0).feed(script.packet(0, b"x"))
