"""Conversations with what few of them need: TLS, compression, query attributes, prepared statements' packets.

All without sockets, and every dialogue also one byte at a time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ssl
import struct
import zlib

import pytest

from fakemysql.auth import sha2_scramble
from fakemysql.binary import Parameter, ParameterType, write_query
from fakemysql.constants import (
    CLIENT_COMPRESS,
    CLIENT_QUERY_ATTRIBUTES,
    CLIENT_SSL,
    FIELD_TYPE_VAR_STRING,
)
from fakemysql.conversation import Conversation, Peer
from fakemysql.effects import Close, Hangup
from fakemysql.faults import Fail, Hook
from fakemysql.packets import ErrPacket, HandshakeResponse41, SSLRequest
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7
from fakemysql.sql.charsets import collation
from fakemysql.tls import CERTIFICATE_PATH, TlsFilter
from fakemysql.transcript import ClosedBy, CommandReceived, Replied, TlsStarted
from tests.fakemysql.doubles import CAPABILITIES, NONCE, Dialogue

OK = b"\x00\x00\x00\x02\x00\x00\x00"
UTF8 = collation(45).charset


def framed(payload: bytes, number: int) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


def packets(wire: bytes) -> list[tuple[int, bytes]]:
    found = []
    while wire:
        end = 4 + int.from_bytes(wire[:3], "little")
        found.append((wire[3], wire[4:end]))
        wire = wire[end:]
    return found


def response(capabilities: int, *, password: bytes = b"") -> bytes:
    scramble = sha2_scramble(password, NONCE)
    user = "app" if password else "root"
    return HandshakeResponse41(
        capabilities, 1 << 24, 45, user, scramble, None, MYSQL_9_7.default_auth_plugin
    ).serialize()


# ------------------------------------------------------------------------------------------------------------------ TLS

SSL_REQUEST = framed(SSLRequest(CAPABILITIES | CLIENT_SSL, 1 << 24, 45).serialize(), 1)


class SecureDialogue(Dialogue):
    """A dialogue whose client speaks TLS from SSLRequest on."""

    def __init__(self, *, requires_tls: bool = False, piece: int = 0) -> None:
        super().__init__()
        self.surroundings = dataclasses.replace(self.surroundings, tls=TlsFilter, requires_tls=lambda: requires_tls)
        self.conversation = Conversation(self.surroundings, 7, Peer("localhost", 5000))
        self.piece = piece
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=str(CERTIFICATE_PATH))
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.plain = b""

    def feed(self, data: bytes) -> None:
        for start in range(0, len(data), self.piece or len(data) or 1):
            self.conversation.receive(data[start : start + (self.piece or len(data))])
            self.advance()
        self.incoming.write(bytes(self.wire))
        self.wire.clear()

    def shake_hands(self) -> None:
        """SSLRequest, and the ClientHello in the same segment."""
        prefix = SSL_REQUEST
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
                self.feed(prefix + self.outgoing.read())
                return
            self.feed(prefix + self.outgoing.read())
            prefix = b""

    def tell(self, payload: bytes, number: int) -> list[tuple[int, bytes]]:
        """One packet over TLS; what came back over TLS."""
        self.tls.write(framed(payload, number))
        self.feed(self.outgoing.read())
        return self.read()

    def read(self) -> list[tuple[int, bytes]]:
        heard = b""
        with contextlib.suppress(ssl.SSLWantReadError):
            while chunk := self.tls.read(65536):
                heard += chunk
        return packets(heard)


@pytest.mark.parametrize("piece", [0, 1, 7])
def test_tls_begins_with_the_client_hello_in_the_segment_of_the_request(piece: int) -> None:
    dialogue = SecureDialogue(piece=piece)
    assert dialogue.greet().capabilities & CLIENT_SSL
    dialogue.shake_hands()
    assert not dialogue.conversation.is_over
    assert dialogue.tell(response(CAPABILITIES | CLIENT_SSL), 2) == [(3, OK)]
    assert dialogue.tell(b"\x0e", 0) == [(1, OK)]
    assert dialogue.conversation.is_secure
    (started,) = dialogue.transcript.all(TlsStarted)
    assert str(started).endswith(f"TLSv1.3, {(dialogue.tls.cipher() or ('?',))[0]}")


def test_a_goodbye_over_tls_is_said_before_the_end() -> None:
    dialogue = SecureDialogue()
    dialogue.greet()
    dialogue.shake_hands()
    dialogue.tell(response(CAPABILITIES), 2)
    assert dialogue.tell(b"\x01", 0) == []
    assert dialogue.effects[-1] == Close(Hangup.FIN, ClosedBy.QUIT)
    assert dialogue.tls.read(1) == b"", "an orderly end, not a cut"


def test_without_a_request_nothing_is_encrypted() -> None:
    dialogue = SecureDialogue()
    dialogue.greet()
    assert dialogue.say(response(CAPABILITIES), 1) == [(2, OK)]
    assert not dialogue.conversation.is_secure


def test_where_tls_is_required_a_login_without_it_is_refused() -> None:
    dialogue = SecureDialogue(requires_tls=True)
    dialogue.greet()
    [(number, payload)] = dialogue.say(response(CAPABILITIES), 1)
    assert (number, ErrPacket.parse(payload).code) == (2, 3159)
    dialogue = SecureDialogue(requires_tls=True)
    dialogue.greet()
    dialogue.shake_hands()
    assert dialogue.tell(response(CAPABILITIES), 2) == [(3, OK)]


@pytest.mark.parametrize("together", [True, False])
def test_what_is_no_tls_after_the_request_ends_it(together: bool) -> None:
    dialogue = SecureDialogue()
    dialogue.greet()
    if together:
        dialogue.feed(SSL_REQUEST + b"this is no ClientHello")
    else:
        dialogue.feed(SSL_REQUEST)
        dialogue.feed(b"this is no ClientHello")
    assert dialogue.effects == [Close(Hangup.FIN, ClosedBy.PROTOCOL)]
    assert dialogue.conversation.is_over
    dialogue.feed(b"more")
    assert dialogue.read() == []


def test_the_full_login_is_in_clear_over_tls_and_on_a_unix_socket() -> None:
    dialogue = SecureDialogue()
    dialogue.surroundings.accounts.forget("app")
    dialogue.greet()
    dialogue.shake_hands()
    assert dialogue.tell(response(CAPABILITIES, password=b"s3cret"), 2) == [(3, b"\x01\x04")]
    assert dialogue.tell(b"s3cret\x00", 4) == [(5, OK)]
    local = Dialogue()
    local.conversation = Conversation(local.surroundings, 7, Peer("localhost", None))
    local.surroundings.accounts.forget("app")
    local.greet()
    assert local.say(response(CAPABILITIES, password=b"s3cret"), 1) == [(2, b"\x01\x04")]
    assert local.say(b"s3cret\x00", 3) == [(4, OK)]


# ---------------------------------------------------------------------------------------------------------- compression


def compressed(payload: bytes, number: int = 0, inner: int = 0) -> bytes:
    piece = framed(payload, inner)
    body = zlib.compress(piece)
    return len(body).to_bytes(3, "little") + bytes((number,)) + len(piece).to_bytes(3, "little") + body


def uncompressed(wire: bytes) -> tuple[list[int], list[tuple[int, bytes]]]:
    """The outer numbers, and the packets inside."""
    numbers, stream = [], b""
    while wire:
        end = 7 + int.from_bytes(wire[:3], "little")
        piece = wire[7:end]
        stream += zlib.decompress(piece) if any(wire[4:7]) else piece
        numbers.append(wire[3])
        wire = wire[end:]
    return numbers, packets(stream)


def compressing() -> Dialogue:
    """Logged in with compression, which begins behind the OK."""
    dialogue = Dialogue()
    dialogue.greet()
    assert dialogue.say(response(CAPABILITIES | CLIENT_COMPRESS), 1) == [(2, OK)]
    return dialogue


def exchange(dialogue: Dialogue, wire: bytes, piece: int = 0) -> tuple[list[int], list[tuple[int, bytes]]]:
    for start in range(0, len(wire), piece or len(wire)):
        dialogue.conversation.receive(wire[start : start + (piece or len(wire))])
        dialogue.advance()
    answer = bytes(dialogue.wire)
    dialogue.wire.clear()
    return uncompressed(answer)


@pytest.mark.parametrize("piece", [0, 1, 5])
def test_commands_and_answers_are_compressed_after_the_login(piece: int) -> None:
    dialogue = compressing()
    for _ in range(2):
        assert exchange(dialogue, compressed(b"\x0e"), piece) == ([1], [(1, OK)])
    numbers, answer = exchange(dialogue, compressed(b"\x03SELECT 3000"), piece)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 1
    assert len(answer) == 3004
    assert [number for number, _ in answer] == [number % 256 for number in range(1, 3005)]


def test_pipelined_commands_are_each_numbered_from_0() -> None:
    dialogue = compressing()
    numbers, answers = exchange(dialogue, compressed(b"\x0e") * 3)
    assert (numbers, answers) == ([1, 1, 1], [(1, OK)] * 3)


def test_the_inner_number_is_not_looked_at_and_the_outer_one_is() -> None:
    dialogue = compressing()
    assert exchange(dialogue, compressed(b"\x0e", inner=9)) == ([1], [(1, OK)])
    numbers, [(inner, error)] = exchange(dialogue, compressed(b"\x0e", number=3))
    assert (numbers, inner, ErrPacket.parse(error).code) == ([0], 0, 1156)
    assert dialogue.conversation.closed_by is ClosedBy.PROTOCOL


def test_what_cannot_be_uncompressed_ends_it_without_a_word() -> None:
    dialogue = compressing()
    assert exchange(dialogue, b"\x04\x00\x00\x00\x20\x00\x00junk") == ([], [])
    assert dialogue.effects[-1] == Close(Hangup.FIN, ClosedBy.PROTOCOL)


def test_a_timeout_is_told_from_number_0() -> None:
    dialogue = compressing()
    exchange(dialogue, compressed(b"\x0e"))
    dialogue.conversation.time_out()
    dialogue.advance()
    numbers, [(inner, error)] = uncompressed(bytes(dialogue.wire))
    assert (numbers, inner, ErrPacket.parse(error).code) == ([0], 0, 4031)


# ----------------------------------------------------------------------------------------------------- query attributes


def attributing(*, persona_offers: bool = True) -> Dialogue:
    dialogue = Dialogue(persona=MYSQL_9_7 if persona_offers else MARIADB_10_11)
    dialogue.log_in(capabilities=CAPABILITIES | CLIENT_QUERY_ATTRIBUTES)
    dialogue.conversation.session.client_charset = UTF8  # type: ignore[union-attr]
    return dialogue


def test_query_attributes_are_taken_off_and_recorded() -> None:
    dialogue = attributing()
    tag = Parameter(ParameterType(FIELD_TYPE_VAR_STRING, name="tag"), "é")
    none = Parameter(ParameterType(FIELD_TYPE_VAR_STRING, name="none"), None)
    answer = dialogue.say(b"\x03" + write_query([tag, none], b"SET x", UTF8))
    assert answer[0][1][:1] == b"\x00"
    received = dialogue.transcript.all(CommandReceived)[-1]
    assert (received.argument, received.attributes) == ("SET x", {"tag": "é", "none": None})
    dialogue.say(b"\x03" + write_query([], b"SET y", UTF8))
    assert dialogue.transcript.statements()[-1] == "SET y"


def test_attributes_that_make_no_sense_are_a_malformed_command() -> None:
    dialogue = attributing()
    [(number, payload)] = dialogue.say(b"\x03\x00\x02SET x")
    assert (number, ErrPacket.parse(payload).code) == (1, 1835)
    assert dialogue.say(b"\x0e") == [(1, OK)]


def test_a_server_that_did_not_offer_attributes_reads_none() -> None:
    """The mysql CLI sets the bit whatever was offered."""
    dialogue = attributing(persona_offers=False)
    assert dialogue.say(b"\x03SET x")[0][1][:1] == b"\x00"


# -------------------------------------------------------------------------------------------------- prepared statements


def preparing(*, deprecate_eof: bool = False) -> Dialogue:
    dialogue = Dialogue().ready(deprecate_eof=deprecate_eof)
    dialogue.conversation.session.client_charset = UTF8  # type: ignore[union-attr]
    return dialogue


def prepare(dialogue: Dialogue, statement: bytes) -> int:
    answer = dialogue.say(b"\x16" + statement)
    assert answer[0][1][:1] == b"\x00", answer
    return int.from_bytes(answer[0][1][1:5], "little")


def execute(dialogue: Dialogue, statement_id: int, *, flags: int = 0, block: bytes = b"") -> list[tuple[int, bytes]]:
    return dialogue.say(struct.pack("<BIBI", 0x17, statement_id, flags, 1) + block)


def test_the_answer_to_a_prepare_has_ends_where_there_are_any() -> None:
    with_ends = preparing().say(b"\x16SELECT ?")
    assert [number for number, _ in with_ends] == [1, 2, 3, 4, 5]
    assert with_ends[0][1] == bytes.fromhex("000100000001000100000000")
    assert with_ends[2][1] == with_ends[4][1] == b"\xfe\x00\x00\x02\x00"
    without = preparing(deprecate_eof=True).say(b"\x16SELECT ?")
    assert [payload[:1] for _, payload in without] == [b"\x00", b"\x03", b"\x03"]
    assert len(preparing().say(b"\x16SET x")) == 1


def test_a_statement_that_cannot_be_prepared_uses_up_an_id() -> None:
    dialogue = preparing()
    [(_, error)] = dialogue.say(b"\x16NONSENSE")
    assert ErrPacket.parse(error).code == 1064
    assert prepare(dialogue, b"SET x") == 2


def test_rows_come_in_binary_and_are_in_the_transcript() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SELECT ?")
    answer = execute(dialogue, statement, block=b"\x00\x01\x08\x00" + (2).to_bytes(8, "little"))
    assert [payload for _, payload in answer[3:5]] == [bytes(10), b"\x00\x00\x01" + bytes(7)]
    received = dialogue.transcript.all(CommandReceived)[-1]
    assert (received.command, received.argument) == ("COM_STMT_EXECUTE", "SELECT ?")
    assert dialogue.transcript.all(Replied)[-1].rows == 2


@pytest.mark.parametrize("deprecate_eof", [False, True])
def test_a_cursor_keeps_rows_until_they_are_fetched(deprecate_eof: bool) -> None:
    dialogue = preparing(deprecate_eof=deprecate_eof)
    statement = prepare(dialogue, b"SELECT 700")
    opened = execute(dialogue, statement, flags=1)
    assert [payload[:1] for _, payload in opened[:2]] == [b"\x01", b"\x03"]
    assert len(opened) == 3
    assert (opened[2][1][0], opened[2][1][3]) == (0xFE, 0x42)
    fetched = dialogue.say(struct.pack("<BII", 0x1C, statement, 600))
    assert (len(fetched), fetched[0][0], fetched[-1][1][3]) == (601, 1, 0x42)
    fetched = dialogue.say(struct.pack("<BII", 0x1C, statement, 600))
    assert (len(fetched), fetched[-1][1][3]) == (101, 0x82)
    [(_, error)] = dialogue.say(struct.pack("<BII", 0x1C, statement, 600))
    assert ErrPacket.parse(error).code == 1421


def test_a_cursor_asked_for_where_there_are_no_rows_is_none() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SET x")
    assert execute(dialogue, statement, flags=1)[0][1][:1] == b"\x00"
    [(_, error)] = dialogue.say(struct.pack("<BII", 0x1C, statement, 1))
    assert ErrPacket.parse(error).code == 1421


def test_a_statement_that_fails_under_a_cursor_is_answered_by_its_error() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"BROKEN")
    [(_, error)] = execute(dialogue, statement, flags=1)
    assert ErrPacket.parse(error).code == 1317


def test_a_fetch_that_is_killed_breaks_off() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SELECT 100000")
    execute(dialogue, statement, flags=1)
    conversation = dialogue.conversation
    conversation.receive(framed(struct.pack("<BII", 0x1C, statement, 100_000), 0))
    assert conversation.advance() is not None
    conversation.kill_query(None)
    dialogue.advance()
    assert ErrPacket.parse(dialogue.heard()[-1][1]).code == 1317


def test_long_data_and_close_are_not_answered() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SELECT ?")
    assert dialogue.say(struct.pack("<BIH", 0x18, statement, 0) + b"3") == []
    assert len(execute(dialogue, statement, block=b"\x00\x01\xfd\x00")) == 7
    assert dialogue.say(struct.pack("<BI", 0x19, statement)) == []
    assert ErrPacket.parse(execute(dialogue, statement)[0][1]).code == 1243
    [(_, error)] = dialogue.say(b"\x19\x01")
    assert ErrPacket.parse(error).code == 1835


def test_a_reset_of_a_statement_is_an_ok() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SELECT ?")
    assert dialogue.say(struct.pack("<BI", 0x1A, statement)) == [(1, OK)]
    [(_, error)] = dialogue.say(struct.pack("<BI", 0x1A, 99))
    assert ErrPacket.parse(error).code == 1243


@pytest.mark.parametrize("command", [b"\x1f", b"\x11root\x00\x00\x00"])
def test_a_reset_of_the_session_closes_its_statements(command: bytes) -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SELECT ?")
    answer = dialogue.say(command)
    if answer[0][1][:1] == b"\xfe":
        answer = dialogue.say(b"", answer[0][0] + 1)
    assert answer[-1][1][:1] == b"\x00"
    dialogue.conversation.session.client_charset = UTF8  # type: ignore[union-attr]
    assert ErrPacket.parse(execute(dialogue, statement)[0][1]).code == 1243


def test_faults_strike_at_prepared_statements_by_their_text() -> None:
    dialogue = preparing()
    statement = prepare(dialogue, b"SELECT ?")
    dialogue.faults.arm(
        Fail(1205, "HY000", "too long"), at=Hook.COMMAND, matching="SELECT *", command="COM_STMT_EXECUTE"
    )
    dialogue.faults.arm(Fail(1213, "40001", "deadlock"), at=Hook.ANSWER, matching="SET *")
    [(_, error)] = execute(dialogue, statement, block=b"\x00\x01\x01\x00\x01")
    assert ErrPacket.parse(error).code == 1205
    [(_, error)] = dialogue.say(b"\x16SET x")
    assert ErrPacket.parse(error).code == 1213


def test_an_execution_that_makes_no_sense_is_refused() -> None:
    dialogue = preparing()
    [(_, error)] = dialogue.say(b"\x17\x01")
    assert ErrPacket.parse(error).code == 1835
