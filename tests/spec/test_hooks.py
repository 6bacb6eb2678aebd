"""The folder inside other projects: copied under another name, collected by the host's own strict pytest."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from spec import vendoring
from spec.document import Document
from spec.plan import Plan
from spec.settings import Settings, UsageError
from tests.spec.suite import PROJECT, Ran, read_json, run, states

STRICT = """
[pytest]
addopts = --strict-markers --strict-config
filterwarnings = error
xfail_strict = true
"""

SHOULD = """

## 99. Extra

### 99.1 `is_kept`

An extra that is kept.

Should. Reason: users need it.

### 99.2 `is_not_kept`

An extra that is not kept.

Should. Reason: users need it.

### 99.3 `is_not_offered`

An extra that few have.

Should. Reason: users need it.

### 99.4 `is_not_decided`

An extra that needs wings.

Should. Reason: users need it.

"""

CLAUSES = '''
from .bench import NotRun
from .clause import should

@should("An extra that is kept.")
async def test_is_kept(spec):
    assert (await spec.pool()).size == 1, "no"

@should("An extra that is not kept.")
async def test_is_not_kept(spec):
    """Look there."""
    size = (await spec.pool()).size
    assert size == 7, "size is not seven"

@should("An extra that few have.")
async def test_is_not_offered(spec):
    spec.offered(await spec.pool(), "levitate")

@should("An extra that needs wings.")
async def test_is_not_decided(spec):
    raise NotRun("the wire cannot fly")
'''


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with strict settings and tests of its own, and in it the suite as `poolcheck`, with four shoulds."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "pytest.ini").write_text(STRICT)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_own.py").write_text("def test_own(): pass\n")
    copy = folder / "tests" / "poolcheck"
    vendoring.copy(copy)
    document = copy / "POOL.md"
    chapters, places = document.read_text(encoding="utf-8").split("## The page, place by place")
    document.write_text(f"{chapters}{SHOULD}## The page, place by place{places}", encoding="utf-8")
    (copy / "test_extra.py").write_text(CLAUSES)
    return folder


ASYNCIO = ("-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function", "-o")


async def pytest_in(host: Path, *arguments: str | Path, **variables: str) -> Ran:
    """Run the host's pytest, with no plugin but those that the arguments name."""
    variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}
    return await run("-m", "pytest", "-p", "no:cacheprovider", *arguments, cwd=host, **variables)


