"""What a test has a statement answered with: rows, OK, an error, several of these, a function, or the engine after all.

    ok(affected_rows=1, last_insert_id=77)        error(1213)                       pass_on()
    result([(1, "ann")], "id:int, name:varchar(20)")                [result([(1,)]), ok()]       lambda call: ...

These are values, checked when they are made, so that a mistake is told where it was written and not in the middle of a
dialogue. They say nothing of sessions: which status an answer carries, and in which character set its columns are
named, is known when it is given (``steps.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .. import constants as c
from ..answers import Column
from ..rows import Precoded, RowEncoder, charset_of, first_number
from ..sql.charsets import UTF8MB4_GENERAL_CI, collation
from ..sql.declared import Declared, columns, declared, inferred, kinds_of
from ..sql.dialect import MYSQL
from ..sql.shapes import Results
from .errors import KNOWN

if TYPE_CHECKING:
    from ..answers import Value
    from ..rows import Encoder
    from ..sql.charsets import Charset
    from ..sql.dialect import Dialect
    from .rules import Call

# A result whose columns are written "id:int, name", or as a list of such, of pairs, or of complete definitions.
ColumnsLike: TypeAlias = "str | Sequence[str | tuple[str, str] | Column]"
RowsLike: TypeAlias = "Iterable[Sequence[Value] | Mapping[str, Value]]"


@dataclass(frozen=True, slots=True)
class OkAnswer:
    """See :func:`ok`."""

    affected_rows: int = 0
    last_insert_id: int = 0
    info: str = ""
    warnings: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """See :func:`error`."""

    code: int
    sqlstate: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class ResultAnswer:
    """See :func:`result`."""

    columns: tuple[Declared | Column, ...]
    rows: Sequence[Sequence[Value]]
    warnings: tuple[tuple[str, int, str], ...] = ()

    def definitions(self, results: Results, dialect: Dialect) -> tuple[Column, ...]:
        """The columns as a session is told of them."""
        return tuple(
            column if isinstance(column, Column) else column.definition(results, dialect) for column in self.columns
        )

    def __repr__(self) -> str:
        return f"result of {len(self.rows)} rows, columns {', '.join(column.name for column in self.columns)}"


@dataclass(frozen=True, slots=True)
class PassOn:
    """See :func:`pass_on`."""


Single: TypeAlias = OkAnswer | ErrorAnswer | ResultAnswer | PassOn
Answer: TypeAlias = "Single | tuple[OkAnswer | ErrorAnswer | ResultAnswer, ...]"
AnswerLike: TypeAlias = "Single | Sequence[OkAnswer | ErrorAnswer | ResultAnswer] | Callable[[Call], Any]"

_PASS_ON: Final = PassOn()
_ERROR_CODES: Final = range(1, 65536)
_USUAL: Final = Results(collation(UTF8MB4_GENERAL_CI).charset, UTF8MB4_GENERAL_CI)
# From so many rows on, finding the packets again is quicker than making them, and worth the memory.
_MANY_ROWS: Final = 64


def ok(
    affected_rows: int = 0,
    *,
    last_insert_id: int = 0,
    info: str = "",
    warnings: int | Sequence[tuple[str, int, str]] = 0,
) -> OkAnswer:
    """The statement is carried out and has no rows.

    Args:
        affected_rows: how many it changed; ROW_COUNT() answers it too.
        last_insert_id: what LAST_INSERT_ID() answers from then on, 0 for no change.
        info: as in ``"Rows matched: 1  Changed: 1  Warnings: 0"``.
        warnings: how many, or the lines of SHOW WARNINGS: level, code, text.
    """
    counts: dict[str, object] = {"affected_rows": affected_rows, "last_insert_id": last_insert_id}
    for name, value in counts.items():
        if not isinstance(value, int) or not 0 <= value < 1 << 64:
            raise ValueError(f"{name} is a count below 2**64; got {value!r}")
    return OkAnswer(affected_rows, last_insert_id, info, _warnings(warnings))


def error(code: int, sqlstate: str | None = None, message: str | None = None) -> ErrorAnswer:
    """The statement fails. SQLSTATE and text are those of the servers, for codes in ``errors.KNOWN``, unless given.

    After 1213 and its like the transaction is rolled back, as on a server.

    Raises:
        ValueError: the code is none, the SQLSTATE has not five characters, or the code is not known and has no text.
    """
    if code not in _ERROR_CODES:
        raise ValueError(f"an error's code is a number from 1 to 65535; got {code!r}")
    known = KNOWN.get(code)
    if message is None:
        if known is None:
            raise ValueError(f"error {code} is not known here; give its text: error({code}, 'HY000', '...')")
        message = known[1]
    if sqlstate is None:
        sqlstate = "HY000" if known is None else known[0]
    if len(sqlstate) != 5 or not sqlstate.isascii():
        raise ValueError(f"an SQLSTATE has five ASCII characters; got {sqlstate!r}")
    return ErrorAnswer(code, sqlstate, message)


def result(
    rows: RowsLike, columns: ColumnsLike | None = None, *, warnings: int | Sequence[tuple[str, int, str]] = 0
) -> ResultAnswer:
    """The statement has these rows.

    Args:
        rows: tuples or lists of one value a column, or mappings by column name; they are copied. May be empty. Many
            rows in a list or a tuple are turned into packets once: when a rule is given them, or else when they are
            first sent; those of a :class:`~fakemysql.rows.Precoded` that several answers share, once for all of them.
        columns: names, with types or without: ``"id:int, name:varchar(20)"``, ``["id", "name"]``, pairs, or complete
            :class:`~fakemysql.answers.Column` definitions. A type that is not given follows from the values; names that
            are not given are the keys of mappings, or ``column_1`` and so on.
        warnings: as in :func:`ok`.

    Raises:
        ValueError: a row has another number of values than there are columns, or neither tells how many there are.
        TypeError: a value is none that a column can hold, or does not fit its column's type.
    """
    listed = _listed(rows)
    named = _named(columns, listed)
    listed = _tuples(listed, [column[0] if isinstance(column, tuple) else column.name for column in named])
    width = len(named)
    for place, row in enumerate(listed):
        if len(row) != width:
            raise ValueError(f"rows[{place}] has {len(row)} values for {width} columns: {row!r}")
    made = tuple(_column(column, [row[index] for row in listed]) for index, column in enumerate(named))
    return ResultAnswer(made, _kept(listed), _warnings(warnings))


def pass_on() -> PassOn:
    """The next rule that fits answers, or the engine: for a delay alone, or for statements that are only counted."""
    return _PASS_ON


def answer_of(answer: object, where: str = "an answer") -> Answer:
    """What a test or its function gave for an answer, as one.

    Raises:
        TypeError: it is none.
    """
    if isinstance(answer, OkAnswer | ErrorAnswer | ResultAnswer | PassOn):
        return answer
    if isinstance(answer, list | tuple) and answer and all(_ends_nothing(each) for each in answer):
        for each in answer[:-1]:
            if isinstance(each, ErrorAnswer):
                raise ValueError(f"nothing follows an error: {each} is not the last of {len(answer)} answers")
        return answer[0] if len(answer) == 1 else tuple(answer)
    raise TypeError(
        f"{where} is result(rows, columns), ok(...), error(code), pass_on(), or a list of the first three; "
        f"got {answer!r}"
    )


def encode_ahead(answer: object, *, as_prepared: bool = False) -> None:
    """Turn many rows into packets now, in the form that most sessions will want, and not while a client waits.

    That is the text of utf8mb4, numbered from the beginning of the answer, for a client that has not agreed to
    CLIENT_DEPRECATE_EOF. Other sessions find the rows turned from their first answer on, as they do what is not known
    yet: a function's answer.

    Args:
        answer: what a rule answers.
        as_prepared: the binary form, since only executions of prepared statements are answered.

    Raises:
        ValueError: a value does not fit its column; the text names both.
    """
    make_encoder: Callable[[Sequence[Column], Callable[[int], Charset]], Encoder] = RowEncoder
    if as_prepared:
        from ..binary import BinaryRowEncoder

        make_encoder = BinaryRowEncoder
    number = 1
    for each in answer if isinstance(answer, tuple) else (answer,):
        if isinstance(each, ResultAnswer):
            number = first_number(len(each.columns), number)
            if isinstance(each.rows, Precoded):
                number = each.rows.encode(make_encoder(each.definitions(_USUAL, MYSQL), charset_of), number)
            else:
                number += len(each.rows)
        number = number + 1 & 0xFF


def _ends_nothing(answer: object) -> bool:
    return isinstance(answer, OkAnswer | ErrorAnswer | ResultAnswer)


def _warnings(warnings: int | Sequence[tuple[str, int, str]]) -> tuple[tuple[str, int, str], ...]:
    if isinstance(warnings, int):
        return (("Warning", 1105, "Scripted warning"),) * warnings
    lines = tuple(warnings)
    for line in lines:
        if line[0] not in ("Note", "Warning", "Error"):
            raise ValueError(f"a warning is ('Note' or 'Warning' or 'Error', code, text); got {line!r}")
    return lines


def _listed(rows: object) -> Sequence[Sequence[Value] | Mapping[str, Value]]:
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise TypeError(f"rows is a list of tuples, or of mappings; got {rows!r}")
    listed = rows if isinstance(rows, Sequence) else list(rows)
    # What is asked of an abstract class is slow, and all rows are of the same few classes.
    known: set[type] = set()
    for place, row in enumerate(listed):
        if type(row) not in known:
            if not _is_row(row):
                raise TypeError(f"rows[{place}] is {row!r}; a row is a tuple, also of one value: ({row!r},)")
            known.add(type(row))
    return listed


def _kept(rows: Sequence[Sequence[Value]]) -> Sequence[Sequence[Value]]:
    """The rows as they are now: a list is the caller's, who may change it. Many are turned into packets but once."""
    if not isinstance(rows, list | tuple):
        # Rows that are pre-encoded already, or that a sequence of the caller's own makes when it is asked.
        return rows
    copied = [row if type(row) is tuple else tuple(row) for row in rows]
    return tuple(copied) if len(copied) < _MANY_ROWS else Precoded(copied)


