"""XA: transactions that are prepared by one command and committed by another, perhaps of another session.

A :class:`Branch` is one such transaction. While it is a session's own, the session's transaction holds it and refuses
what would end it otherwise; once it is prepared and detached (at once on MySQL, when the session ends on MariaDB), what
it has changed and holds belongs to the instance, until somebody commits it or rolls it back. Loaded with the first XA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..answers import Columns, End, Rows
from . import shapes
from .sqlerrors import SqlError, xa_state
from .table_access import tables_of
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .instance import Instance
    from .session import Session
    from .statements import Statement, StatementParser
    from .tables import Participant
    from .values import Value

    Steps = Generator[Step, Woken | None, None]

_MOST_BYTES: Final = 64
_NO_BRANCH: Final = "NON-EXISTING"


@dataclass(frozen=True, slots=True)
class Xid:
    gtrid: bytes
    bqual: bytes = b""
    format: int = 1


class Branch:
    """One transaction. state is ACTIVE, IDLE or PREPARED; participant is who holds its rows once it is detached."""

    __slots__ = ("is_detached", "participant", "state", "xid")

    def __init__(self, xid: Xid) -> None:
        self.xid = xid
        self.state = "ACTIVE"
        self.is_detached = False
        self.participant: Participant | None = None


@dataclass(frozen=True, slots=True)
class Xa:
    """action is START, END, PREPARE, COMMIT, ROLLBACK or RECOVER. flag: ONE PHASE, CONVERT XID, or what is refused."""

    action: str
    xid: Xid | None = None
    flag: str = ""


# --- reading ----------------------------------------------------------------------------------------------------------


def read(parser: StatementParser) -> Statement:
    parser.need_word("XA")
    action = parser.take_any("START", "BEGIN", "END", "PREPARE", "COMMIT", "ROLLBACK", "RECOVER")
    if not action:
        parser.fail()
    if action == "RECOVER":
        if parser.at_word("FORMAT"):
            parser.unsupported()
        return Xa(action, flag="CONVERT XID" if parser.take_word("CONVERT", "XID") else "")
    action = "START" if action == "BEGIN" else action
    xid = _xid(parser)
    flag = ""
    if action == "COMMIT" and parser.take_word("ONE"):
        parser.need_word("PHASE")
        flag = "ONE PHASE"
    elif action == "START":
        flag = parser.take_any("JOIN", "RESUME")
    elif action == "END" and (flag := parser.take_any("SUSPEND")) and parser.take_word("FOR"):
        parser.need_word("MIGRATE")
    return Xa(action, xid, flag)


def _xid(parser: StatementParser) -> Xid:
    gtrid = _part(parser)
    bqual = _part(parser) if parser.take(",") else b""
    number = parser.need_integer() if bqual and parser.take(",") else 1
    return Xid(gtrid, bqual, number)


def _part(parser: StatementParser) -> bytes:
    token = parser.token
    if token.kind is Kind.HEX:
        parser.advance()
        return bytes.fromhex(token.value)
    if token.kind is not Kind.STRING:
        parser.fail()
    parser.advance()
    data = token.value.encode("utf-8", "surrogateescape")
    if len(data) > _MOST_BYTES:
        parser.fail()
    return data


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"XA": read}


# --- carrying out -----------------------------------------------------------------------------------------------------


def _unknown() -> SqlError:
    return SqlError(1397, "XAE04", "XAER_NOTA: Unknown XID")


def _invalid() -> SqlError:
    return SqlError(1398, "XAE05", "XAER_INVAL: Invalid arguments (or unsupported command)")


def own(session: Session) -> Branch | None:
    """The branch that the session is in."""
    branch = session.transaction.xa
    assert branch is None or isinstance(branch, Branch)
    return branch


def _run(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Xa)
    engine.instance.counters.add(f"Com_xa_{statement.action.lower()}")
    if statement.action == "RECOVER":
        yield from _recover(engine, session, more, converts=bool(statement.flag))
        return
    assert statement.xid is not None
    if statement.action == "START":
        _start(engine, session, statement, statement.xid)
    elif statement.action == "END":
        _end(session, statement, statement.xid)
    elif statement.action == "PREPARE":
        _prepare(engine, session, statement.xid)
    else:
        _finish(engine, session, statement, statement.xid)
    yield engine.ok(session, more)


def _start(engine: SessionEngine, session: Session, statement: Xa, xid: Xid) -> None:
    if statement.flag or (not xid.gtrid and engine.dialect.mariadb):
        raise _invalid()
    branch = own(session)
    if branch is not None:
        raise xa_state(branch.state)
    if session.transaction.is_open:
        raise SqlError(1400, "XAE09", "XAER_OUTSIDE: Some work is done outside global transaction")
    if xid in engine.instance.branches:
        raise SqlError(1440, "XAE08", "XAER_DUPID: The XID already exists")
    session.transaction.begin(read_only=None, keeps_read_only=False)
    session.transaction.xa = engine.instance.branches[xid] = Branch(xid)


def _own_in(session: Session, xid: Xid, state: str) -> Branch:
    """The session's own branch, which must be this one, in this state."""
    branch = own(session)
    if branch is None:
        raise xa_state(_NO_BRANCH)
    if branch.state != state:
        raise xa_state(branch.state)
    if branch.xid != xid:
        raise _unknown()
    return branch


