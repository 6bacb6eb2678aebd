"""The parameters of connect(): each is checked when it is given, none is ignored."""

from __future__ import annotations

import getpass
import ssl
from pathlib import Path
from typing import Any

import pytest

import refpool
from refpool import connection, wire
from refpool.settings import connect_settings


def test_the_defaults_are_aiomysqls() -> None:
    """Without arguments: localhost:3306, the system's user, no password, utf8mb4, autocommit off."""
    settings = connect_settings()
    assert (settings.host, settings.port, settings.unix_socket) == ("localhost", 3306, None)
    assert (settings.user, settings.password, settings.db) == (getpass.getuser(), b"", None)
    assert (settings.charset.name, settings.charset.encoding) == ("utf8mb4", "utf8")
    assert (settings.autocommit, settings.use_unicode, settings.connect_timeout) == (False, True, None)
    assert (settings.conv, settings.ssl, settings.sql_mode) == (wire.decoders, None, None)


def test_the_positions_are_aiomysqls() -> None:
    """24 parameters can be given by position, in aiomysql's order."""
    settings = connect_settings(
        "h", "u", "p", "d", 1, "/s", "latin1", "ANSI", None, {}, False, 2, refpool.DictCursor, "SET @x=1", 3.5, None,
        True, True, True, None, None, "sha256_password", "prog", b"key",
    )  # fmt: skip
    assert (settings.host, settings.user, settings.password, settings.db) == ("h", "u", b"p", "d")
    assert (settings.port, settings.unix_socket, settings.charset.name) == (1, "/s", "latin1")
    assert (settings.sql_mode, settings.conv, settings.use_unicode) == ("'ANSI'", {}, False)
    assert (settings.client_flag, settings.cursorclass) == (2, refpool.DictCursor)
    assert (settings.init_command, settings.connect_timeout, settings.autocommit) == ("SET @x=1", 3.5, True)
    assert (settings.echo, settings.local_infile) == (True, True)
    assert (settings.auth_plugin, settings.program_name) == ("sha256_password", "prog")
    assert settings.server_public_key == b"key"


def test_connect_has_the_same_signature_and_checks_at_the_call() -> None:
    """connect() and connect_settings() take the same, and a bad argument raises before anything is awaited."""
    assert connection.connect.__name__ == "connect"
    with pytest.raises(TypeError, match="port='3306' should be an int"):
        refpool.connect(port="3306")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="nosuch"):
        refpool.connect(nosuch=1)


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ({"host": 1}, TypeError, "host=1 should be text"),
        ({"user": 1}, TypeError, "user=1 should be text"),
        ({"password": 1}, TypeError, "password should be text or bytes, not int"),
        ({"password": "\u20ac"}, ValueError, "password has characters outside latin1"),
        ({"db": 1}, TypeError, "db=1 should be text"),
        ({"database": 1}, TypeError, "database=1 should be text"),
        ({"db": "a", "database": "b"}, TypeError, "db='a' and database='b' are two names"),
        ({"port": "1"}, TypeError, "port='1' should be an int"),
        ({"port": True}, TypeError, "port=True should be an int"),
        ({"port": 0}, ValueError, "port=0 should be within"),
        ({"port": 65536}, ValueError, "port=65536 should be within"),
        ({"unix_socket": 1}, TypeError, "unix_socket=1 should be a path"),
        ({"charset": 1}, TypeError, "charset=1 should be text"),
        ({"charset": "klingon"}, ValueError, "charset='klingon' is not known"),
        ({"sql_mode": 1}, TypeError, "sql_mode=1 should be text"),
        ({"conv": 1}, TypeError, "conv=1 should be a mapping"),
        ({"use_unicode": "no"}, TypeError, "use_unicode='no' should be True or False"),
        ({"client_flag": "x"}, TypeError, "client_flag='x' should be an int"),
        ({"client_flag": True}, TypeError, "client_flag=True should be an int"),
        ({"client_flag": -1}, ValueError, "client_flag=-1 should be within"),
        ({"client_flag": 1 << 5}, ValueError, "client_flag=32 has CLIENT_COMPRESS: compression is not there yet"),
        ({"client_flag": 1 << 11}, ValueError, "client_flag=2048 has CLIENT_SSL: pass ssl="),
        ({"cursorclass": 1}, TypeError, "cursorclass=1 should be a class"),
        ({"init_command": 1}, TypeError, "init_command=1 should be text"),
        ({"connect_timeout": "1"}, TypeError, "connect_timeout='1' should be a number"),
        ({"connect_timeout": 0}, ValueError, "connect_timeout=0 should be more than 0"),
        ({"connect_timeout": float("nan")}, ValueError, "connect_timeout=nan should be more than 0"),
        ({"read_default_group": "g"}, ValueError, "read_default_group='g' is a group of a file"),
        ({"read_default_file": "/nonexistent"}, ValueError, "read_default_file='/nonexistent' cannot be read"),
        ({"read_default_file": 1}, TypeError, "read_default_file=1 should be a path"),
        ({"autocommit": "on"}, TypeError, "autocommit='on' should be True or False"),
        ({"echo": 2}, TypeError, "echo=2 should be True or False"),
        ({"local_infile": "x"}, TypeError, "local_infile='x' should be True or False"),
        ({"loop": 1}, TypeError, "loop=1 should be an event loop"),
        ({"ssl": True}, TypeError, "ssl=True should be an ssl.SSLContext"),
        ({"ssl": {"ca": "x"}}, TypeError, "should be an ssl.SSLContext or None, not dict"),
        ({"auth_plugin": "dialog"}, ValueError, "auth_plugin='dialog' is not there yet"),
        ({"program_name": 1}, TypeError, "program_name=1 should be text"),
        ({"server_public_key": 1}, TypeError, "server_public_key=1 should be text"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(arguments: dict[str, Any], kind: type[Exception], text: str) -> None:
    """The text names the argument and its value, and says what it should be."""
    with pytest.raises(kind, match=text.replace("(", r"\(")) as caught:
        connect_settings(**arguments)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("nosuch", 1, "connect() got an unexpected keyword argument 'nosuch' (given nosuch=1)"),
        ("passwd", "s3cret", "(given passwd=...), did you mean password?"),
        ("databse", "d", "did you mean database?"),
        ("cursor_cls", None, "did you mean cursorclass?"),
    ],
)
def test_an_unknown_argument_is_named_but_no_password_shown(name: str, value: object, text: str) -> None:
    """It is named with its value and its likely meaning; the value of what looks like a password is not shown."""
    with pytest.raises(TypeError) as caught:
        connect_settings(**{name: value})  # type: ignore[arg-type]
    assert text in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_password_is_not_in_the_repr() -> None:
    """Settings end up in logs and tracebacks."""
    assert "s3cret" not in repr(connect_settings(password="s3cret"))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("ANSI", "'ANSI'"),
        ("ANSI,NO_ZERO_DATE", "'ANSI,NO_ZERO_DATE'"),
        (" ANSI , NO_ZERO_DATE ", "'ANSI , NO_ZERO_DATE'"),
        ("'ANSI,NO_ZERO_DATE'", "'ANSI,NO_ZERO_DATE'"),
        ('"ANSI"', '"ANSI"'),
        ("", "''"),
        ("DEFAULT", "DEFAULT"),
        ("CONCAT(@@sql_mode, ',ANSI')", "CONCAT(@@sql_mode, ',ANSI')"),
    ],
)
def test_sql_mode_may_be_quoted_or_not(given: str, sent: str) -> None:
    """One mode or many, with quotes or without, or an expression."""
    assert connect_settings(sql_mode=given).sql_mode == sent


