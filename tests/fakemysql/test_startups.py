"""Every recorded start-up of a stock client: each command is answered in the shape in which the servers answered it.

``data/startups.tsv`` holds what the clients sent, as they sent it: their capabilities, their collation, their plugin.
Conversations are driven by hand, so that none of the clients has to be here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from fakemysql.constants import (
    CLIENT_COMPRESS,
    CLIENT_CONNECT_WITH_DB,
    CLIENT_DEPRECATE_EOF,
    CLIENT_QUERY_ATTRIBUTES,
    CLIENT_SSL,
)
from fakemysql.packets import AuthSwitchRequest, Command, ErrPacket, HandshakeResponse41
from fakemysql.persona import PERSONAS
from tests.fakemysql.doubles import Dialogue, SmallEngine

from . import golden
from .engine_client import Bench

STARTUPS = Path(__file__).parent / "data" / "startups.tsv"


@dataclass
class Startup:
    """What one client said to one server, and the shape of each answer."""

    client: str
    persona: str
    capabilities: int
    collation: int
    max_packet: int
    plugin: str | None
    extended: int
    login: str
    commands: list[tuple[str, str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.client} @ {self.persona}"


def read() -> list[Startup]:
    found: list[Startup] = []
    here: list[Startup] = []
    client = ""
    for line in STARTUPS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("["):
            client, here = line.strip("[]"), []
            continue
        first, *words = line.split("\t")
        if first == "login":
            persona, capabilities, collation, max_packet, plugin, extended, shape = words
            settings = (int(capabilities, 16), int(collation), int(max_packet), None if plugin == "None" else plugin)
            here.append(Startup(client, persona, *settings, int(extended), shape))
            found.append(here[-1])
            continue
        command, argument, shape = words
        for startup in here:
            if first in ("*", startup.persona):
                startup.commands.append((command, argument.replace("\\n", "\n"), shape))
    return found


class OfSingleBytes(Dialogue):
    """Whose client's bytes come one by one, each in a segment of its own."""

    def say(self, payload: bytes, number: int = 0) -> list[tuple[int, bytes]]:
        packet = len(payload).to_bytes(3, "little") + bytes((number,)) + payload
        for position in range(len(packet)):
            assert not self.wire, f"an answer came after {position} of {len(packet)} bytes"
            self.conversation.receive(packet[position : position + 1])
            self.advance()
        return self.heard()


class Player:
    """Says what a client said, and names the shapes of what comes back."""

    def __init__(self, startup: Startup, *, byte_by_byte: bool = False) -> None:
        self.startup = startup
        bench = Bench(startup.persona)
        engine = cast("SmallEngine", bench.engine)
        dialogue_class = OfSingleBytes if byte_by_byte else Dialogue
        self.dialogue = dialogue_class(persona=PERSONAS[startup.persona], engine=engine)
        # All that was answered, as it was on the wire.
        self.heard: list[tuple[int, bytes]] = []
        offered = self.dialogue.greet().capabilities
        self.capabilities = startup.capabilities & ~(CLIENT_SSL | CLIENT_COMPRESS) | CLIENT_CONNECT_WITH_DB
        self.agreed = self.capabilities & offered
        self.statement_id = b""

    def log_in(self) -> str:
        startup = self.startup
        response = HandshakeResponse41(
            self.capabilities, startup.max_packet, startup.collation, "root", b"", "test", startup.plugin
        )
        payload = bytearray(response.serialize())
        payload[28:32] = startup.extended.to_bytes(4, "little")
        [(number, answer)] = self._say(bytes(payload), 1)
        if answer[:1] != b"\xfe":
            return "OK" if answer[:1] == b"\x00" else error(answer)
        plugin = AuthSwitchRequest.parse(answer).plugin
        [(_, answer)] = self._say(b"", number + 1)
        assert answer[:1] == b"\x00"
        return f"switch {plugin}"

    def ask(self, command: str, argument: str) -> str:
        number = Command[command]
        body = argument.encode()
        if number is Command.COM_QUERY and self.agreed & CLIENT_QUERY_ATTRIBUTES:
            body = b"\x00\x01" + body
        elif number in (Command.COM_STMT_EXECUTE, Command.COM_STMT_CLOSE):
            # The id is the server's to choose.
            body = self.statement_id + bytes.fromhex(argument)[4:]
        answers = [payload for _, payload in self._say(bytes((number,)) + body)]
        if not answers:
            return "end" if self.dialogue.conversation.is_over else "nothing"
        first = answers[0]
        if number is Command.COM_STATISTICS:
            return "text" if len(answers) == 1 else "?"
        if first[:1] == b"\xff":
            return error(first)
        if first[:1] != b"\x00":
            return self._columns(answers)
        if number is Command.COM_STMT_PREPARE:
            self.statement_id = first[1:5]
            columns, parameters = (int.from_bytes(first[at : at + 2], "little") for at in (5, 7))
            return f"statement {parameters} {columns}"
        return "OK"

    def _say(self, payload: bytes, number: int = 0) -> list[tuple[int, bytes]]:
        answers = self.dialogue.say(payload, number)
        self.heard += answers
        return answers

    def _columns(self, answers: list[bytes]) -> str:
        """A result set with all its definitions, the EOFs that were agreed, and an end."""
        count = answers[0][0]
        eofs = [place for place, payload in enumerate(answers) if payload[:1] == b"\xfe"]
        middle = [] if self.agreed & CLIENT_DEPRECATE_EOF else [count + 1]
        assert all(payload.startswith(b"\x03def") for payload in answers[1 : count + 1])
        assert eofs == [*middle, len(answers) - 1]
        return f"{count} columns"


def error(payload: bytes) -> str:
    return f"ERR {ErrPacket.parse(payload).code}"


@pytest.mark.parametrize("startup", read(), ids=str)
def test_a_stock_client_starts_up_as_on_the_server(startup: Startup) -> None:
    player = Player(startup)
    assert player.log_in() == startup.login
    for command, argument, shape in startup.commands:
        assert player.ask(command, argument) == shape, (command, argument)


@pytest.mark.parametrize("startup", read(), ids=str)
def test_a_start_up_fed_one_byte_at_a_time_is_answered_byte_for_byte_the_same(startup: Startup) -> None:
    """Nothing is said before a packet is whole, and then what is said to one that came in one piece."""
    whole, split = Player(startup), Player(startup, byte_by_byte=True)
    assert split.log_in() == whole.log_in()
    for command, argument, _ in startup.commands:
        assert split.ask(command, argument) == whole.ask(command, argument), (command, argument)
    assert split.heard == whole.heard
    assert split.dialogue.effects == whole.dialogue.effects


def test_the_record_is_whole() -> None:
    startups = read()
    assert len({startup.client for startup in startups}) == 39
    assert {startup.persona for startup in startups} == set(golden.PERSONAS)
    assert all(startup.commands for startup in startups if not startup.login.startswith("ERR"))
