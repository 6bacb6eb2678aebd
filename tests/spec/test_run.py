"""The command line, in processes of its own: what it prints, what it writes, and its exit status."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

import fakemysql
from spec.document import Document
from spec.worlds.real import name_server
from tests.spec.suite import PROJECT, Ran, read_json, run, states

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SPECIMENS = "tests.spec.specimens"
STATEMENTS = Document.read().statements
IDS = [statement.id for statement in STATEMENTS]
MUSTS = [statement.id for statement in STATEMENTS if statement.level == "must"]
SHOULDS = [statement.id for statement in STATEMENTS if statement.level == "should"]


async def test_all_three_drivers_on_the_fake_with_both_reports(tmp_path: Path) -> None:
    """The musts, and three clauses. All are for `make conformance`, and on refpool for the copy in test_hooks.py."""
    path, page = tmp_path / "reports" / "out.json", tmp_path / "reports" / "out.md"
    named = ("--driver", "refpool,aiomysql", "asyncmy", "--json", path, "--markdown", page)
    few = [SHOULDS[0], "basic_usage", "waiters_are_served_in_order"]
    ran, partly = await asyncio.gather(
        run("-m", "spec", "run", "--level", "must", *named),
        run("-m", "spec", "run", "--driver", "refpool,asyncmy", "--clause", *few, "--json", tmp_path / "few"),
    )
    assert ran.status == 0, ran.out
    report = read_json(path)
    assert report["complete"] is True
    assert (report["world"], report["seed"]) == ("sim", 0)
    assert report["server"].startswith("fakemysql")
    assert [column["name"] for column in report["drivers"]] == ["refpool", "aiomysql", "asyncmy"]
    assert states(report, "refpool") == dict.fromkeys(MUSTS, "conforms")
    assert set(states(report, "asyncmy").values()) == {"conforms", "deviates"}
    for clause in report["drivers"][2]["clauses"]:
        assert (clause["shown"] is None) == (clause["state"] == "conforms"), clause["id"]
        assert clause["seconds"] > 0
    assert ran.state("basic_usage") == ["✓", "✓", "deviates"]
    assert f"refpool 0.1.0: {len(MUSTS)} of {len(MUSTS)} conform" in ran.lines
    assert "| conforms | conforms | **deviates** |" in page.read_text(encoding="utf-8")
    assert f"written       {path}" in ran.lines
    assert partly.status == 0, partly.out
    assert read_json(tmp_path / "few")["complete"] is False
    for driver in ("refpool", "asyncmy"):
        told = states(read_json(tmp_path / "few"), driver)
        assert {identity for identity, state in told.items() if state != "not run"} == set(few)


async def test_a_level_without_any_clause_that_was_asked_for_is_a_failure() -> None:
    ran = await run("-m", "spec", "run", "--level", "must", "--clause", SHOULDS[0])
    assert ran.status == 1
    assert "no clause ran, so nothing is known: that is a failure" in ran.out


async def test_failures_are_explained_and_fail_the_run(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    clauses = ["echo_attribute", "create_pool_takes_minsize", "minsize_defaults_to_one"]
    driver = f"{SPECIMENS}:Faulty"
    ran = await run("-m", "spec", "run", "--driver", driver, "--clause", *clauses, "--json", path)
    assert ran.status == 1
    report = read_json(path)
    assert report["complete"] is False
    told = {clause["id"]: clause for clause in report["drivers"][0]["clauses"]}
    assert told["echo_attribute"]["state"] == "fails"
    assert told["echo_attribute"]["shown"] == "echo is not True in a pool created with echo=True"
    assert told["create_pool_takes_minsize"]["shown"] == (
        "ValueError: no pool of two at port PORT, not even <object object at 0x…>"
    )
    assert told["minsize_defaults_to_one"]["state"] == "conforms"
    assert told["basic_usage"] == {
        "id": "basic_usage",
        "level": "must",
        "state": "not run",
        "shown": None,
        "seconds": 0.0,
    }
    for part in (
        "AssertionError: echo is not True in a pool created with echo=True",
        "POOL.md 7.2 echo_attribute (must)",
        "The attribute echo tells whether statements are logged.",
        "page: Pool.echo, sentence 1",
        "the wire: seconds, link, > client, < server",
        "link 1  connected",
        "< greeting of",
        "left running  faulty: echo_attribute left running: _stay",
        f"faulty 0.1.0: 1 of {len(MUSTS)} conform, 2 fails, {len(MUSTS) - 3} not run",
        f"{len(IDS) - 3} more statements were not run",
    ):
        assert part in ran.out
    assert "spec/bench.py" not in ran.out, "the suite's own frames are hidden"


async def test_a_hang_ends_at_the_deadline_and_says_what_was_waited_for() -> None:
    arguments = ("--driver", f"{SPECIMENS}:Hanging", "--clause", "echo_attribute")
    ran = await run("-m", "spec", "run", *arguments, SPEC_DEADLINE="0.1")
    assert ran.status == 1
    assert "not done by the deadline: assert (await spec.pool(echo=True)).echo is True" in ran.out
    assert "The clause had 0.1 seconds." in ran.out


async def test_a_report_that_cannot_be_written_fails_the_run_and_letters_beyond_ascii_are_not_needed() -> None:
    arguments = ("--clause", "echo_attribute", "--json", "/dev/null/out.json")
    ran = await run("-m", "spec", "run", *arguments, PYTHONIOENCODING="ascii")
    assert ran.status == 1
    assert "not in order  the report cannot be written: " in ran.out
    (row,) = [line for line in ran.lines if line.startswith("7.2  echo_attribute")]
    assert row.endswith(" ok")
    assert ran.out.isascii()


async def test_collecting_runs_nothing_and_prints_no_table() -> None:
    ran = await run("-m", "pytest", "spec", "--collect-only", "--driver", "refpool", "--driver", "aiomysql")
    assert ran.status == 0, ran.out
    assert "test_echo_attribute[aiomysql]" in ran.out
    assert "pool conformance" not in ran.out


# Lists of deviations


LISTED = """
[echo_attribute]
shows = "{shows}"
why = "{why}"
link = "none: not yet reported"
"""
GOOD = LISTED.format(shows="echo is not True", why="It cannot tell.")


async def run_listed(folder: Path, **lists: str) -> Ran:
    """Run echo_attribute on the specimens that are named, each with its list."""
    for name, text in lists.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    names = {"specimen": "Driver"}
    listed = [f"{SPECIMENS}:{names.get(name, name.title())}" for name in lists]
    return await run(
        "-m", "spec", "run", "--driver", *listed, "--clause", "echo_attribute", SPEC_DEVIATIONS=str(folder)
    )


async def test_a_listed_deviation_is_expected_and_a_flaky_clause_has_no_say(tmp_path: Path) -> None:
    flaky = '[echo_attribute]\nflaky = true\nwhy = "now and then"\nlink = "none: not yet reported"\n'
    ran = await run_listed(tmp_path, faulty=GOOD, fickle=flaky)
    assert ran.status == 0, ran.out
    assert ran.state("echo_attribute") == ["deviates", "flaky"]
    assert "AssertionError" not in ran.out


async def test_any_difference_from_the_list_fails_the_run(tmp_path: Path) -> None:
    unknown = '[nonsense]\nshows = "x"\nwhy = "y"\nlink = "z"\n'
    another = LISTED.format(shows="no", why="")
    ran = await run_listed(tmp_path, faulty=GOOD + unknown, misread=another, specimen=GOOD)
    assert ran.status == 1
    assert ran.state("echo_attribute") == ["deviates", "fails", "✓"]
    assert "listed with another message; the clause shows: echo is not True" in ran.out
    assert "[echo_attribute] is listed, and the clause passes: remove the entry" in ran.out
    assert "not in order  faulty.toml: [nonsense] is no clause" in ran.lines
    assert "not in order  misread.toml: [echo_attribute] gives no reason: fill in why" in ran.lines


@pytest.mark.parametrize(
    ("text", "driver", "told"),
    [
        pytest.param(GOOD + '[nonsense]\nshows = "x"\nwhy = "y"\nlink = "z"\n', "faulty", "is no clause", id="unknown"),
        pytest.param(GOOD, "specimen", "is listed, and the clause passes: remove the entry", id="passes"),
    ],
)
async def test_a_list_that_is_out_of_date_fails_the_run_by_itself(
    tmp_path: Path, text: str, driver: str, told: str
) -> None:
    ran = await run_listed(tmp_path, **{driver: text})
    assert ran.status == 1
    assert told in ran.out


# Nothing can be found out: status 4 and one line


async def refused(*arguments: str, **variables: str) -> str:
    ran = await run("-m", "spec", *arguments, cwd=PROJECT, **variables)
    assert ran.status == 4, ran.out
    assert len(ran.lines) == 1, ran.out
    return ran.lines[0]


async def test_what_cannot_be_run_is_one_line_and_status_4() -> None:
    cases: list[tuple[list[str], dict[str, str], str]] = [
        (["run", "--driver", "nosuch"], {}, "there is no driver 'nosuch': known are aiomysql, asyncmy, refpool"),
        (["run", "--clause", "echo_atribute"], {}, "no clause 'echo_atribute': did you mean 'echo_attribute'?"),
        (["run"], {"SPEC_MYSQL_URL": "mysql://nobody"}, "write mysql://user:password@host:port/database"),
        (["run"], {"SPEC_MYSQL_URL": "mysql://u@127.0.0.1:1/d"}, "does not answer (Connection refused): start it"),
        (["smoke"], {"SPEC_MYSQL_URL": "mysql://u@127.0.0.1:1/d"}, "does not answer (Connection refused): start it"),
        (["run", "--world", "moon"], {}, "there is no world 'moon'; SPEC_WORLD can be sim, tcp or real"),
        (["run", "--level", "may"], {}, "SPEC_LEVEL is 'may'; it can be must or should"),
        (["run", "--nonsense"], {}, "unrecognized arguments: --nonsense; try python -m spec --help"),
        ([], {}, "required: COMMAND"),
    ]
    runs = [refused(*arguments, **variables) for arguments, variables, _ in cases]
    for line, (_, _, told) in zip(await asyncio.gather(*runs), cases, strict=True):
        assert told in line


# A real server, for which the fake stands in here


@contextlib.asynccontextmanager
async def server(**parameters: object) -> AsyncIterator[fakemysql.FakeServer]:
    async with fakemysql.FakeServer(**parameters) as running:  # type: ignore[arg-type]
        yield running


async def test_a_server_named_by_url_is_used_and_named(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    async with server(users={"us/er": "p:/%"}) as running:
        url = f"mysql://us%2Fer:p%3A%2F%25@127.0.0.1:{running.port}/test"
        arguments = ("--clause", "connect_parameters_reach_connections", "--json", path)
        ran = await run("-m", "spec", "run", *arguments, SPEC_MYSQL_URL=url)
    assert ran.status == 0, ran.out
    report = read_json(path)
    assert report["world"] == "real"
    assert report["server"].startswith("MySQL 9.")


async def test_a_refused_login_is_one_line_and_status_4() -> None:
    async with server(users={"spec": "right"}) as running:
        urls = [f"mysql://{account}@127.0.0.1:{running.port}" for account in ("spec:wrong", "spec:right")]
        runs = [refused("run", SPEC_MYSQL_URL=f"{url}/nosuch") for url in urls]
        wrong, nowhere = await asyncio.gather(*runs)
    for told, code in ((wrong, 1045), (nowhere, 1049)):
        assert "refpool cannot log in to MySQL" in told
        assert f"({code}, " in told
        assert "correct the account or database in SPEC_MYSQL_URL" in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n" * 200_000, "does not greet as MariaDB and MySQL do"),
        (b"\x11\x00\x00\x00\xff\x10\x04#08004too many", "it says #08004too many"),
        (b"", "it closes the connection at once"),
    ],
)
async def test_what_is_no_server_is_one_line_and_status_4(said: bytes, told: str) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(said)
            await writer.drain()
        writer.close()

    stranger = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with stranger:
        port = stranger.sockets[0].getsockname()[1]
        assert told in await refused("run", SPEC_MYSQL_URL=f"mysql://u@127.0.0.1:{port}/d")


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("5.5.5-10.11.19-MariaDB-0+deb12u1", "MariaDB 10.11.19"),
        ("11.4.2-MariaDB-ubu2404", "MariaDB 11.4.2"),
        ("9.7.4-2", "MySQL 9.7.4"),
        ("8.0.36", "MySQL 8.0.36"),
    ],
)
def test_a_server_is_named_as_its_makers_do(version: str, name: str) -> None:
    assert name_server(version) == name


# The other commands


async def test_list_shows_every_statement_in_order() -> None:
    ran = await run("-m", "spec", "list")
    assert ran.status == 0
    rows = [line.split() for line in ran.lines if line.split()[1] in ("must", "should")]
    assert [row[2] for row in rows] == IDS


async def test_trace_shows_every_place_with_its_statement_and_clause() -> None:
    ran = await run("-m", "spec", "trace")
    assert ran.status == 0, ran.out
    for place in Document.read().places:
        (line,) = [line for line in ran.lines if line.startswith(f"{place.name}  ")]
        assert line.endswith("(heading)") == place.is_heading
        assert (".py:" in line) != place.is_heading
    assert "one to one" in ran.lines[-1]


async def test_smoke_tells_a_good_adapter_from_a_wrong_one() -> None:
    ran = await run("-m", "spec", "smoke", "--driver", "refpool", f"{SPECIMENS}:Driver")
    assert ran.status == 0, ran.out
    assert len([line for line in ran.lines if "the adapter works on fakemysql" in line]) == 2
    told = await refused("smoke", "--driver", f"{SPECIMENS}:Stranger")
    assert "the adapter of stranger does not work: it cannot query" in told
