"""The command line, in a process of its own and, for what need not run, in this one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from fakemysql.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Process = subprocess.Popen[str]


# What asyncio says in development mode where the machine is busy, which is nobody's fault here.
SLOWNESS = re.compile(r"^Executing <.*> took [\d.]+ seconds\n", re.MULTILINE)


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[tuple[Process, str, int]]:
    """The program, once it listens; ended by SIGTERM unless the test has ended it."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "fakemysql", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            first = process.stdout.readline()
            assert first.startswith("listening on "), process.stderr.read()
            host, _, port = first.removeprefix("listening on ").rstrip().rpartition(":")
            yield process, host, int(port)
        finally:
            process.terminate()


def asked(host: str, port: int, statement: str, **login: Any) -> object:
    settings: dict[str, Any] = {"user": "root", "database": "test", **login}
    connection = pymysql.connect(host=host, port=port, **settings)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_says_where_it_listens_serves_and_ends_in_order(number: signal.Signals) -> None:
    with running() as (process, host, port):
        assert host == "127.0.0.1"
        assert asked(host, port, "SELECT DATABASE(), CURRENT_USER()") == (("test", "root@%"),)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, SLOWNESS.sub("", err)) == (0, "", "")


def test_a_client_that_is_there_when_it_ends_is_told_by_the_end() -> None:
    with running() as (process, host, port), socket.create_connection((host, port)) as client:
        assert client.recv(5)
        process.terminate()
        client.settimeout(20)
        while client.recv(4096):
            pass
        assert process.wait(20) == 0


def test_accounts_databases_persona_and_variables_are_given_by_arguments() -> None:
    with running(
        *("--persona", "mariadb-10.11", "--user", "ann:p:w", "--user", "bob:", "--database", "shop"),
        *("--variable", "wait_timeout=7", "--variable", "sql_mode=ANSI_QUOTES", "--max-connections", "1"),
    ) as (_, host, port):
        statement = "SELECT VERSION() LIKE '%MariaDB%', @@wait_timeout, @@max_connections"
        assert asked(host, port, statement, user="ann", password="p:w", database="shop") == ((1, 7, 1),)
        assert asked(host, port, "SELECT @@sql_mode", user="bob") == (("ANSI_QUOTES",),)
        with pytest.raises(pymysql.err.OperationalError, match="1049"):
            asked(host, port, "SELECT 1", database="nosuch")


@pytest.mark.parametrize("option", ["--tls", "--require-tls"])
def test_tls_is_offered_and_required_as_asked(option: str) -> None:
    with running(option) as (_, host, port):
        connection = pymysql.connect(host=host, port=port, user="root", ssl={"ca": None})
        connection.close()
        if option == "--tls":
            assert asked(host, port, "SELECT 1", ssl_disabled=True) == ((1,),)
        else:
            with pytest.raises(pymysql.err.OperationalError, match="3159"):
                asked(host, port, "SELECT 1", ssl_disabled=True)


def test_answers_are_scripted_by_a_file(tmp_path: Path) -> None:
    script = tmp_path / "rules.json"
    script.write_text('[{"on": "SELECT name FROM users*", "rows": [["ann"]], "columns": "name:varchar(20)"}]')
    with running("--script", str(script)) as (_, host, port):
        assert asked(host, port, "SELECT name FROM users WHERE id = 1") == (("ann",),)
        assert asked(host, port, "SELECT 1") == ((1,),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'[{"on": nope}]', "rules.json: line 1, column 9: "),
        (b'[{"on": "A", "rows": [1]}]', "rules.json: rules[0].rows[0]: a list of values is wanted; this is a number"),
        (b'[{"on": "\xff"}]', "rules.json is not UTF-8: "),
        (None, "rules.json: No such file or directory"),
    ],
)
def test_a_script_that_makes_no_sense_ends_it_with_one_line_and_status_2(
    text: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "rules.json"
    if text is not None:
        script.write_bytes(text)
    with pytest.raises(SystemExit) as ended:
        main(["--script", str(script)])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_the_log_is_json_a_line_an_event() -> None:
    with running("--log", "jsonl") as (process, host, port):
        asked(host, port, "SELECT 'é\n'")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events][:3] == ["Accepted", "Greeted", "LoginReceived"]
    assert events[-1]["event"] == "Closed"
    assert "SELECT 'é\n'" in [event.get("argument") for event in events]
    assert all(event["connection"] == 1 for event in events)


