"""LOAD DATA LOCAL INFILE: what the client's file holds, into a stored table. Loaded with the first such statement.

The server asks for the file by its name and takes what comes, which may be nothing; reading it follows the statement's
FIELDS and LINES. As on a server LOCAL means IGNORE: what does not fit is bent with a warning, and a row whose key is
there is skipped. A file of the server's own, SET, and user variables that are more than a way to skip a field, are not
supported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..answers import LocalFile, Ok
from ..constants import CLIENT_LOCAL_FILES
from . import shapes
from .inserting import Inserter, OnDuplicate, places_of
from .sqlerrors import SqlError, unknown_charset, unknown_column
from .table_access import tables_of
from .tables import Use
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from ..answers import Step, Woken
    from .charsets import Charset
    from .engine import Handler, SessionEngine
    from .nodes import TableName
    from .session import Session
    from .statements import Statement, StatementParser

_ESCAPES: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read; every string may be empty."""

    field_end: str = "\t"
    quote: str = ""
    escape: str = "\\"
    line_start: str = ""
    line_end: str = "\n"


@dataclass(frozen=True, slots=True)
class LoadData:
    """columns: names, None in the place of a field that is skipped; the whole is None where none were listed."""

    file: str
    table: TableName
    format: Format
    charset: str = ""
    replaces: bool = False
    ignored_lines: int = 0
    columns: tuple[str | None, ...] | None = None


# --- reading the statement --------------------------------------------------------------------------------------------


def _text(parser: StatementParser) -> str:
    if parser.token.kind is not Kind.STRING:
        parser.fail()
    return parser.advance().value


def load(parser: StatementParser) -> Statement:
    parser.need_word("LOAD")
    if not parser.take_word("DATA"):
        parser.unsupported()
    parser.take_any("LOW_PRIORITY", "CONCURRENT")
    if not parser.take_word("LOCAL"):
        parser.unsupported()
    parser.need_word("INFILE")
    file = _text(parser)
    replaces = parser.take_any("REPLACE", "IGNORE") == "REPLACE"
    parser.need_word("INTO", "TABLE")
    table = parser.table_name()
    charset = ""
    if parser.take_word("CHARACTER", "SET") or parser.take_word("CHARSET"):
        charset = parser.charset_name()
    how = _format(parser)
    ignored = 0
    if parser.take_word("IGNORE"):
        ignored = parser.need_integer()
        if not parser.take_any("LINES", "ROWS"):
            parser.fail()
    columns = _columns(parser) if parser.take("(") else None
    if parser.at_word("SET"):
        parser.unsupported()
    return LoadData(file, table, how, charset, replaces, ignored, columns)


def _format(parser: StatementParser) -> Format:
    found: dict[str, str] = {}
    if parser.take_any("FIELDS", "COLUMNS"):
        while word := parser.take_any("TERMINATED", "OPTIONALLY", "ENCLOSED", "ESCAPED"):
            if word == "OPTIONALLY":
                parser.need_word("ENCLOSED")
            parser.need_word("BY")
            name = {"TERMINATED": "field_end", "ESCAPED": "escape"}.get(word, "quote")
            found[name] = _text(parser)
        if any(len(found.get(name, "")) > 1 for name in ("quote", "escape")):
            raise SqlError(1083, "42000", "Field separator argument is not what is expected; check the manual")
    if parser.take_word("LINES"):
        while word := parser.take_any("STARTING", "TERMINATED"):
            parser.need_word("BY")
            found["line_start" if word == "STARTING" else "line_end"] = _text(parser)
    return Format(**found)


def _columns(parser: StatementParser) -> tuple[str | None, ...]:
    found: list[str | None] = []
    while not parser.take(")"):
        if found:
            parser.need(",")
        if parser.token.kind is Kind.USER_VARIABLE:
            parser.advance()
            found.append(None)
        else:
            found.append(parser.need_name())
    return tuple(found)


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"LOAD": load}


# --- reading the file -------------------------------------------------------------------------------------------------


def lines_of(text: str, how: Format) -> Iterator[list[str | None]]:
    """The fields of each line; None for NULL."""
    reader = _Reader(text, how)
    while reader.begin_line():
        yield reader.line()


