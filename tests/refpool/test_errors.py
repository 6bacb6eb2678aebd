"""The exceptions: PyMySQL's classes, leaves of our own, fields beside the text."""

from __future__ import annotations

import pickle

import pymysql
import pytest

import refpool
from refpool import errors

DB_API = [
    "MySQLError", "Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError",
    "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError",
]  # fmt: skip

LEAVES = [
    (errors.NotConnected.because(None), pymysql.err.InterfaceError),
    (errors.NotConnected.because("Cancelled during execution"), pymysql.err.InterfaceError),
    (errors.ConnectionBusy.on(17), pymysql.err.InterfaceError),
    (errors.ConnectFailed.to("h", "h:3306", "refused", timed_out=True), pymysql.err.OperationalError),
    (errors.TLSRefused.by("h:3306"), pymysql.err.OperationalError),
    (errors.LoginFailed.unknown_plugin("dialog"), pymysql.err.OperationalError),
    (errors.LoginFailed.in_plugin("sha256_password", "no key"), pymysql.err.OperationalError),
    (errors.ConnectionLost.because("reset", (4031, "idle")), pymysql.err.OperationalError),
    (errors.LocalFileError.for_file(1017, "f", "not there"), pymysql.err.OperationalError),
    (errors.OutOfStep.sequence(3, 2), pymysql.err.InternalError),
    (errors.OutOfStep.malformed("cut short"), pymysql.err.InternalError),
    (errors.WrongParameters("not enough"), pymysql.err.ProgrammingError),
]


@pytest.mark.parametrize("name", DB_API)
def test_the_dbapi_classes_are_pymysqls(name: str) -> None:
    """Who catches PyMySQL's class catches ours, for they are one."""
    assert getattr(refpool, name) is getattr(errors, name) is getattr(pymysql.err, name)


@pytest.mark.parametrize("name", DB_API[1:])
def test_connections_and_cursors_have_the_dbapi_classes(name: str) -> None:
    """The DB-API's optional extension: the classes are attributes of connections, and of cursors as in aiomysql."""
    assert getattr(refpool.Connection, name) is getattr(refpool.Cursor, name) is getattr(pymysql.err, name)


@pytest.mark.parametrize(("error", "base"), LEAVES, ids=lambda value: type(value).__name__)
def test_a_leaf_is_a_dbapi_error_and_survives_pickling(error: Exception, base: type[Exception]) -> None:
    """Each leaf inherits the class its users catch, and goes between processes with text and fields."""
    assert isinstance(error, base)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.args, vars(again)) == (error.args, vars(error))


def test_leaves_say_what_is_known_in_fields() -> None:
    """Whose fault it was is in the class, what is known is in fields and in the text."""
    assert errors.ConnectionBusy.on(17).thread_id == 17
    failed = errors.ConnectFailed.to("h", "h:1", "refused", timed_out=True)
    assert (failed.args[0], failed.address, failed.timed_out) == (2003, "h:1", True)
    assert "Can't connect to MySQL server on 'h'" in failed.args[1]
    lost = errors.ConnectionLost.because("it said so", (4031, "idle"))
    assert (lost.args[0], lost.farewell) == (2013, (4031, "idle"))
    assert lost.args[1].startswith("Lost connection to MySQL server during query")
    step = errors.OutOfStep.sequence(3, 2)
    assert (step.came, step.due) == (3, 2)
    assert "Packet sequence number wrong - got 3 expected 2" in str(step)
    assert errors.LoginFailed.unknown_plugin("dialog").plugin == "dialog"


def test_texts_and_classes_that_users_of_aiomysql_look_for() -> None:
    """Some handlers compare texts, some catch builtin classes: both find what they know."""
    assert errors.NotConnected.because(None).args == ("(0, 'Not connected')",)
    assert errors.NotConnected.because("Cancelled during execution").args == ("Cancelled during execution",)
    assert isinstance(errors.WrongParameters("x"), TypeError)
    assert isinstance(errors.LocalFileError.for_file(1, "f", "r"), RuntimeError)
