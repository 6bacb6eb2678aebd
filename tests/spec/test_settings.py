"""What a run is asked to do is read in full, and what cannot be is refused in one line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec import drivers, subject
from spec.settings import DEFAULT_DEADLINE, ServerUrl, Settings, UsageError


def test_a_url_is_read_and_decoded() -> None:
    assert ServerUrl.parse("mysql://us%40er:p%3Aa%2Fss%25@db.example:3307/da%20ta") == ServerUrl(
        "db.example", 3307, "us@er", "p:a/ss%", "da ta"
    )


@pytest.mark.parametrize("text", ["mysql://u@h/d", "mysql://u:@h/d", "mysql://u:@h:3306/d"])
def test_password_and_port_may_be_left_out(text: str) -> None:
    assert ServerUrl.parse(text) == ServerUrl("h", 3306, "u", "", "d")


def test_an_ipv6_address_is_an_address() -> None:
    assert ServerUrl.parse("mysql://u@[::1]:3306/d").host == "::1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("127.0.0.1:3306", "does not begin with mysql://"),
        ("root@localhost", "does not begin with mysql://"),
        ("postgres://u@h/d", "does not begin with mysql://"),
        ("mysql:///d", "names no host"),
        ("mysql://h/d", "names no user"),
        ("mysql://u@h", "names no database"),
        ("mysql://u@h/", "names no database"),
        ("mysql://u@h:port/d", "cannot be read"),
        ("mysql://u@h:99999/d", "cannot be read"),
        ("mysql://u@h:0/d", "is not understood"),
        ("mysql://u@h/d/e", "is not understood"),
        ("mysql://u@h/d?charset=utf8", "is not understood"),
        ("mysql://u@[::1/d", "cannot be read"),
    ],
)
def test_a_malformed_url_is_refused_with_the_form_and_without_the_password(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        ServerUrl.parse(text.replace("//u@", "//u:secret@"))
    assert "mysql://user:password@host:port/database" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_given_is_the_fake_and_the_default_driver() -> None:
    assert Settings.read({}) == Settings(
        drivers=(), clauses=(), url=None, world="sim", seed=0, deadline=DEFAULT_DEADLINE
    )
    assert Settings.read({"SPEC_DRIVER": "", "SPEC_MYSQL_URL": "", "SPEC_DEADLINE": ""}) == Settings.read({})


def test_everything_given_is_read(tmp_path: Path) -> None:
    settings = Settings.read(
        {
            "SPEC_DRIVER": "one, two,,one",
            "SPEC_CLAUSE": "a,b",
            "SPEC_MYSQL_URL": "mysql://u@h/d",
            "SPEC_DEADLINE": "0.3",
            "SPEC_DEVIATIONS": str(tmp_path),
            "SPEC_LEVEL": "should",
            "SPEC_JSON": "r/a.json",
            "SPEC_MARKDOWN": "r/a.md",
        }
    )
    assert settings.drivers == ("one", "two")
    assert settings.clauses == ("a", "b")
    assert settings.world == "real"
    assert settings.deadline == 0.3
    assert settings.deviations == tmp_path
    assert settings.level == "should"
    assert (settings.json, settings.markdown) == (Path("r/a.json"), Path("r/a.md"))


def test_an_option_wins_over_its_variable() -> None:
    read = Settings.read({"SPEC_DRIVER": "one"}, {"SPEC_DRIVER": "two", "SPEC_CLAUSE": None})
    assert read.drivers == ("two",)


def test_the_fake_can_be_asked_for_beside_a_server() -> None:
    assert Settings.read({"SPEC_MYSQL_URL": "mysql://u@h/d", "SPEC_WORLD": "tcp"}).world == "tcp"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SPEC_WORLD": "real"}, "set SPEC_MYSQL_URL=mysql://"),
        ({"SPEC_WORLD": "moon"}, "there is no world 'moon'; SPEC_WORLD can be sim, tcp or real"),
        ({"SPEC_DEADLINE": "soon"}, "SPEC_DEADLINE is 'soon'; it is a number of seconds above 0"),
        ({"SPEC_DEADLINE": "0"}, "above 0"),
        ({"SPEC_DEADLINE": "inf"}, "above 0"),
        ({"SPEC_DEADLINE": "nan"}, "above 0"),
        ({"SPEC_LEVEL": "may"}, "SPEC_LEVEL is 'may'; it can be must or should"),
        ({"SPEC_DEVIATIONS": "/no/such/folder"}, "'/no/such/folder', which is no folder"),
    ],
)
def test_a_wrong_setting_is_refused(variables: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Settings.read(variables)


# Drivers


@pytest.mark.parametrize("name", drivers.known())
def test_an_adapter_has_what_the_protocol_says_and_nothing_else(name: str) -> None:
    protocol = {key for key in vars(subject.Driver) if not key.startswith("_")}
    assert {*protocol, *subject.Driver.__annotations__} == drivers.WANTED
    adapter = drivers.find(name)
    more = {"extensions", "options", "unbuffered"}
    assert {key for key in dir(adapter) if not key.startswith("_")} == drivers.WANTED | more
    assert set(adapter.options) <= set(subject.OPTIONS)  # type: ignore[attr-defined]


def test_the_default_driver_is_the_one_beside_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no driver is named: set SPEC_DRIVER to one of aiomysql, asyncmy, refpool"):
        drivers.find_all((), beside=tmp_path)
    (tmp_path / "refpool").mkdir()
    (tmp_path / "refpool" / "__init__.py").touch()
    assert [driver.name for driver in drivers.find_all((), beside=tmp_path)] == ["refpool"]


MODULE = """
class Driver:
    name, version, logger = "own", "1", "own"
    def create_pool(self, **kw): ...
    def connect(self, **kw): ...
    async def query(self, connection, statement): ...

