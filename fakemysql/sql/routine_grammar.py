"""Stored procedures and functions, read: CREATE with its body, each statement of which is a record of this module.

A body is read once, when it is created; labels, cursors, and variables that are not declared are errors then. What a
statement of a body does is for ``routine_bodies.py``. Loaded with the first CREATE PROCEDURE or FUNCTION.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import routines, statements, table_grammar
from .sqlerrors import SqlError
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engine import Handler
    from .nodes import Expression, Select
    from .statements import Statement, StatementParser
    from .table_grammar import ColumnNode, TypeNode

# --- what a body is made of -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """What a handler is for: NOT FOUND, SQLWARNING, SQLEXCEPTION, an SQLSTATE or the number of an error."""

    kind: str = ""
    sqlstate: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class HandlerNode:
    """DECLARE ... HANDLER."""

    is_exit: bool
    conditions: tuple[Condition, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Variables:
    """DECLARE of variables of one type."""

    columns: tuple[ColumnNode, ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Block:
    label: str
    variables: tuple[Variables, ...]
    cursors: tuple[tuple[str, Select], ...]
    handlers: tuple[HandlerNode, ...]
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Branches:
    """IF and CASE. operand is what CASE compares; otherwise is None without ELSE."""

    branches: tuple[tuple[Expression, tuple[Node, ...]], ...]
    otherwise: tuple[Node, ...] | None
    operand: Expression | None = None
    is_case: bool = False


@dataclass(frozen=True, slots=True)
class Repeated:
    """LOOP, WHILE and REPEAT: goes on while before holds, until after does."""

    label: str
    body: tuple[Node, ...]
    before: Expression | None = None
    after: Expression | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """LEAVE and ITERATE."""

    label: str
    leaves: bool


@dataclass(frozen=True, slots=True)
class Return:
    value: Expression


@dataclass(frozen=True, slots=True)
class CursorStep:
    """OPEN, FETCH and CLOSE."""

    action: str
    cursor: str
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """SIGNAL and RESIGNAL; sqlstate is "" for RESIGNAL alone. items are by their names in capitals."""

    sqlstate: str
    items: tuple[tuple[str, Expression], ...]
    is_resignal: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """Any other statement."""

    part: statements.Part


Node = Block | Branches | Repeated | Jump | Return | CursorStep | Signal | Embedded


@dataclass(frozen=True, slots=True)
class ParameterNode:
    """mode is IN, OUT or INOUT."""

    mode: str
    column: ColumnNode


@dataclass(frozen=True, slots=True)
class CreateRoutine:
    """kind is PROCEDURE or FUNCTION; parameters_text and text are as they were written."""

    kind: str
    database: str
    name: str
    parameters: tuple[ParameterNode, ...]
    parameters_text: str
    returns: TypeNode | None
    characteristics: tuple[tuple[str, str], ...]
    body: Node
    text: str
    has_return: bool = False
    if_not_exists: bool = False
    replaces: bool = False


# --- CREATE -----------------------------------------------------------------------------------------------------------

_ACCESS: Final = (
    ("CONTAINS", "SQL"), ("NO", "SQL"), ("READS", "SQL", "DATA"), ("MODIFIES", "SQL", "DATA"),
)  # fmt: skip


def create(parser: StatementParser) -> Statement:
    parser.need_word("CREATE")
    replaces = parser.take_word("OR", "REPLACE")
    if parser.take_word("DEFINER"):
        parser.need("=")
        _definer(parser)
    kind = parser.take_any("PROCEDURE", "FUNCTION")
    if not kind:
        parser.unsupported()
    if_not_exists = parser.take_word("IF", "NOT", "EXISTS")
    table = parser.table_name()
    parser.need("(")
    start = parser.token.start
    parameters = _parameters(parser, kind)
    end = parser.token.start
    parser.need(")")
    returns = None
    if kind == "FUNCTION":
        parser.need_word("RETURNS")
        returns, _ = table_grammar.read_type(parser)
    characteristics = _characteristics(parser)
    begin = parser.token.start
    reader = _Reader(parser, kind)
    parser.locals = {each.column.name.lower() for each in parameters}
    try:
        body = reader.statement()
    finally:
        parser.locals = frozenset()
    last = parser.tokens[parser.index - 1].end
    return CreateRoutine(
        kind,
        table.database,
        table.name,
        parameters,
        parser.text[start:end].strip(),
        returns,
        characteristics,
        body,
        parser.text[begin:last],
        reader.returns,
        if_not_exists,
        replaces,
    )


def _definer(parser: StatementParser) -> None:
    """An account, which is not looked at: whoever creates a routine is its definer."""
    if parser.take_word("CURRENT_USER"):
        if parser.take("("):
            parser.need(")")
        return
    parser.advance()
    if parser.token.kind is Kind.USER_VARIABLE:
        parser.advance()


def _parameters(parser: StatementParser, kind: str) -> tuple[ParameterNode, ...]:
    found: list[ParameterNode] = []
    seen: set[str] = set()
    while not parser.at(")"):
        if found:
            parser.need(",")
        mode = (parser.take_any("IN", "OUT", "INOUT") if kind == "PROCEDURE" else "") or "IN"
        name = parser.need_name()
        if name.lower() in seen:
            raise SqlError(1330, "42000", f"Duplicate parameter: {name}")
        seen.add(name.lower())
        found.append(ParameterNode(mode, table_grammar.ColumnNode(name, table_grammar.read_type(parser)[0])))
    return tuple(found)


def _characteristics(parser: StatementParser) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    while True:
        access = next((words for words in _ACCESS if parser.take_word(*words)), None)
        if access is not None:
            found["access"] = " ".join(access)
        elif parser.take_word("NOT", "DETERMINISTIC"):
            found.pop("deterministic", None)
        elif parser.take_word("DETERMINISTIC"):
            found["deterministic"] = "YES"
        elif parser.take_word("LANGUAGE"):
            parser.need_word("SQL")
        elif parser.take_word("SQL", "SECURITY"):
            found["security"] = parser.take_any("DEFINER", "INVOKER") or parser.fail()
        elif parser.take_word("COMMENT"):
            if parser.token.kind is not Kind.STRING:
                parser.fail()
            found["comment"] = parser.advance().value
        else:
            return tuple(found.items())


# --- bodies -----------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the statements of one body, and knows which labels and cursors there are."""

    def __init__(self, parser: StatementParser, kind: str) -> None:
        self.parser = parser
        self.kind = kind
        self.returns = False
        self._labels: list[tuple[str, bool]] = []
        self._cursors: list[str] = []
        self._conditions: dict[str, Condition] = {}

    def statement(self) -> Node:
        parser = self.parser
        label = self._label()
        if parser.at_word("BEGIN") and not self._begins_transaction():
            return self._block(label)
        repeated = _LOOPS.get(parser.token.upper)
        if repeated is not None:
            self._labels.append((label.lower(), True))
            made = repeated(self, label)
            self._labels.pop()
            self._end_label()
            return made
        if label:
            parser.fail()
        read = _PLAIN.get(parser.token.upper)
        return read(self) if read is not None else self._embedded()

    def _begins_transaction(self) -> bool:
        """BEGIN WORK is what begins a transaction inside of a body."""
        return self.parser.at_word("BEGIN", "WORK")

    def _label(self) -> str:
        following = self.parser.tokens[self.parser.index + 1]
        if not self.parser.at_name() or following.kind is not Kind.OPERATOR or following.value != ":":
            return ""
        name = self.parser.advance().value
        self.parser.advance()
        return name

    def _end_label(self) -> None:
        if not self.parser.is_at_end and self.parser.at_name():
            self.parser.advance()

    def _list(self, *ends: str) -> tuple[Node, ...]:
        """Statements, each with its semicolon, up to one of these words."""
        parser = self.parser
        found: list[Node] = []
        while parser.token.upper not in ends:
            if parser.token.kind is Kind.END:
                parser.fail()
            found.append(self.statement())
            parser.need(";")
        return tuple(found)

    # --- blocks and what is declared in them --------------------------------------------------------------------------

    def _block(self, label: str) -> Block:
        parser = self.parser
        parser.need_word("BEGIN")
        outer, known, conditions = set(parser.locals), len(self._cursors), self._conditions
        self._conditions = dict(conditions)
        self._labels.append((label.lower(), False))
        variables: list[Variables] = []
        cursors: list[tuple[str, Select]] = []
        handlers: list[HandlerNode] = []
        while parser.take_word("DECLARE"):
            self._declare(variables, cursors, handlers)
            parser.need(";")
        body = self._list("END")
        parser.need_word("END")
        self._end_label()
        self._labels.pop()
        parser.locals, self._conditions = outer, conditions
        del self._cursors[known:]
        return Block(label, tuple(variables), tuple(cursors), tuple(handlers), body)

    def _declare(
        self,
        variables: list[Variables],
        cursors: list[tuple[str, Select]],
        handlers: list[HandlerNode],
    ) -> None:
        parser = self.parser
        if (action := parser.token.upper) in ("CONTINUE", "EXIT", "UNDO") and parser.tokens[
            parser.index + 1
        ].upper == "HANDLER":
            if action == "UNDO":
                parser.unsupported()
            parser.index += 2
            parser.need_word("FOR")
            wanted = [self._condition()]
            while parser.take(","):
                wanted.append(self._condition())
            handlers.append(HandlerNode(action == "EXIT", tuple(wanted), self.statement()))
            return
        names = [parser.need_name()]
        if parser.take_word("CURSOR"):
            parser.need_word("FOR")
            cursors.append((names[0], parser.select()))
            self._cursors.append(names[0].lower())
            return
        if parser.take_word("CONDITION"):
            parser.need_word("FOR")
            self._conditions[names[0].lower()] = self._condition()
            return
        while parser.take(","):
            names.append(parser.need_name())
        written, _ = table_grammar.read_type(parser)
        default = parser.expression() if parser.take_word("DEFAULT") else None
        variables.append(Variables(tuple(table_grammar.ColumnNode(name, written) for name in names), default))
        parser.locals = {*parser.locals, *(name.lower() for name in names)}

    def _condition(self) -> Condition:
        parser = self.parser
        if parser.take_word("NOT", "FOUND"):
            return Condition("NOT FOUND")
        if kind := parser.take_any("SQLWARNING", "SQLEXCEPTION"):
            return Condition(kind)
        if parser.at_word("SQLSTATE"):
            return Condition(sqlstate=self._sqlstate())
        if parser.token.kind is Kind.INTEGER:
            return Condition(code=parser.need_integer())
        name = parser.need_name()
        if name.lower() not in self._conditions:
            raise SqlError(1319, "42000", f"Undefined CONDITION: {name}")
        return self._conditions[name.lower()]

    def _sqlstate(self) -> str:
        parser = self.parser
        parser.need_word("SQLSTATE")
        parser.take_word("VALUE")
        if parser.token.kind is not Kind.STRING:
            parser.fail()
        return parser.advance().value

    # --- ways through a body ------------------------------------------------------------------------------------------

    def if_(self) -> Branches:
        parser = self.parser
        parser.need_word("IF")
        branches: list[tuple[Expression, tuple[Node, ...]]] = []
        while True:
            condition = parser.expression()
            parser.need_word("THEN")
            branches.append((condition, self._list("ELSEIF", "ELSE", "END")))
            if not parser.take_word("ELSEIF"):
                break
        otherwise = self._list("END") if parser.take_word("ELSE") else ()
        parser.need_word("END", "IF")
        return Branches(tuple(branches), otherwise)

    def case(self) -> Branches:
        parser = self.parser
        parser.need_word("CASE")
        operand = None if parser.at_word("WHEN") else parser.expression()
        branches: list[tuple[Expression, tuple[Node, ...]]] = []
        while parser.take_word("WHEN"):
            condition = parser.expression()
            parser.need_word("THEN")
            branches.append((condition, self._list("WHEN", "ELSE", "END")))
        otherwise = self._list("END") if parser.take_word("ELSE") else None
        parser.need_word("END", "CASE")
        return Branches(tuple(branches), otherwise, operand, is_case=True)

    def loop(self, label: str) -> Repeated:
        self.parser.need_word("LOOP")
        body = self._list("END")
        self.parser.need_word("END", "LOOP")
        return Repeated(label, body)

    def while_(self, label: str) -> Repeated:
        parser = self.parser
        parser.need_word("WHILE")
        condition = parser.expression()
        parser.need_word("DO")
        body = self._list("END")
        parser.need_word("END", "WHILE")
        return Repeated(label, body, before=condition)

    def repeat(self, label: str) -> Repeated:
        parser = self.parser
        parser.need_word("REPEAT")
        body = self._list("UNTIL")
        parser.need_word("UNTIL")
        condition = parser.expression()
        parser.need_word("END", "REPEAT")
        return Repeated(label, body, after=condition)

    def jump(self) -> Jump:
        word = self.parser.advance().upper
        label = self.parser.need_name()
        is_there = any(
            known == label.lower() and (word == "LEAVE" or is_loop) for known, is_loop in self._labels if known
        )
        if not is_there:
            raise SqlError(1308, "42000", f"{word} with no matching label: {label}")
        return Jump(label.lower(), word == "LEAVE")

    def return_(self) -> Return:
        self.parser.need_word("RETURN")
        if self.kind == "PROCEDURE":
            raise SqlError(1313, "42000", "RETURN is only allowed in a FUNCTION")
        self.returns = True
        return Return(self.parser.expression())

    # --- cursors, signals, other statements ---------------------------------------------------------------------------

    def cursor(self) -> CursorStep:
        parser = self.parser
        action = parser.advance().upper
        if action == "FETCH":
            parser.take_word("NEXT")
            parser.take_word("FROM")
        name = parser.need_name()
        if name.lower() not in self._cursors:
            raise SqlError(1324, "42000", f"Undefined CURSOR: {name}")
        if action != "FETCH":
            return CursorStep(action, name.lower())
        parser.need_word("INTO")
        into = [self._variable()]
        while parser.take(","):
            into.append(self._variable())
        return CursorStep(action, name.lower(), tuple(into))

    def _variable(self) -> str:
        name = self.parser.need_name()
        if name.lower() not in self.parser.locals:
            raise SqlError(1327, "42000", f"Undeclared variable: {name}")
        return name.lower()

    def signal(self) -> Signal:
        parser = self.parser
        is_resignal = parser.advance().upper == "RESIGNAL"
        sqlstate = ""
        if parser.at_word("SQLSTATE"):
            sqlstate = self._sqlstate()
        elif not is_resignal:
            parser.unsupported()
        items: list[tuple[str, Expression]] = []
        if parser.take_word("SET"):
            while True:
                word = parser.advance().upper
                parser.need("=")
                items.append((word, parser.expression()))
                if not parser.take(","):
                    break
        return Signal(sqlstate, tuple(items), is_resignal)

    def _embedded(self) -> Embedded:
        parser = self.parser
        if parser.at_name() and not parser.begins_statement():
            # It might have been a label.
            parser.fail(parser.tokens[parser.index + 1])
        before, parser.warnings = parser.warnings, []
        statement = parser.next_statement()
        made = Embedded(statements.Part(statement, warnings=tuple(parser.warnings)))
        parser.warnings = before
        is_result = isinstance(statement, statements.Show) or (
            isinstance(statement, statements.Query) and not statement.select.into
        )
        if self.kind == "FUNCTION" and is_result:
            raise SqlError(1415, "0A000", "Not allowed to return a result set from a function")
        return made


_LOOPS: Final[dict[str, Callable[[_Reader, str], Repeated]]] = {
    "LOOP": _Reader.loop,
    "WHILE": _Reader.while_,
    "REPEAT": _Reader.repeat,
}
_PLAIN: Final[dict[str, Callable[[_Reader], Node]]] = {
    "IF": _Reader.if_,
    "CASE": _Reader.case,
    "LEAVE": _Reader.jump,
    "ITERATE": _Reader.jump,
    "RETURN": _Reader.return_,
    "OPEN": _Reader.cursor,
    "FETCH": _Reader.cursor,
    "CLOSE": _Reader.cursor,
    "SIGNAL": _Reader.signal,
    "RESIGNAL": _Reader.signal,
}

STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"CREATE": create}
HANDLERS: Final[dict[type, Handler]] = {CreateRoutine: routines.create}
"""Who carries out this statement."""