def _end(session: Session, statement: Xa, xid: Xid) -> None:
    if statement.flag:
        raise _invalid()
    _own_in(session, xid, "ACTIVE").state = "IDLE"


def _prepare(engine: SessionEngine, session: Session, xid: Xid) -> None:
    branch = _own_in(session, xid, "IDLE")
    branch.state = "PREPARED"
    if not engine.dialect.mariadb:
        _detach(session, branch)


def _detach(session: Session, branch: Branch) -> None:
    """The branch is nobody's any more, and the session free for another transaction."""
    branch.is_detached = True
    if session.tables is not None:
        branch.participant = session.tables.detach()
    session.transaction.xa = None
    session.transaction.part()


def _finish(engine: SessionEngine, session: Session, statement: Xa, xid: Xid) -> None:
    """COMMIT and ROLLBACK."""
    commits = statement.action == "COMMIT"
    branch = own(session)
    branches = engine.instance.branches
    if branch is not None:
        allowed = {"PREPARED"} if commits else {"IDLE", "PREPARED"}
        if branch.state not in ({"IDLE"} if statement.flag else allowed):
            raise xa_state(branch.state)
        if branch.xid != xid:
            raise _unknown()
        session.transaction.xa = None
        session.transaction.end(how="commit" if commits else "rollback")
        del branches[xid]
        return
    known = branches.get(xid)
    if known is None or not known.is_detached:
        raise _unknown()
    if session.transaction.is_open:
        raise xa_state("ACTIVE" if engine.dialect.mariadb else _NO_BRANCH)
    if known.participant is not None:
        tables_of(session).settle(known.participant, commits=commits)
    del branches[xid]


def _recover(engine: SessionEngine, session: Session, more: int, *, converts: bool) -> Steps:
    dialect = engine.dialect
    number = shapes.integer(dialect.pick(11, 12), field_type=8)
    if dialect.mariadb:
        data = shapes.string(128, dialect.charsets.by_id[63], nullable=False)
    else:
        data = shapes.string(258, dialect.charsets.by_id[33], nullable=False)
    names = (("formatID", number), ("gtrid_length", number), ("bqual_length", number), ("data", data))
    columns = tuple(shapes.column(name, shape, session.results, dialect) for name, shape in names)
    rows: list[tuple[Value, ...]] = []
    for branch in engine.instance.branches.values():
        if branch.state == "PREPARED":
            xid = branch.xid
            whole: Value = xid.gtrid + xid.bqual
            if converts:
                whole = f"0x{(xid.gtrid + xid.bqual).hex().upper()}"
            elif not dialect.mariadb:
                whole = (xid.gtrid + xid.bqual).decode("utf-8", "replace")
            rows.append((xid.format, len(xid.gtrid), len(xid.bqual), whole))
    session.row_count = -1
    yield Columns(columns, session.status | more, session.statement_warnings)
    if rows:
        yield Rows(rows)
    yield End(session.status | more, session.statement_warnings)


def leave(instance: Instance, session: Session) -> None:
    """The session ends, or starts afresh: what is prepared waits for somebody else, the rest is rolled back."""
    branch = own(session)
    if branch is None:
        return
    if branch.state == "PREPARED":
        _detach(session, branch)
    else:
        session.transaction.xa = None
        instance.branches.pop(branch.xid, None)


HANDLERS: Final[dict[type, Handler]] = {Xa: _run}
"""Who carries out this statement."""
