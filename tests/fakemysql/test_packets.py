"""Every packet: the bytes that real servers sent, round trips, and bytes that are no packet at all."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.constants import (
    CLIENT_CONNECT_ATTRS,
    CLIENT_CONNECT_WITH_DB,
    CLIENT_LONG_PASSWORD,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
    CLIENT_PROTOCOL_41,
    CLIENT_SECURE_CONNECTION,
    CLIENT_SSL,
    SERVER_SESSION_STATE_CHANGED,
)
from fakemysql.fields import FieldReader, MalformedPacket
from fakemysql.packets import (
    AuthMoreData,
    AuthSwitchRequest,
    AuthSwitchResponse,
    ColumnCount,
    ColumnDefinition41,
    ComChangeUser,
    ComSetOption,
    EofPacket,
    ErrPacket,
    HandshakeResponse41,
    HandshakeV10,
    OkPacket,
    PlainCommand,
    SSLRequest,
    TextRow,
    command_name,
    parse_attributes,
    serialize_attributes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Bodies as MariaDB 10.11.19 and MySQL 9.7.4 sent them, with what they mean.
MARIADB_GREETING = bytes.fromhex(
    "0a352e352e352d31302e31312e31392d4d6172696144422d302b6465623132753100a912000051762346743b636400feff080200ff8115000000"
    "0000001d0000004e37692c3d2d694973266034006d7973716c5f6e61746976655f70617373776f726400"
)
MYSQL_GREETING = bytes.fromhex(
    "0a392e372e342d320024000000156f554e23351e6c00ffffff0200ffdf15000000000000000000001c0c0e4c47165928611e6044006361636869"
    "6e675f736861325f70617373776f726400"
)
GOLDEN = [
    (
        HandshakeV10(
            "5.5.5-10.11.19-MariaDB-0+deb12u1",
            0x12A9,
            bytes.fromhex("51762346743b6364") + bytes.fromhex("4e37692c3d2d694973266034"),
            0x81FFFFFE,
            8,
            2,
            "mysql_native_password",
            0x1D,
        ),
        MARIADB_GREETING,
    ),
    (
        HandshakeV10(
            "9.7.4-2",
            0x24,
            bytes.fromhex("156f554e23351e6c") + bytes.fromhex("1c0c0e4c47165928611e6044"),
            0xDFFFFFFF,
            255,
            2,
            "caching_sha2_password",
        ),
        MYSQL_GREETING,
    ),
    (OkPacket(2), bytes.fromhex("00000002000000")),
    (OkPacket(0x2003), bytes.fromhex("00000003200000")),
    (
        OkPacket(0x22, 4, 0, 0, b"Rows matched: 4  Changed: 4  Warnings: 0"),
        bytes.fromhex(
            "0004002200000028526f7773206d6174636865643a203420204368616e6765643a203420205761726e696e67733a2030"
        ),
    ),
    (
        OkPacket(2, 4, 0, 0, b"Records: 4  Duplicates: 0  Warnings: 0"),
        bytes.fromhex("00040002000000265265636f7264733a203420204475706c6963617465733a203020205761726e696e67733a2030"),
    ),
    (OkPacket(2, ends_result_set=True), bytes.fromhex("fe000002000000")),
    (EofPacket(2), b"\xfe\x00\x00\x02\x00"),
    (EofPacket(2, 1), b"\xfe\x01\x00\x02\x00"),
    (ErrPacket(1065, "42000", b"Query was empty"), b"\xff\x29\x04#42000Query was empty"),
    (ErrPacket(1156, "08S01", b"Got packets out of order"), b"\xff\x84\x04#08S01Got packets out of order"),
    (ColumnCount(1), b"\x01"),
    (
        ColumnDefinition41(b"sleep(5)", 3, 63, 1, 0x81),
        b"\x03def\x00\x00\x00\x08sleep(5)\x00\x0c?\x00\x01\x00\x00\x00\x03\x81\x00\x00\x00\x00",
    ),
    (
        ColumnDefinition41(b"sleep(5)", 8, 63, 21, 0x81),
        b"\x03def\x00\x00\x00\x08sleep(5)\x00\x0c?\x00\x15\x00\x00\x00\x08\x81\x00\x00\x00\x00",
    ),
    (TextRow((b"1",)), b"\x011"),
    (TextRow((None, b"", b"ab")), b"\xfb\x00\x02ab"),
    (
        AuthSwitchRequest("mysql_native_password", b'-![+`#,TC3qe$##%1c"y'),
        b'\xfemysql_native_password\x00-![+`#,TC3qe$##%1c"y\x00',
    ),
    (AuthMoreData(b"\x03"), b"\x01\x03"),
    (AuthSwitchResponse(b"\x00\x01"), b"\x00\x01"),
    (ComSetOption(1), b"\x1b\x01\x00"),
    (PlainCommand(3, b"SELECT 1"), b"\x03SELECT 1"),
    (PlainCommand(14), b"\x0e"),
]


@pytest.mark.parametrize(("packet", "written"), GOLDEN, ids=lambda value: type(value).__name__)
def test_a_packet_has_the_bytes_of_a_real_server_both_ways(packet: object, written: bytes) -> None:
    assert packet.serialize() == written  # type: ignore[attr-defined]
    assert type(packet).parse(written) == packet  # type: ignore[attr-defined]


def test_errors_before_the_client_is_known_carry_no_sqlstate() -> None:
    packet = ErrPacket(1040, None, b"Too many connections")
    assert packet.serialize() == b"\xff\x10\x04Too many connections"
    assert ErrPacket.parse(packet.serialize(), protocol_41=False) == packet


names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
blobs = st.binary(max_size=40)
words = st.integers(0, 0xFFFF)
attributes = st.lists(st.tuples(names, names), max_size=3).map(tuple)


@st.composite
def handshake_responses(draw: st.DrawFn) -> HandshakeResponse41:
    capabilities = draw(st.integers(0, 2**32 - 1)) | CLIENT_PROTOCOL_41
    lenenc = capabilities & CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
    secure = capabilities & CLIENT_SECURE_CONNECTION
    response = draw(blobs if lenenc or secure else blobs.filter(lambda value: 0 not in value))
    return HandshakeResponse41(
        capabilities,
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 255)),
        draw(names),
        response,
        draw(names) if capabilities & CLIENT_CONNECT_WITH_DB else None,
        draw(names) if capabilities & CLIENT_PLUGIN_AUTH else None,
        draw(attributes) if capabilities & CLIENT_CONNECT_ATTRS else (),
        0 if capabilities & CLIENT_LONG_PASSWORD else draw(st.integers(0, 2**32 - 1)),
    )


packets = st.one_of(
    handshake_responses(),
    st.builds(
        OkPacket,
        words.map(lambda status: status & ~SERVER_SESSION_STATE_CHANGED),
        st.integers(0, 2**64 - 1),
        st.integers(0, 2**64 - 1),
        words,
        blobs,
        st.booleans(),
        st.none() | blobs,
    ),
    st.builds(EofPacket, words, words),
    st.builds(ErrPacket, words, st.text(st.sampled_from("0123456789HYS"), min_size=5, max_size=5), blobs),
    st.builds(
        ColumnDefinition41,
        blobs,
        st.integers(0, 255),
        words,
        st.integers(0, 2**32 - 1),
        words,
        st.integers(0, 255),
        blobs,
        blobs,
        blobs,
        blobs,
    ),
    st.builds(TextRow, st.lists(st.none() | blobs, max_size=5).map(tuple)),
    st.builds(AuthSwitchRequest, names, blobs),
    st.builds(AuthMoreData, blobs),
    st.builds(ColumnCount, words),
    st.builds(PlainCommand, st.integers(0, 255), blobs),
    st.builds(ComSetOption, words),
)


@given(packets)
def test_every_packet_comes_back_as_it_went(packet: object) -> None:
    assert type(packet).parse(packet.serialize()) == packet  # type: ignore[attr-defined]


AGREED = st.sampled_from((0, CLIENT_PLUGIN_AUTH, CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS))


@given(names, st.binary(max_size=255), names, st.none() | words, st.none() | names, attributes, AGREED)
def test_change_user_comes_back_as_far_as_it_was_sent(
    user: str,
    response: bytes,
    database: str,
    collation: int | None,
    plugin: str | None,
    pairs: tuple[tuple[str, str], ...],
    capabilities: int,
) -> None:
    packet = ComChangeUser(user, response, database, collation, plugin, pairs)
    found = ComChangeUser.parse(packet.serialize(capabilities), capabilities)
    sent_plugin = plugin if collation is not None and capabilities else None
    sent_pairs = pairs if sent_plugin is not None and capabilities & CLIENT_CONNECT_ATTRS else ()
    assert found == ComChangeUser(user, response, database, collation, sent_plugin, sent_pairs)


def test_an_ssl_request_is_the_head_of_a_response_and_nothing_more() -> None:
    request = SSLRequest(CLIENT_SSL | CLIENT_PROTOCOL_41, 1 << 24, 45)
    assert len(request.serialize()) == SSLRequest.SIZE
    assert SSLRequest.parse(request.serialize()) == request
    for other in (request.serialize() + b"x", SSLRequest(0, 0, 0).serialize(), request.serialize()[:-1]):
        with pytest.raises(MalformedPacket):
            SSLRequest.parse(other)


def test_a_client_that_ends_its_response_early_means_nothing_by_what_is_missing() -> None:
    """Some clients set CLIENT_CONNECT_WITH_DB or CLIENT_PLUGIN_AUTH and then send neither."""
    short = HandshakeResponse41(CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION, 0, 8, "root", b"").serialize()
    every = CLIENT_CONNECT_WITH_DB | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS
    capabilities = CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | every
    parsed = HandshakeResponse41.parse(capabilities.to_bytes(4, "little") + short[4:])
    assert (parsed.database, parsed.auth_plugin, parsed.attributes) == (None, None, ())


def test_a_client_older_than_4_1_is_told_apart() -> None:
    with pytest.raises(MalformedPacket, match=r"older than MySQL 4\.1"):
        HandshakeResponse41.parse((0x85).to_bytes(4, "little") + bytes(40))


def test_more_than_64_kib_of_attributes_are_refused() -> None:
    with pytest.raises(MalformedPacket, match="65536 are allowed"):
        parse_attributes(FieldReader(serialize_attributes((("k", "v" * 70000),))))


@pytest.mark.parametrize(
    ("parse", "body", "words"),
    [
        (HandshakeV10.parse, b"\x09x", "HandshakeV10 begins with 0x0a, not with 0x09"),
        (HandshakeV10.parse, MYSQL_GREETING.replace(b"\x15\0\0\0", b"\x08\0\0\0"), "21 bytes, not 8"),
        (OkPacket.parse, b"\x01", "OK begins with 0x00 or 0xfe"),
        (EofPacket.parse, b"\x00", "EOF begins with 0xfe"),
        (ErrPacket.parse, b"\xff\x10\x04Too many connections", "a SQLSTATE is #"),
        (AuthSwitchRequest.parse, b"\xfeplugin\x00abc", "ends with a NUL"),
        (AuthMoreData.parse, b"\x02", "AuthMoreData begins with 0x01"),
        (ColumnDefinition41.parse, b"\x03abc", "always 'def'"),
        (ColumnDefinition41.parse, b"\x03def\x00\x00\x00\x00\x00\x0d", "12 bytes, not 13"),
        (ComSetOption.parse, b"\x1b\x05", "option wants 2 bytes"),
    ],
)
def test_what_is_no_such_packet_is_malformed_and_says_why(
    parse: Callable[[bytes], object], body: bytes, words: str
) -> None:
    with pytest.raises(MalformedPacket, match=words):
        parse(body)


PARSERS: list[Callable[[bytes], object]] = [
    HandshakeV10.parse,
    HandshakeResponse41.parse,
    SSLRequest.parse,
    AuthSwitchRequest.parse,
    AuthMoreData.parse,
    OkPacket.parse,
    EofPacket.parse,
    ErrPacket.parse,
    ColumnCount.parse,
    ColumnDefinition41.parse,
    TextRow.parse,
    ComSetOption.parse,
    PlainCommand.parse,
    lambda data: ComChangeUser.parse(data, CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS),
]


@given(st.sampled_from(PARSERS), st.binary(max_size=80))
def test_arbitrary_bytes_raise_nothing_but_malformed_packet(parse: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(MalformedPacket):
        parse(data)


@given(packets, st.data())
def test_a_packet_that_was_cut_short_raises_nothing_but_malformed_packet(packet: object, data: st.DataObject) -> None:
    body = packet.serialize()  # type: ignore[attr-defined]
    cut = body[: data.draw(st.integers(0, len(body)))]
    with contextlib.suppress(MalformedPacket):
        type(packet).parse(cut)  # type: ignore[attr-defined]


def test_a_nonce_of_the_wrong_length_is_the_writers_mistake() -> None:
    with pytest.raises(ValueError, match="has 20 bytes, not 3"):
        HandshakeV10("9", 1, b"abc", 0, 8, 2, "p").serialize()


def test_commands_have_the_manuals_names() -> None:
    assert command_name(b"\x03SELECT 1") == "COM_QUERY"
    assert command_name(b"\x50") == "command 0x50"
    assert command_name(b"") == "an empty packet"