def test_the_log_is_text_for_people() -> None:
    with running("--log", "text") as (process, host, port):
        asked(host, port, "SELECT 7")
        line = ""
        while "closed by quit" not in line:
            line = process.stdout.readline()  # type: ignore[union-attr]
            assert line, "the log ends before the connection does"


def test_it_listens_on_a_unix_socket_too(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with running("--unix-socket", str(path)) as (process, host, port):
        connection = pymysql.connect(unix_socket=str(path), user="root")
        connection.close()
        assert asked(host, port, "SELECT 1") == ((1,),)
        process.terminate()
        assert process.wait(20) == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "http"], "argument --port: 'http' is no port: give 0 (any that is free) to 65535"),
        (["--port", "65536"], "'65536' is no port"),
        (["--user", "ann"], "'ann' is not NAME:PASSWORD (the password may be empty, the colon may not)"),
        (["--user", ":pw"], "':pw' is not NAME:PASSWORD"),
        (["--persona", "sybase"], "argument --persona: invalid choice: 'sybase'"),
        (["--max-connections", "0"], "'0' is no count: give a number from 1"),
        (["--variable", "wait_timeout"], "'wait_timeout' is not NAME=VALUE"),
        (["--variable", "nosuch=1"], "nosuch"),
        (["--log", "xml"], "argument --log: invalid choice: 'xml'"),
        (["--pork", "1"], "unrecognized arguments: --pork"),
    ],
)
def test_arguments_that_make_no_sense_end_it_with_one_line_and_status_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert err.startswith("python -m fakemysql: ")


def test_an_address_that_is_taken_ends_it_with_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"python -m fakemysql: cannot listen on 127.0.0.1:{port}: ")
    assert err.count("\n") == 1


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    out, _ = capsys.readouterr()
    assert ended.value.code == 0
    for option in (
        "--host",
        "--port",
        "--unix-socket",
        "--persona",
        "--user",
        "--database",
        "--tls",
        "--script",
        "--log",
    ):
        assert option in out
    assert "root" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_run_in_this_process_a_signal_ends_it(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a process of its own, where coverage does not look. It dials itself, so that there is something to log."""
    printed: list[str] = []

    def instead(line: str, *, flush: bool) -> None:
        assert flush
        printed.append(line)
        if line.startswith("listening"):
            host, port = line.removeprefix("listening on ").split(":")
            clients.append(socket.create_connection((host, int(port))))
        elif "Greeted" in line:
            os.kill(os.getpid(), number)

    clients: list[socket.socket] = []
    monkeypatch.setattr("fakemysql.__main__.print", instead, raising=False)
    script = tmp_path / "rules.json"
    script.write_text('[{"on": "SELECT 1", "ok": true}]')
    assert (
        main(
            [
                "--script",
                str(script),
                "--log",
                "jsonl",
                "--user",
                "ann:pw",
                "--variable",
                "wait_timeout=7",
                "--max-connections",
                "3",
            ]
        )
        == 0
    )
    clients[0].close()
    assert [json.loads(line)["event"] for line in printed[1:]] == ["Accepted", "Greeted", "Closed"]


@pytest.mark.parametrize("arguments", [["--tls"], ["--tls", "--log", "jsonl"]], ids=len)
def test_it_ends_in_order_while_many_clients_are_busy(arguments: list[str]) -> None:
    ended: list[BaseException] = []

    def ask_for_ever(host: str, port: int, is_busy: threading.Barrier) -> None:
        connection = pymysql.connect(host=host, port=port, user="root", ssl={"ca": None})
        is_busy.wait(20)
        try:
            with connection.cursor() as cursor:
                while True:
                    cursor.execute("SELECT REPEAT('x', 10000)")
        except pymysql.err.Error as error:
            ended.append(error)
        finally:
            with contextlib.suppress(pymysql.err.Error):
                connection.close()

    with running(*arguments) as (process, host, port):
        is_busy = threading.Barrier(9)
        clients = [threading.Thread(target=ask_for_ever, args=(host, port, is_busy)) for _ in range(8)]
        log = threading.Thread(target=list, args=(process.stdout,))
        for thread in (*clients, log):
            thread.start()
        is_busy.wait(20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        for thread in (*clients, log):
            thread.join(20)
        errors = process.stderr.read()  # type: ignore[union-attr]
    assert len(ended) == 8
    assert "Traceback" not in errors