async def test_a_host_collects_the_copy_with_its_own_tests(host: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    ran = await pytest_in(host, SPEC_DRIVER="refpool", SPEC_JSON=str(path))
    assert ran.status == 0, ran.out
    report = read_json(path)
    assert report["complete"] is True
    assert (report["world"], report["seed"]) == ("sim", 0)  # the copy carries the simulation along
    told = states(report, "refpool")
    extra = {"is_kept": "conforms", "is_not_kept": "weak", "is_not_offered": "not offered", "is_not_decided": "not run"}
    assert {key: told[key] for key in extra} == extra
    assert {told[key] for key in told if key not in extra} == {"conforms"}
    (weak,) = [clause for clause in report["drivers"][0]["clauses"] if clause["id"] == "is_not_kept"]
    assert (weak["level"], weak["shown"]) == ("should", "size is not seven")
    assert ran.state("is_not_offered") == ["not offered"]
    levels = [statement.level for statement in Document.read().statements]
    counts = [(levels.count(level), levels.count(level) + more) for level, more in (("must", 0), ("should", 4))]
    (musts, all_musts), (shoulds, all_shoulds) = counts
    assert f"refpool 0.1.0: {musts} of {all_musts} conform; should: {shoulds + 1} of {all_shoulds} conform" in ran.out
    own_and_kept = 2 + len(levels)
    assert f"{own_and_kept} passed, 2 skipped, 1 xfailed" in ran.out


async def test_the_hosts_ways_make_no_difference(host: Path, tmp_path: Path) -> None:
    ways: dict[str, list[str]] = {
        "without pytest-asyncio": [],
        "auto": [*ASYNCIO, "asyncio_mode=auto"],
        "strict": [*ASYNCIO, "asyncio_mode=strict"],
        "importlib": ["--import-mode=importlib"],
        "rootdir": ["tests/poolcheck", "--rootdir=/"],
    }
    clauses = ["basic_usage", "grows_up_to_maxsize", "echo_logs_statements", "is_not_kept"]
    given = {"SPEC_DRIVER": "refpool", "SPEC_CLAUSE": ",".join(clauses)}
    runs = [pytest_in(host, *arguments, SPEC_JSON=str(tmp_path / way), **given) for way, arguments in ways.items()]
    for way, ran in zip(ways, await asyncio.gather(*runs), strict=True):
        assert ran.status == 0, (way, ran.out)
        told = states(read_json(tmp_path / way), "refpool")
        assert [told[clause] for clause in clauses] == ["conforms", "conforms", "conforms", "weak"], way


async def test_warnings_as_errors_do_not_change_what_is_shown(host: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    (tmp_path / "adapter.py").write_text((Path(__file__).parent / "specimens.py").read_text())
    arguments = ("tests/poolcheck", "--driver", "adapter:Unawaited", "--clause", "close_is_no_coroutine")
    ran = await pytest_in(host, *arguments, SPEC_JSON=str(path), PYTHONPATH=f"{tmp_path}:{PROJECT}")
    assert ran.status == 1
    (told,) = [one for one in read_json(path)["drivers"][0]["clauses"] if one["id"] == "close_is_no_coroutine"]
    assert (told["state"], told["shown"]) == (
        "fails",
        "close() returned a coroutine, which does nothing unless awaited",
    )


async def test_xdist_makes_no_difference(host: Path, tmp_path: Path) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed, and the suite does not need it")
    path = tmp_path / "out.json"
    ran = await pytest_in(
        host, "-p", "xdist.plugin", "-n2", "tests/poolcheck", SPEC_DRIVER="refpool,asyncmy", SPEC_JSON=str(path)
    )
    assert ran.status == 0, ran.out
    assert read_json(path)["complete"] is True


async def test_a_binding_should_fails_the_run_and_is_explained(host: Path) -> None:
    arguments = ("tests/poolcheck", "--driver", "refpool", "--clause", "is_not_kept")
    ran = await pytest_in(host, *arguments, SPEC_LEVEL="should")
    assert ran.status == 1
    assert ran.state("is_not_kept") == ["weak"]
    for part in ("size is not seven", "POOL.md 99.2 is_not_kept (should)", "because: users need it.", "Look there."):
        assert part in ran.out


async def test_a_copy_with_no_driver_named_says_so_in_a_line_and_ends_with_4(host: Path) -> None:
    for arguments in ([], ["tests/poolcheck"]):
        ran = await pytest_in(host, "-q", *arguments)
        assert ran.status == 4, ran.out
        (told,) = [line for line in ran.lines if "no driver is named" in line]
        assert "set SPEC_DRIVER to one of aiomysql, asyncmy, refpool" in told


async def test_a_host_that_runs_other_tests_is_left_alone(host: Path) -> None:
    assert (await pytest_in(host, "tests/test_own.py")).status == 0
    assert (await pytest_in(host, "-k", "test_own", SPEC_DRIVER="refpool")).status == 0


async def test_an_option_that_another_plugin_has_is_left_to_it(host: Path) -> None:
    plugin = "def pytest_addoption(parser):\n    parser.addoption('--driver', dest='browser')\n"
    (host / "browsers.py").write_text(plugin)
    arguments = ("-p", "browsers", "tests/poolcheck", "--clause", "echo_attribute", "--driver", "Firefox")
    ran = await pytest_in(host, *arguments, SPEC_DRIVER="refpool", PYTHONPATH=f"{host}:{PROJECT}")
    assert ran.status == 0, ran.out
    assert ran.state("echo_attribute") == ["✓"]


async def test_a_run_in_which_no_clause_ran_is_a_failure(host: Path) -> None:
    (host / "none.ini").write_text("[pytest]\npython_functions = check_*\n")
    ran = await pytest_in(host, "-c", "none.ini", "tests/poolcheck", "--driver", "refpool")
    assert ran.status == 1
    assert "no clause ran, so nothing is known: that is a failure" in ran.out


async def test_the_copy_is_a_program_of_its_own_name(host: Path) -> None:
    ran = await run("-m", "poolcheck", "nonsense", cwd=host / "tests")
    assert ran.status == 4
    assert ran.out.startswith("python -m poolcheck: ")
    ran = await run("-m", "poolcheck", "run", "--driver", "refpool", "--clause", "is_kept", cwd=host / "tests")
    assert ran.status == 0, ran.out
    ran = await run("-m", "poolcheck", "trace", cwd=host / "tests")
    assert ran.status == 0, ran.out
    assert "test_extra.py:" in ran.out
    ran = await run("-m", "poolcheck", "run", cwd=host / "tests")
    assert ran.status == 4
    assert "no driver is named" in ran.out


async def test_trace_fails_where_a_statement_has_no_clause_or_a_clause_no_statement(tmp_path: Path) -> None:
    vendoring.copy(tmp_path / "poolcheck")
    module = tmp_path / "poolcheck" / "test_release.py"
    whole = module.read_text(encoding="utf-8")
    module.write_text(whole.split("@must")[0], encoding="utf-8")
    ran = await run("-m", "poolcheck", "trace", cwd=tmp_path)
    assert ran.status == 1
    assert "not in order: statement 4.1 release_makes_free_again has no clauses, not one" in ran.lines
    module.write_text(whole.replace("A released connection is free", "A released connection is gone"), encoding="utf-8")
    ran = await run("-m", "poolcheck", "trace", cwd=tmp_path)
    assert ran.status == 1
    assert "POOL.md has no statement that reads: A released connection is gone again" in ran.out
    ran = await run("-m", "poolcheck", "run", "--driver", "refpool", cwd=tmp_path)
    assert ran.status == 4


async def test_a_server_that_cannot_be_set_up_is_no_failure_of_the_driver(tmp_path: Path) -> None:
    vendoring.copy(tmp_path / "poolcheck")
    broken = "class FakeServer:\n    def __init__(self): raise OSError('no port is free')\n"
    (tmp_path / "poolcheck" / "_fakemysql" / "__init__.py").write_text(broken)
    arguments = ("--driver", "refpool", "--clause", "echo_attribute", "--world", "tcp")
    ran = await run("-m", "poolcheck", "run", *arguments, cwd=tmp_path)
    assert ran.status == 1
    assert "WorldFailed: fakemysql could not be set up: OSError('no port is free')" in ran.out
    assert ran.state("echo_attribute") == ["not run"]


def test_without_a_fake_a_server_must_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "fakemysql", None)
    with pytest.raises(UsageError, match="pip install refpool, or name a real server in SPEC_MYSQL_URL"):
        Plan.make(Settings(drivers=("refpool",)))
    with pytest.raises(UsageError, match="the fake server is not installed"):
        vendoring.copy(tmp_path / "poolcheck")


# Copies


def test_a_copy_is_whole_and_carries_the_fake(tmp_path: Path) -> None:
    target = tmp_path / "poolcheck"
    count = vendoring.copy(target)
    manifest = json.loads((target / vendoring.MANIFEST).read_text())
    assert len(manifest["files"]) == count
    assert {"POOL.md", "README.md", "py.typed", "pytest.ini", "_fakemysql/server.py"} <= manifest["files"].keys()
    assert not any("__pycache__" in name or name.startswith("results/") for name in manifest["files"])
    assert vendoring.check(target) == []
    assert vendoring.copy(target) == count


def test_a_copy_that_was_touched_is_told_and_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "poolcheck"
    vendoring.copy(target)
    (target / "bench.py").write_text("")
    (target / "README.md").unlink()
    (target / "mine.py").write_text("")
    assert vendoring.check(target) == ["missing: README.md", "added: mine.py", "edited: bench.py"]
    with pytest.raises(UsageError, match=r"was changed since .*edited: bench.py.*: undo that, or delete the folder"):
        vendoring.copy(target)


def test_a_copy_of_another_version_is_told(tmp_path: Path) -> None:
    target = tmp_path / "poolcheck"
    vendoring.copy(target)
    path = target / vendoring.MANIFEST
    path.write_text(path.read_text().replace('"suite": "20', '"suite": "19'))
    (told,) = vendoring.check(target)
    assert "the copy is 19" in told


def test_a_copy_of_another_state_of_the_same_version_is_told(tmp_path: Path) -> None:
    target = tmp_path / "poolcheck"
    vendoring.copy(target)
    manifest = json.loads((target / vendoring.MANIFEST).read_text())
    (target / "POOL.md").unlink()
    del manifest["files"]["POOL.md"]
    (target / vendoring.MANIFEST).write_text(json.dumps(manifest))
    (told,) = vendoring.check(target)
    assert "of another state" in told


def test_only_a_copy_or_an_empty_folder_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert vendoring.copy(tmp_path / "empty") > 30
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(UsageError, match=r"is no copy of the suite: it has no VENDORED\.json"):
        vendoring.copy(tmp_path / "full")
    (tmp_path / "full" / vendoring.MANIFEST).write_text("[]")
    with pytest.raises(UsageError, match="is not what `vendor` wrote"):
        vendoring.check(tmp_path / "full")
    with pytest.raises(UsageError, match="cannot be the name of a package"):
        vendoring.copy(tmp_path / "pool-check")
    with pytest.raises(UsageError, match="is the suite itself"):
        vendoring.copy(vendoring.FOLDER)


async def test_vendor_and_its_check_are_commands(tmp_path: Path) -> None:
    target = tmp_path / "poolcheck"
    ran = await run("-m", "spec", "vendor", target)
    assert ran.status == 0, ran.out
    ran = await run("-m", "spec", "vendor", "--check", target)
    assert (ran.status, "is a whole copy" in ran.out) == (0, True), ran.out
    (target / "bench.py").write_text("")
    ran = await run("-m", "spec", "vendor", "--check", target)
    assert (ran.status, ran.lines) == (1, ["edited: bench.py"])
    assert (await run("-m", "spec", "vendor", "--check", tmp_path / "nowhere")).status == 4