class _Reader:
    def __init__(self, text: str, how: Format) -> None:
        self.text = text
        self.how = how
        self.place = 0

    def begin_line(self) -> bool:
        """Whether there is another line, before which everything up to LINES STARTING BY is passed over."""
        if self.how.line_start:
            found = self.text.find(self.how.line_start, self.place)
            self.place = len(self.text) if found < 0 else found + len(self.how.line_start)
        return self.place < len(self.text)

    def line(self) -> list[str | None]:
        fields = [self._field()]
        while not self._take(self.how.line_end) and self._take(self.how.field_end):
            fields.append(self._field())
        return fields

    def _take(self, mark: str) -> bool:
        if not mark or not self.text.startswith(mark, self.place):
            return False
        self.place += len(mark)
        return True

    def _ends(self) -> bool:
        ends = (self.how.field_end, self.how.line_end)
        return self.place >= len(self.text) or any(mark and self.text.startswith(mark, self.place) for mark in ends)

    def _field(self) -> str | None:
        how = self.how
        is_quoted = self._take(how.quote)
        begin, found = self.place, []
        while self.place < len(self.text):
            character = self.text[self.place]
            if how.escape and character == how.escape and self.place + 1 < len(self.text):
                escaped = self.text[self.place + 1]
                found.append(_ESCAPES.get(escaped, escaped))
                self.place += 2
                if escaped == "N" and not is_quoted and self.place == begin + 2 and self._ends():
                    return None
                continue
            if is_quoted:
                if character == how.quote:
                    self.place += 1
                    if self._ends():
                        return "".join(found)
                    # A doubled quote is one; a lone one in the middle stays what it is.
                    self._take(how.quote)
                    found.append(character)
                    continue
            elif self._ends():
                break
            found.append(character)
            self.place += 1
        text = "".join(found)
        return None if how.quote and not is_quoted and text == "NULL" else text


# --- carrying out -----------------------------------------------------------------------------------------------------


def _load(engine: SessionEngine, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
    assert isinstance(statement, LoadData)
    engine.instance.counters.add("Com_load")
    if not session.login.capabilities & CLIENT_LOCAL_FILES or engine.instance.globals["local_infile"] != "ON":
        raise _disabled(mariadb=engine.dialect.mariadb)
    database = statement.table.database or session.need_database()
    tables = tables_of(session)
    table = tables.need_for_writing(database, statement.table.name)
    listed = None if statement.columns is None else [name for name in statement.columns if name is not None]
    known = {column.name.lower() for column in table.definition.columns}
    for name in listed or ():
        if name.lower() not in known:
            raise unknown_column(engine.dialect, name)
    places = places_of(table.definition, listed, engine.dialect)
    charset = _charset(session, statement.charset)
    file = LocalFile(statement.file)
    yield file
    text = charset.decode(bytes(file.data))
    wanted: list[int | None] = list(places)
    for place, column in enumerate(statement.columns or ()):
        if column is None:
            wanted.insert(place, None)
    tables.begin_statement()
    try:
        yield from tables.open(table, Use.WRITE)
        on_duplicate = OnDuplicate.REPLACE if statement.replaces else OnDuplicate.SKIP
        inserter = Inserter(tables, table, places, on_duplicate=on_duplicate, ignore=True)
        shape = shapes.string(0, session.collation)
        for number, fields in enumerate(lines_of(text, statement.format)):
            if number >= statement.ignored_lines:
                yield from _store(session, inserter, wanted, fields, shape)
    except BaseException:
        tables.fail_statement()
        raise
    tables.finish_statement()
    deleted, skipped = (inserter.duplicates, 0) if statement.replaces else (0, inserter.duplicates)
    session.row_count = inserter.affected
    if inserter.first_id:
        session.last_insert_id = inserter.first_id
    counts = f"Records: {inserter.records}  Deleted: {deleted}  Skipped: {skipped}"
    yield Ok(
        session.status | more,
        affected_rows=inserter.affected,
        warnings=session.statement_warnings,
        info=f"{counts}  Warnings: {session.statement_warnings}",
    )


def _store(
    session: Session, inserter: Inserter, wanted: list[int | None], fields: list[str | None], shape: shapes.Shape
) -> Generator[Step, Woken | None, None]:
    row = inserter.blank()
    number = inserter.records + 1
    for at, place in enumerate(wanted):
        if at >= len(fields):
            session.warn("Warning", 1261, f"Row {number} doesn't contain data for all columns")
        if place is None:
            continue
        if at < len(fields):
            row[place] = inserter.convert(place, fields[at], shape)
        else:
            row[place] = inserter.default(inserter.definition.columns[place])
    if len(fields) > len(wanted):
        text = f"Row {number} was truncated; it contained more data than there were input columns"
        session.warn("Warning", 1262, text)
    yield from inserter.store(row)


def _charset(session: Session, name: str) -> Charset:
    wanted = name or str(session.setting("character_set_database"))
    found = session.instance.charsets.charset(wanted)
    if found is None:
        raise unknown_charset(wanted)
    return found


def _disabled(*, mariadb: bool) -> SqlError:
    if mariadb:
        text = "The used command is not allowed because the MariaDB server or client has disabled the local infile"
        return SqlError(4166, "HY000", f"{text} capability")
    text = "Loading local data is disabled; this must be enabled on both the client and server sides"
    return SqlError(3948, "42000", text)


HANDLERS: Final[dict[type, Handler]] = {LoadData: _load}
"""Who carries out this statement."""
