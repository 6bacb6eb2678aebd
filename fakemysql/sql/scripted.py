"""What a statement does to its session when somebody else has answered it.

A test may say that ``COMMIT`` answers OK, or that ``SELECT ... FROM t`` has these rows. A server that answers so has
ended the transaction, or opened one where autocommit is off, and the status word of this answer and of all later ones
says so. Here a statement that was answered is read as far as that needs: its first word, and whether it reads a table.
What the engine itself understands of sessions (BEGIN, COMMIT, SET, USE, ...) it carries out itself, and only its answer
is dropped.

The module knows statements and sessions, and nothing of rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..answers import Failure
from .tokens import Kind, statement_end, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .dialect import Dialect
    from .engine import Engine
    from .session import Session
    from .tokens import Token

_OF_THE_SESSION: Final = frozenset(
    ("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "USE", "UNLOCK")
)
_COMMITS: Final = frozenset(
    (
        "ALTER",
        "ANALYZE",
        "CHECK",
        "CREATE",
        "DROP",
        "FLUSH",
        "GRANT",
        "INSTALL",
        "LOCK",
        "OPTIMIZE",
        "RENAME",
        "REPAIR",
        "REVOKE",
        "TRUNCATE",
        "UNINSTALL",
    )
)
# What a procedure or a prepared statement does is not known here; most use tables.
_USES_TABLES: Final = frozenset(
    ("INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "TABLE", "CALL", "EXECUTE", "CHECKSUM")
)
_READS: Final = frozenset(("SELECT", "WITH", "VALUES", "EXPLAIN", "DESCRIBE", "DESC", "DO"))
# SHOW statements that are made of tables where SHOW opens a transaction.
_SHOWS_TABLES: Final = frozenset(
    ("TABLES", "TABLE", "COLUMNS", "FIELDS", "DATABASES", "SCHEMAS", "INDEX", "INDEXES", "KEYS")
)
# Functions with a FROM among their arguments.
_FROM_WITHIN: Final = frozenset(("EXTRACT", "TRIM", "SUBSTRING", "SUBSTR", "MID"))


def split(text: str, session: Session) -> list[str]:
    """The statements of a text, without the semicolons between them; what cannot be read is part of the last one."""
    tokens = tokenize(text, session.lexis)
    found: list[str] = []
    index = 0
    while tokens[index].kind is not Kind.END:
        end = statement_end(tokens, index)
        if end > index:
            found.append(text[tokens[index].start : tokens[end - 1].end])
        index = min(end + 1, len(tokens) - 1)
    return found or [text]


def count_parameters(text: str, session: Session) -> int:
    """How many ``?`` of a statement stand for values: none of those in quotes and comments."""
    return sum(token.kind is Kind.PARAMETER for token in tokenize(text, session.lexis))


def begin(session: Session) -> None:
    """A statement begins, with a list of warnings of its own."""
    session.instance.counters.add("Questions")
    session.started = None
    session.statement_warnings = 0
    session.warnings = []


def succeeded(engine: Engine, session: Session, text: str, *, affected_rows: int, last_insert_id: int) -> None:
    """The statement is said to be carried out: move the session on as it would have.

    affected_rows is -1 for a result set.
    """
    tokens = tokenize(text, session.lexis)
    word = tokens[0].upper
    is_password = word == "SET" and tokens[1].upper == "PASSWORD"
    if word in _OF_THE_SESSION and not is_password:
        _carry_out(engine, session, text)
        if word == "SET" and _reads_a_table(tokens, session.instance.dialect):
            session.transaction.touch()
    elif is_password or (word in _COMMITS and not _is_temporary(tokens)):
        if session.transaction.is_open:
            _carry_out(engine, session, "COMMIT")
        if word == "LOCK":
            session.transaction.touch()
    elif _uses_tables(tokens, session.instance.dialect):
        session.transaction.touch()
    session.row_count = affected_rows
    if last_insert_id:
        session.last_insert_id = last_insert_id


def failed(engine: Engine, session: Session, failure: Failure, *, rolls_back: bool) -> None:
    """The statement is said to have failed; rolls_back: with the whole transaction."""
    if rolls_back and session.transaction.is_open:
        _carry_out(engine, session, "ROLLBACK")
    session.row_count = -1
    session.warn("Error", failure.code, failure.message)


def _carry_out(engine: Engine, session: Session, text: str) -> None:
    """Let the engine do what it knows to do, whatever it would have answered."""
    kept, count = session.warnings, session.statement_warnings
    unhandled = getattr(engine, "unhandled", None)
    known = len(unhandled) if unhandled is not None else 0
    for step in engine.query(session, session.client_charset.encode(text)):
        if isinstance(step, Failure):
            break
    if unhandled is not None:
        del unhandled[known:]
    session.warnings, session.statement_warnings = kept, count


def _is_temporary(tokens: Sequence[Token]) -> bool:
    return any(token.upper == "TEMPORARY" for token in tokens[1:4])


def _uses_tables(tokens: Sequence[Token], dialect: Dialect) -> bool:
    """Whether a server of this dialect would open a transaction for it, were there none."""
    word, then = tokens[0].upper, tokens[min(1, len(tokens) - 1)].upper
    if word in _USES_TABLES:
        return True
    if word == "CREATE":
        return dialect.temporary_table_opens_transaction
    if word == "SHOW":
        kind = tokens[2].upper if then in ("FULL", "EXTENDED") else then
        return dialect.show_opens_transaction and kind in _SHOWS_TABLES
    if word == "HANDLER":
        return any(token.upper == "READ" for token in tokens)
    if word in ("DESCRIBE", "DESC") and then not in _READS:
        return dialect.show_opens_transaction
    return (word in _READS or tokens[0].value == "(") and _reads_a_table(tokens, dialect)


def _reads_a_table(tokens: Sequence[Token], dialect: Dialect) -> bool:
    """It has a FROM or a JOIN with a table behind it, which no WITH has named."""
    named: set[str] = set()
    # The word before each parenthesis that is open.
    opened: list[str] = []
    for place, token in enumerate(tokens[:-1]):
        following = tokens[place + 1]
        if token.value == "(" and token.kind is Kind.OPERATOR:
            opened.append(tokens[place - 1].upper if place else "")
            if opened[-1] == "AS" and place > 1:
                named.add(tokens[place - 2].value.upper())
        elif token.value == ")" and token.kind is Kind.OPERATOR and opened:
            opened.pop()
        elif token.upper in ("FROM", "JOIN") and not (opened and opened[-1] in _FROM_WITHIN):
            name = following.value.upper()
            if following.kind not in (Kind.WORD, Kind.QUOTED) or name == "DUAL" or name in named:
                continue
            if name != "INFORMATION_SCHEMA" or dialect.show_opens_transaction:
                return True
    return False