def make():
    driver = Driver()
    driver.name = "made"
    return driver

def fail():
    raise OSError("no")

def stub():
    return object()

number = 7
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module with adapters of an adopter's own."""
    (tmp_path / "own_adapter_of_mine.py").write_text(MODULE)
    (tmp_path / "own_broken_of_mine.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "own_adapter_of_mine"


def test_an_adapter_of_ones_own_is_found_by_module_and_factory(own_module: str) -> None:
    assert drivers.find(f"{own_module}:make").name == "made"
    assert drivers.find(f"{own_module}:Driver").name == "own"
    assert [driver.name for driver in drivers.find_all((f"{own_module}:make", f"{own_module}:Driver"))] == [
        "made",
        "own",
    ]


def test_two_drivers_of_one_name_are_refused(own_module: str) -> None:
    with pytest.raises(UsageError, match="two drivers call themselves 'own'"):
        drivers.find_all((f"{own_module}:Driver", f"{own_module}:Driver"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nosuch", "there is no driver 'nosuch': known are aiomysql, asyncmy, refpool, or give package.module:factory"),
        ("no.such.module", "driver 'no.such.module' cannot be imported .*: put it where python finds 'no'"),
        ("own_adapter_of_mine:nothing", "module own_adapter_of_mine has no function 'nothing'"),
        ("own_adapter_of_mine:number", "has no function 'number'"),
        ("own_adapter_of_mine:fail", "fail\\(\\) failed: OSError: no"),
        ("own_adapter_of_mine:stub", "what stub\\(\\) returns has no 'connect'"),
        ("own_broken_of_mine:make", "cannot be imported: ZeroDivisionError"),
    ],
)
def test_an_adapter_that_cannot_be_had_is_refused(own_module: str, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        drivers.find(name)


def test_a_driver_that_is_not_installed_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "asyncmy", None)
    monkeypatch.delitem(sys.modules, "spec.drivers.asyncmy", raising=False)
    with pytest.raises(UsageError, match=r"driver 'asyncmy' cannot be imported .*: pip install asyncmy"):
        drivers.find("asyncmy")
