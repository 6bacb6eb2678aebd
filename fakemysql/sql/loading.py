"""LOAD DATA LOCAL INFILE: what the client's file holds, into a stored table. Loaded with the first such statement.

The server asks for the file by its name and takes what comes, which may be nothing; reading it follows the statement's
FIELDS and LINES. As on a server LOCAL means IGNORE unless REPLACE is said: what does not fit is bent with a warning,
and a row whose key is there is skipped. A field may go into a user variable, from where SET takes it on. A file of the
server's own is not supported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..answers import LocalFile, Ok
from ..constants import CLIENT_LOCAL_FILES
from . import shapes
from .definitions import Now
from .evaluation import store
from .inserting import Inserter, OnDuplicate, places_of
from .select import Planner
from .sqlerrors import SqlError, unknown_charset, unknown_column
from .storing import zero
from .table_access import tables_of
from .table_grammar import assignments
from .table_statements import Changer, RowBinder
from .tables import Use
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from ..answers import Step, Woken
    from .charsets import Charset
    from .definitions import ColumnDefinition
    from .engine import Handler, SessionEngine
    from .nodes import Expression, TableName
    from .session import Session
    from .statements import Statement, StatementParser
    from .table_access import TableSession
    from .table_grammar import Default
    from .tables import Table
    from .values import Value

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
class Target:
    """A column, or a user variable."""

    name: str
    is_variable: bool = False


@dataclass(frozen=True, slots=True)
class LoadData:
    """targets: where the fields of a line go, in order; None where nothing was listed. assignments: of SET."""

    file: str
    table: TableName
    format: Format
    charset: str = ""
    replaces: bool = False
    ignored_lines: int = 0
    targets: tuple[Target, ...] | None = None
    assignments: tuple[tuple[str, Expression | Default], ...] = ()


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
    targets = _targets(parser) if parser.take("(") else None
    pairs = assignments(parser) if parser.take_word("SET") else ()
    return LoadData(file, table, how, charset, replaces, ignored, targets, pairs)


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


def _targets(parser: StatementParser) -> tuple[Target, ...] | None:
    found: list[Target] = []
    while not parser.take(")"):
        if found:
            parser.need(",")
        if parser.token.kind is Kind.USER_VARIABLE:
            found.append(Target(parser.advance().value.lower(), is_variable=True))
        else:
            found.append(Target(parser.need_name()))
    # Empty parentheses list nothing.
    return tuple(found) or None


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
    targets = statement.targets or tuple(Target(column.name) for column in table.definition.columns)
    known = {column.name.lower() for column in table.definition.columns}
    for target in targets:
        if not target.is_variable and target.name.lower() not in known:
            raise unknown_column(engine.dialect, target.name)
    charset = _charset(session, statement.charset)
    for target in targets:
        if target.is_variable:
            # It is text from now on, whatever it was: so are the expressions of SET bound.
            session.user_variables[target.name] = store("", shapes.string(0, session.collation), session.collation)
    planner = Planner(session, engine.instance, engine.catalogue)
    binder = RowBinder(planner, table, statement.table, engine.dialect.select_clause)
    changer = Changer(binder, tables, table, statement.assignments, ignore=not statement.replaces)
    file = LocalFile(statement.file)
    yield file
    text = charset.decode(bytes(file.data))
    tables.begin_statement()
    try:
        yield from tables.open(table, Use.WRITE)
        loader = _Loader(session, tables, table, targets, changer, replaces=statement.replaces)
        for number, fields in enumerate(lines_of(text, statement.format)):
            if number >= statement.ignored_lines:
                yield from loader.take(fields)
    except BaseException:
        tables.fail_statement()
        raise
    tables.finish_statement()
    inserter = loader.inserter
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


class _Loader:
    """Makes a row of the fields of each line, and stores it."""

    def __init__(
        self,
        session: Session,
        tables: TableSession,
        table: Table,
        targets: Sequence[Target],
        changer: Changer,
        *,
        replaces: bool,
    ) -> None:
        self._session = session
        self._targets = targets
        self._changer = changer
        self._shape = shapes.string(0, session.collation)
        places = places_of(
            table.definition, [target.name for target in targets if not target.is_variable], session.instance.dialect
        )
        rest = iter(places)
        self._places = [None if target.is_variable else next(rest) for target in targets]
        on_duplicate = OnDuplicate.REPLACE if replaces else OnDuplicate.SKIP
        assigned = [place for place in changer.places if place not in places]
        self.inserter = Inserter(tables, table, [*places, *assigned], on_duplicate=on_duplicate, ignore=not replaces)

    def take(self, fields: Sequence[str | None]) -> Generator[Step, Woken | None, None]:
        """Store the row of one line.

        Raises:
            SqlError: 1261, 1262 and whatever a value that does not fit ends with, under REPLACE and a strict mode.
        """
        inserter = self.inserter
        row = inserter.blank()
        for at, (target, place) in enumerate(zip(self._targets, self._places, strict=True)):
            if place is None:
                self._set_variable(target.name, fields[at] if at < len(fields) else None)
            elif at < len(fields):
                row[place] = inserter.convert(place, fields[at], self._shape)
            else:
                text = f"Row {inserter.writing.row} doesn't contain data for all columns"
                inserter.writing.complain(1261, "01000", text)
                row[place] = self._missing(inserter.definition.columns[place])
        if self._changer.places:
            self._changer.writing.row = inserter.writing.row
            row = yield from self._changer.assign(tuple(row))
        if len(fields) > len(self._targets):
            text = f"Row {inserter.writing.row} was truncated; it contained more data than there were input columns"
            inserter.writing.complain(1262, "01000", text)
        yield from inserter.store(row)

    def _set_variable(self, name: str, text: str | None) -> None:
        self._session.user_variables[name] = store(text, self._shape, self._session.collation)

    def _missing(self, column: ColumnDefinition) -> Value:
        """What a line that is too short leaves in a column: nothing of its default but NULL and the time."""
        if column.auto_increment or isinstance(column.default, Now):
            return self.inserter.default(column)
        return None if column.nullable and column.default is None else zero(column)


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
