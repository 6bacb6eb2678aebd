"""The server as a program, for clients in any language: ``python -m fakemysql --port 3306 --persona mariadb-10.11``.

The first line printed is ``listening on HOST:PORT``, so that whoever started it knows when to connect, and where. With
``--log`` everything that happens follows, a line an event. SIGINT, SIGTERM and a SHUTDOWN end it in order, with
exit status 0; arguments that make no sense end it with one line and status 2, an address that cannot be listened on
with one line and status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from .eventlog import FORMATS
from .persona import PERSONAS
from .server import FakeServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .transcript import Event


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line: whoever starts this from a test wants to see what was wrong, not how it could have been used."""
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def _account(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not colon or not name:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME:PASSWORD (the password may be empty, the colon may not)"
        )
    return name, password


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 (any that is free) to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: give a number from 1")
    return int(text)


def _variable(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, int(value) if value.lstrip("-").isdecimal() else value


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m fakemysql",
        description="A MySQL server for tests: the protocol and truthful sessions, no data on disk.",
        epilog="The account root with an empty password and the database test always exist.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0, the default, for any that is free")
    parser.add_argument("--unix-socket", metavar="PATH", help="listen on this unix socket too")
    parser.add_argument(
        "--persona", choices=sorted(PERSONAS), default="mysql-9.7", help="the server to be taken for (%(default)s)"
    )
    parser.add_argument(
        "--user", type=_account, action="append", default=[], metavar="NAME:PASSWORD", help="an account; repeatable"
    )
    parser.add_argument(
        "--database", action="append", default=[], metavar="NAME", help="a further database; repeatable"
    )
    parser.add_argument("--tls", action="store_true", help="offer TLS, with the test certificate of this package")
    parser.add_argument("--require-tls", action="store_true", help="refuse logins without TLS; implies --tls")
    parser.add_argument("--max-connections", type=_count, metavar="N", help="clients at once; one more gets error 1040")
    parser.add_argument(
        "--variable",
        type=_variable,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a global system variable, as in wait_timeout=5; repeatable",
    )
    parser.add_argument(
        "--script", metavar="FILE", help="rules that answer statements, as JSON; see fakemysql/scripting/files.py"
    )
    parser.add_argument("--log", choices=sorted(FORMATS), help="print what happens, a line an event")
    return parser


def _server(arguments: argparse.Namespace) -> FakeServer:
    return FakeServer(
        host=arguments.host,
        port=arguments.port,
        unix_socket=arguments.unix_socket,
        persona=arguments.persona,
        users=dict(arguments.user),
        databases=arguments.database,
        tls=arguments.tls or arguments.require_tls,
        require_tls=arguments.require_tls,
        max_connections=arguments.max_connections,
        variables=dict(arguments.variable),
    )


def _script(server: FakeServer, path: str) -> None:
    """Register the rules of a file."""
    from .scripting.files import BadScript, register

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise BadScript(f"--script: cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BadScript(f"--script: {path} is not UTF-8: {error}") from None
    for rule in register(text, server.on, path):
        rule.keeps_calls = False


async def _serve(server: FakeServer, log: str | None) -> None:
    # Nobody reads the transcript of a program: without a log it is not kept, with one it is printed and not kept.
    server.transcript.keep = 0
    if log is not None:
        line = FORMATS[log]

        def write(event: Event) -> None:
            print(line(event), flush=True)

        server.transcript.listener = write
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    server.on_shutdown = stopping.set
    async with server:
        print(f"listening on {server.host}:{server.port}", flush=True)
        await stopping.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; the exit status."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        server = _server(parsed)
        if parsed.script is not None:
            _script(server, parsed.script)
    except ValueError as error:
        parser.error(str(error))
    try:
        asyncio.run(_serve(server, parsed.log))
    except OSError as error:
        print(
            f"{parser.prog}: cannot listen on {parsed.host}:{parsed.port}: {error.strerror or error}", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":  # pragma: no cover  # the tests run it in a process of its own
    sys.exit(main())