@pytest.mark.parametrize(("given", "kept"), [("pä", "pä".encode("latin1")), (b"\xff", b"\xff"), (None, b""), ("", b"")])
def test_a_password_may_be_text_or_bytes(given: Any, kept: bytes) -> None:
    """Text is latin1, as in PyMySQL; bytes are as they are."""
    assert connect_settings(password=given).password == kept


def test_values_that_mean_the_default() -> None:
    """None, empty and false values of aiomysql's users mean what they meant there."""
    settings = connect_settings(
        host=None, user=b"", charset=None, conv=None, ssl={}, auth_plugin=None, program_name=None, unix_socket="",
        server_public_key="",
    )  # fmt: skip
    assert (settings.host, settings.user) == ("localhost", getpass.getuser())
    assert (settings.conv, settings.ssl, settings.unix_socket) == (wire.decoders, None, None)
    assert settings.server_public_key is None
    assert connect_settings(ssl=False).ssl is None


def test_an_ssl_context_and_a_key_are_taken() -> None:
    """ssl takes a context; a key may be text."""
    context = ssl.create_default_context()
    settings = connect_settings(ssl=context, server_public_key="PEM", autocommit=1)  # type: ignore[arg-type]
    assert (settings.ssl, settings.server_public_key, settings.autocommit) == (context, b"PEM", True)
    assert connect_settings(user=b"\xff").user == b"\xff"


def test_where_the_system_has_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container without an entry for its user the name is "unknown", as in aiomysql."""

    def nobody() -> str:
        raise OSError("no entry")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert connect_settings().user == "unknown"


def test_the_address_is_for_messages() -> None:
    """host:port, or the path."""
    assert connect_settings("h", port=1).address == "h:1"
    assert connect_settings(unix_socket="/s").address == "/s"


class TestOptionFile:
    """read_default_file and read_default_group."""

    def test_empty_names_none(self) -> None:
        """As with the other texts, '' is as good as None."""
        assert connect_settings(read_default_file="", read_default_group="").host == "localhost"

    def write(self, folder: Path, text: str) -> str:
        path = folder / "my.cnf"
        path.write_text(text)
        return str(path)

    def test_its_values_override_the_arguments(self, tmp_path: Path) -> None:
        """As in aiomysql; quotes are removed, options without a value and of others left alone."""
        path = self.write(
            tmp_path,
            "[client]\nuser = 'u'\npassword=\"p w\"\nhost=h\ndatabase=d\nport=33\nsocket=/s\nquick\n"
            "default_character_set=latin1\n[other]\nuser=o\n",
        )
        settings = connect_settings("x", "y", "z", port=1, read_default_file=path)
        assert (settings.user, settings.password, settings.host, settings.db) == ("u", b"p w", "h", "d")
        assert (settings.port, settings.unix_socket, settings.charset.name) == (33, "/s", "latin1")
        assert connect_settings(read_default_file=path, read_default_group="other").user == "o"
        assert connect_settings(host="kept", read_default_file=Path(path), read_default_group="other").host == "kept"

    def test_the_default_group_may_be_missing(self, tmp_path: Path) -> None:
        """A file without [client] gives nothing; a group that was asked for must be there."""
        path = self.write(tmp_path, "[other]\nuser=o\n")
        assert connect_settings(user="u", read_default_file=path).user == "u"
        with pytest.raises(ValueError, match="read_default_group='nosuch' is not in"):
            connect_settings(read_default_file=path, read_default_group="nosuch")

    @pytest.mark.parametrize("text", ["user=u\n", "[client]\nport=many\n"])
    def test_what_is_no_option_file_is_refused(self, tmp_path: Path, text: str) -> None:
        """The text names the argument and what is wrong with the file."""
        with pytest.raises(ValueError, match="read_default_file="):
            connect_settings(read_default_file=self.write(tmp_path, text))