def _is_pair(column: object) -> bool:
    return isinstance(column, tuple) and len(column) == 2 and all(isinstance(part, str) for part in column)


def _is_row(row: object) -> bool:
    return isinstance(row, Sequence | Mapping) and not isinstance(row, str | bytes)


def _named(
    wanted: ColumnsLike | None, rows: Sequence[Sequence[Value] | Mapping[str, Value]]
) -> list[tuple[str, str | None] | Column]:
    if isinstance(wanted, str):
        return list(columns(wanted))
    if wanted is not None:
        named: list[tuple[str, str | None] | Column] = []
        for column in wanted:
            if isinstance(column, str):
                named += columns(column)
            elif isinstance(column, Column) or _is_pair(column):
                named.append(column)
            else:
                raise TypeError(f"a column is 'name', 'name:type', ('name', 'type') or a Column; got {column!r}")
        if named:
            return named
    elif rows:
        first = rows[0]
        if isinstance(first, Mapping):
            return [(name, None) for name in first]
        if first:
            return [(f"column_{number}", None) for number in range(1, len(first) + 1)]
    raise ValueError("a result has at least one column: give columns=, or a row")


def _tuples(rows: Sequence[Sequence[Value] | Mapping[str, Value]], names: Sequence[str]) -> Sequence[Sequence[Value]]:
    if not any(issubclass(kind, Mapping) for kind in set(map(type, rows))):
        return rows  # type: ignore[return-value]
    made: list[Sequence[Value]] = []
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"rows[{place}] is {row!r} among mappings; give all rows in one form")
        if set(row) != set(names):
            raise ValueError(f"rows[{place}] has the keys {sorted(row)}, and the columns are {sorted(names)}")
        made.append(tuple(row[name] for name in names))
    return made


_NUMBERS: Final = frozenset(
    (
        c.FIELD_TYPE_TINY,
        c.FIELD_TYPE_SHORT,
        c.FIELD_TYPE_INT24,
        c.FIELD_TYPE_LONG,
        c.FIELD_TYPE_LONGLONG,
        c.FIELD_TYPE_FLOAT,
        c.FIELD_TYPE_DOUBLE,
        c.FIELD_TYPE_NEWDECIMAL,
        c.FIELD_TYPE_YEAR,
    )
)


def _column(column: tuple[str, str | None] | Column, values: Sequence[Value]) -> Declared | Column:
    if isinstance(column, Column):
        kinds_of(column.name, values)
        return column
    name, kind = column
    fitting = inferred(name, values)
    if kind is None:
        return fitting
    made = declared(name, kind)
    if made.type in _NUMBERS and kinds_of(name, values) & {str, bytes}:
        wrong = next(value for value in values if isinstance(value, str | bytes))
        raise TypeError(f"column {name!r} is {kind}, and {wrong!r} is no number")
    return made
