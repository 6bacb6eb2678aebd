"""The statement parser: a text to the statements in it, each a record that says what was asked for.

A statement is recognised by its first word, through a table that others may extend; what stands in a query is read
by ``query_grammar.py``, and what a statement does is not known here. Words that begin a statement of MySQL's that
this table lacks raise error 1235, everything else error 1064.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from ..records import record
from . import sqlerrors
from .nodes import Expression, Literal, LiteralKind, Name, Select
from .query_grammar import QueryParser
from .tokens import Kind, Token, line_of, tokenize
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from .dialect import Dialect
    from .tokens import Lexis


@record
class Query:
    """SELECT."""

    select: Select


@record
class Do:
    expressions: tuple[Expression, ...]


@record
class Use:
    database: str


@record
class Begin:
    """read_only is None when the statement does not say."""

    read_only: bool | None = None
    snapshot: bool = False


@record
class End:
    """COMMIT or ROLLBACK. chain and release are None when the statement does not say."""

    commits: bool
    chain: bool | None = None
    release: bool | None = None


class SavepointAction(enum.Enum):
    SET = "SAVEPOINT"
    ROLLBACK = "ROLLBACK TO SAVEPOINT"
    RELEASE = "RELEASE SAVEPOINT"


@record
class Savepoint:
    action: SavepointAction
    name: str


@record
class Kill:
    """by_user and by_host say whose connections, by_user None one's own; is_query_id: target is none's connection."""

    query_only: bool
    target: Expression
    by_user: str | None = ""
    by_host: str = ""
    is_query_id: bool = False


@record
class SetNames:
    """charset "" is DEFAULT; results_only is SET CHARACTER SET, which leaves the connection to the database."""

    charset: str
    collation: str = ""
    is_names: bool = True


@record
class SetUser:
    name: str
    value: Expression


@record
class SetLocal:
    """A variable of the routine that runs."""

    name: str
    value: Expression


@record
class SetSystem:
    """value None is DEFAULT; scope is GLOBAL, SESSION or ""; qualified is what stood before the name with a dot."""

    scope: str
    name: str
    value: Expression | None
    qualified: str = ""


@record
class SetTransaction:
    """scope "" is the next transaction alone."""

    scope: str
    isolation: str | None
    read_only: bool | None


Assignment: TypeAlias = SetNames | SetUser | SetLocal | SetSystem | SetTransaction


@record
class Set:
    assignments: tuple[Assignment, ...]


@record
class SetFor:
    """SET STATEMENT ... FOR ..., MariaDB's."""

    assignments: tuple[SetSystem, ...]
    statement: Statement


@record
class Show:
    """kind is the words behind SHOW; scope is GLOBAL or ""; limit and offset count lines."""

    kind: str
    scope: str = ""
    database: str = ""
    like: str | None = None
    where: Expression | None = None
    full: bool = False
    limit: int | None = None
    offset: int = 0
    name: str = ""


@record
class Flush:
    """needs_database: it names tables without theirs."""

    what: tuple[str, ...]
    needs_database: bool = False


@record
class CreateDatabase:
    name: str
    if_not_exists: bool


@record
class DropDatabase:
    name: str
    if_exists: bool


@record
class UnlockTables:
    pass


@record
class Nothing:
    """A comment and nothing else."""


Statement: TypeAlias = object  # any of the records above, or of a module that adds its own

_ISOLATION: Final = {
    ("READ", "UNCOMMITTED"): "READ-UNCOMMITTED",
    ("READ", "COMMITTED"): "READ-COMMITTED",
    ("REPEATABLE", "READ"): "REPEATABLE-READ",
    ("SERIALIZABLE",): "SERIALIZABLE",
}
# First words of statements that the servers have and this parser has not.
_FOREIGN: Final = frozenset(
    words(
        """
    ALTER ANALYZE BACKUP BINLOG CACHE CALL CHANGE CHECK CHECKSUM CLONE CREATE DEALLOCATE DROP EXECUTE GET GRANT
    HANDLER HELP IMPORT INSTALL LOAD OPTIMIZE PREPARE PURGE REPAIR RESET RESIGNAL RESTART REVOKE SHUTDOWN SIGNAL
    START STOP TABLE UNINSTALL VALUES XA
    """
    )
)
_FLUSHABLE: Final = frozenset(
    words(
        """
    TABLES TABLE LOGS STATUS PRIVILEGES HOSTS USER_RESOURCES OPTIMIZER_COSTS BINARY ENGINE ERROR GENERAL SLOW
    RELAY QUERY DES_KEY_FILE USER_VARIABLES SSL
    """
    )
)
_FLUSHED_LOGS: Final = frozenset(words("BINARY ENGINE ERROR GENERAL SLOW RELAY"))
_FLUSHED_BY_MARIADB: Final = frozenset(words("HOSTS QUERY DES_KEY_FILE USER_VARIABLES SSL"))
_FLUSHED_BY_MYSQL: Final = frozenset(words("OPTIMIZER_COSTS"))
# What SET may name a variable of; the last two on MySQL alone.
_SCOPES: Final = ("GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY")


# What SHOW lists of which there is nothing, or always the same.
_LISTED: Final = words(
    """
    ALL BINARY BINLOG ENGINE ENGINES EVENTS FUNCTION MASTER OPEN PLUGINS PRIVILEGES PROCEDURE PROFILE PROFILES RELAYLOG
    REPLICA REPLICAS SLAVE STORAGE TRIGGERS
    """
)
# Statements that few clients send are read and carried out by modules of their own, which the first of them loads:
# first word, second word or "" for any, module. Such a module has STATEMENTS, by first word, and HANDLERS, by kind.
_FAMILIES: Final[dict[str, dict[str, str]]] = {
    "RESET": {"PERSIST": "persisting"},
    "CREATE": {
        "USER": "account_statements",
        "ROLE": "account_statements",
        "PROCEDURE": "routine_grammar",
        "FUNCTION": "routine_grammar",
        "DEFINER": "routine_grammar",
        "INDEX": "alter_grammar",
        "UNIQUE": "alter_grammar",
    },
    "ALTER": {
        "USER": "account_statements",
        **dict.fromkeys(("TABLE", "ONLINE", "IGNORE"), "alter_grammar"),
    },
    "DROP": {
        "USER": "account_statements",
        "ROLE": "account_statements",
        "INDEX": "alter_grammar",
        "PREPARE": "prepared_statements",
        "PROCEDURE": "absent",
        "FUNCTION": "absent",
        "TRIGGER": "absent",
        "EVENT": "absent",
        "SERVER": "absent",
    },
    "CALL": {"": "absent"},
    "PREPARE": {"": "prepared_statements"},
    "EXECUTE": {"": "prepared_statements"},
    "DEALLOCATE": {"": "prepared_statements"},
    "SHUTDOWN": {"": "shutdown"},
    "XA": {"": "xa"},
    "LOAD": {"": "loading"},
    "RENAME": {"USER": "account_statements"},
    "GRANT": {"": "account_statements"},
    "REVOKE": {"": "account_statements"},
    "SHOW": {"GRANTS": "account_statements", **dict.fromkeys(_LISTED, "listings")},
    "SET": {
        "PASSWORD": "account_statements",
        "ROLE": "account_statements",
        "DEFAULT": "account_statements",
    },
}


class StatementParser(QueryParser):
    """Reads one statement, and then stands behind it."""

    def statement(self) -> Statement:
        token = self.token
        if token.kind is Kind.OPERATOR and token.value == "(":
            statement: Statement = Query(self.select())
        else:
            statement = self._parser_of_next()(self)
        if not self.is_at_end:
            self.fail()
        return statement

    def begins_statement(self) -> bool:
        """Whether the word that comes next begins a statement of MySQL's."""
        word = self.token.upper
        return word in STATEMENTS or word in _FAMILIES or word in _FOREIGN

    def next_statement(self) -> Statement:
        """A statement inside of another; what ends it is for whoever asked."""
        if self.at("("):
            return Query(self.select())
        return self._parser_of_next()(self)

    def _parser_of_next(self) -> Callable[[StatementParser], Statement]:
        """Who reads the statement that begins here."""
        word = self.token.upper
        family = _FAMILIES.get(word)
        if family is not None:
            second = self.index + (3 if self.at_word(word, "OR", "REPLACE") else 1)
            module = family.get(self.tokens[min(second, len(self.tokens) - 1)].upper, family.get(""))
            if module is not None:
                known: dict[str, Callable[[StatementParser], Statement]] = importlib.import_module(
                    f".{module}", __package__
                ).STATEMENTS
                return known[word]
        parse = STATEMENTS.get(word)
        if parse is None:
            self._unknown()
        return parse

    def _unknown(self) -> NoReturn:
        if self.token.upper in _FOREIGN and self.tokens[self.index + 1].kind is not Kind.END:
            raise sqlerrors.Unsupported(self.whole_statement())
        self.fail()

    def query(self) -> Query:
        return Query(self.select())

    # --- transactions -------------------------------------------------------------------------------------------------

    def begin(self) -> Begin:
        self.need_word("BEGIN")
        if self.at_word("NOT", "ATOMIC") and self.dialect.mariadb:
            self.unsupported()
        self.take_word("WORK")
        return Begin()

    def start(self) -> Begin:
        self.need_word("START")
        if self.token.upper in ("SLAVE", "REPLICA", "GROUP_REPLICATION", "ALL"):
            self.unsupported()
        self.need_word("TRANSACTION")
        read_only: bool | None = None
        snapshot = False
        while not self.is_at_end or self.tokens[self.index - 1].value == ",":
            if self.take_word("WITH"):
                self.need_word("CONSISTENT", "SNAPSHOT")
                snapshot = True
            elif self.take_word("READ", "ONLY"):
                if read_only is False:
                    self.fail(self.tokens[self.index])
                read_only = True
            elif self.take_word("READ", "WRITE"):
                if read_only is True:
                    self.fail(self.tokens[self.index])
                read_only = False
            else:
                self.fail()
            if not self.take(","):
                break
        return Begin(read_only, snapshot)

    def end(self) -> End | Savepoint:
        commits = self.advance().upper == "COMMIT"
        self.take_word("WORK")
        if not commits and self.take_word("TO"):
            if self.at_word("SAVEPOINT") and not (
                self.dialect.mariadb and self.tokens[self.index + 1].kind is Kind.END
            ):
                self.advance()
            return Savepoint(SavepointAction.ROLLBACK, self.need_name())
        chain = release = None
        if self.take_word("AND"):
            chain = not self.take_word("NO")
            self.need_word("CHAIN")
        if self.take_word("NO"):
            self.need_word("RELEASE")
            release = False
        elif not chain and self.take_word("RELEASE"):
            release = True
        return End(commits, chain, release)

    def savepoint(self) -> Savepoint:
        self.need_word("SAVEPOINT")
        return Savepoint(SavepointAction.SET, self.need_name())

    def release(self) -> Savepoint:
        self.need_word("RELEASE", "SAVEPOINT")
        return Savepoint(SavepointAction.RELEASE, self.need_name())

    # --- SET ----------------------------------------------------------------------------------------------------------

    def set(self) -> Set | SetFor:
        self.need_word("SET")
        if self.dialect.mariadb and self.take_word("STATEMENT"):
            return self._set_for()
        if self.at_word("RESOURCE") and not self._next_is("="):
            self.unsupported()
        assignments = [self._assignment(first=True)]
        while self.take(","):
            assignments.append(self._assignment(first=False))
        return Set(tuple(assignments))

    def _set_for(self) -> SetFor:
        assignments: list[SetSystem] = []
        while True:
            assignment = self._system_assignment("")
            assignments.append(assignment)
            if not self.take(","):
                break
        self.need_word("FOR")
        return SetFor(tuple(assignments), self._parser_of_next()(self))

    def _assignment(self, *, first: bool) -> Assignment:
        token = self.token
        if token.kind is Kind.USER_VARIABLE:
            self.advance()
            if not (self.take("=") or self.take(":=")):
                self.fail()
            return SetUser(token.value, self.expression())
        if self.locals and self.at_name() and token.value.lower() in self.locals and self._assigns_next():
            self.index += 2
            return SetLocal(token.value.lower(), self.expression())
        if token.kind is Kind.SYSTEM_VARIABLE:
            self.advance()
            scope = self._dotted_scope()
            return self._system_assignment(scope)
        if self.at_word("NAMES"):
            return self._names()
        if self.at_word("CHARACTER", "SET") or (self.at_word("CHARSET") and not self._next_is("=")):
            return self._character_set()
        word = self.token.upper
        scope = ""
        scopes = ("GLOBAL", "SESSION", "LOCAL") if self.dialect.mariadb else _SCOPES
        if word in scopes and not (self.dialect.mariadb and self._next_is("=")):
            self.advance()
            scope = "SESSION" if word == "LOCAL" else word
        if self.at_word("TRANSACTION") and first and not self._next_is("="):
            return self._transaction(scope)
        return self._system_assignment(scope)

    def _assigns_next(self) -> bool:
        return self._next_is("=") or self._next_is(":=")

    def _dotted_scope(self) -> str:
        word = self.token.upper
        if word in _SCOPES and self._next_is("."):
            if word.startswith("PERSIST") and self.dialect.mariadb:
                return ""
            self.index += 2
            return "SESSION" if word == "LOCAL" else word
        return ""

    def _system_assignment(self, scope: str) -> SetSystem:
        name, qualified = self.need_name(), ""
        if self.take("."):
            qualified, name = name, self.need_name()
        if not (self.take("=") or self.take(":=")):
            self.fail()
        if self.at_word("DEFAULT") and self._ends_value(self.index + 1):
            self.advance()
            return SetSystem(scope, name, None, qualified)
        token = self.token
        if token.upper in ("ON", "ALL", "BINARY", "ROW", "SYSTEM") and self._ends_value(self.index + 1):
            self.advance()
            return SetSystem(scope, name, Literal(LiteralKind.STRING, token.value), qualified)
        value = self.expression()
        if isinstance(value, Name) and len(value.parts) == 1:
            # A bare word is taken for the text that it is.
            value = Literal(LiteralKind.STRING, value.parts[0])
        return SetSystem(scope, name, value, qualified)

    def _ends_value(self, index: int) -> bool:
        token = self.tokens[index]
        return token.kind is Kind.END or token.upper == "FOR" or (token.kind is Kind.OPERATOR and token.value in ",;")

    def _names(self) -> SetNames:
        self.advance()
        if self.take_word("DEFAULT"):
            return SetNames("")
        charset = self.charset_name()
        self.deprecate_charset(charset)
        collation = ""
        if self.take_word("COLLATE"):
            if self.at_word("DEFAULT"):
                if not self.dialect.mariadb:
                    self.fail()
                self.advance()
            else:
                collation = self.charset_name()
        return SetNames(charset, collation)

    def _character_set(self) -> SetNames:
        if not self.take_word("CHARACTER", "SET"):
            self.advance()
        if self.take_word("DEFAULT"):
            return SetNames("", is_names=False)
        return SetNames(self.charset_name(), is_names=False)

    def _transaction(self, scope: str) -> SetTransaction:
        self.advance()
        isolation: str | None = None
        read_only: bool | None = None
        while True:
            if isolation is None and self.take_word("ISOLATION"):
                self.need_word("LEVEL")
                isolation = self._isolation_level()
            elif read_only is None and self.take_word("READ", "ONLY"):
                read_only = True
            elif read_only is None and self.take_word("READ", "WRITE"):
                read_only = False
            else:
                self.fail()
            if not self.take(","):
                return SetTransaction(scope, isolation, read_only)

    def _isolation_level(self) -> str:
        for spelling, level in _ISOLATION.items():
            if self.take_word(*spelling):
                return level
        self.fail()

    # --- SHOW ---------------------------------------------------------------------------------------------------------

    def show(self) -> Statement:
        self.need_word("SHOW")
        full = self.take_word("FULL")
        word = self.take_any("GLOBAL", "SESSION", "LOCAL")
        scope = "GLOBAL" if word == "GLOBAL" else ""
        if word and self.token.upper not in ("VARIABLES", "STATUS"):
            self.fail()
        if self.at_word("COUNT") and self._next_is("("):
            return self._show_count()
        token = self.token
        parse = _SHOWS.get(token.upper)
        if full and token.upper not in ("PROCESSLIST", "TABLES", "COLUMNS", "FIELDS"):
            self.fail()
        if parse is None:
            if token.upper in _FOREIGN_SHOWS:
                self.unsupported()
            self.fail()
        self.advance()
        return parse(self, token.upper, scope, full)

    def _show_count(self) -> Show:
        self.advance()
        for operator in ("(", "*", ")"):
            self.need(operator)
        kind = self.take_any("WARNINGS", "ERRORS")
        if not kind:
            self.fail()
        return Show(f"COUNT {kind}")

    def _show_plain(self, kind: str, _scope: str, full: bool) -> Show:
        return Show(kind, full=full)

    def _show_filtered(self, kind: str, scope: str, full: bool) -> Show:
        like, where = self.filter()
        return Show(kind, scope, like=like, where=where, full=full)

    def filter(self) -> tuple[str | None, Expression | None]:
        if self.take_word("LIKE"):
            if self.token.kind is not Kind.STRING:
                self.fail()
            return self.advance().value, None
        return None, self.expression() if self.take_word("WHERE") else None

    def _show_tables(self, kind: str, scope: str, full: bool) -> Show:
        database = self.need_name() if self.take_any("FROM", "IN") else ""
        like, where = self.filter()
        return Show(kind, scope, database, like, where, full)

    def _show_warnings(self, kind: str, _scope: str, _full: bool) -> Show:
        if not self.take_word("LIMIT"):
            return Show(kind)
        first = self.need_integer()
        if self.take(","):
            return Show(kind, limit=self.need_integer(), offset=first)
        if self.take_word("OFFSET"):
            return Show(kind, limit=first, offset=self.need_integer())
        return Show(kind, limit=first)

    def _show_character_set(self, _kind: str, scope: str, full: bool) -> Show:
        self.need_word("SET")
        return self._show_filtered("CHARSET", scope, full)

    def _show_create(self, _kind: str, _scope: str, _full: bool) -> Statement:
        if self.take_any("DATABASE", "SCHEMA"):
            is_careful = self.take_word("IF", "NOT", "EXISTS")
            return Show("CREATE DATABASE", name=self.need_name(), full=is_careful)
        if self.at_word("USER"):
            self.index = self._first
            from .account_statements import show

            return show(self)
        if self.take_any("TABLE", "VIEW"):
            table = self.table_name()
            return Show("CREATE TABLE", database=table.database, name=table.name)
        if self.token.upper in ("PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"):
            self.index = self._first
            from .listings import show

            return show(self)
        self.unsupported()

    def _show_table_status(self, _kind: str, _scope: str, _full: bool) -> Show:
        self.need_word("STATUS")
        return self._show_tables("TABLE STATUS", "", False)

    def _show_of_table(self, kind: str, _scope: str, full: bool) -> Show:
        if not self.take_any("FROM", "IN"):
            self.fail()
        table = self.table_name()
        database = self.need_name() if self.take_any("FROM", "IN") else table.database
        like, where = self.filter()
        kind = "COLUMNS" if kind in ("COLUMNS", "FIELDS") else "INDEX"
        return Show(kind, "", database, like, where, full, name=table.name)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def do(self) -> Do:
        self.need_word("DO")
        expressions = [self._do_item()]
        while self.take(","):
            expressions.append(self._do_item())
        return Do(tuple(expressions))

    def _do_item(self) -> Expression:
        return self.expression()

    def use(self) -> Use:
        self.need_word("USE")
        return Use(self.need_name())

    def kill(self) -> Kill:
        self.need_word("KILL")
        if self.dialect.mariadb:
            self.take_any("HARD", "SOFT")
        kind = self.take_any("CONNECTION", "QUERY")
        if self.dialect.mariadb and self.take_word("USER"):
            from .account_statements import who

            user = who(self)
            return Kill(kind == "QUERY", Literal(LiteralKind.NULL, "NULL"), user.name, user.host)
        if self.dialect.mariadb and kind == "QUERY" and self.take_word("ID"):
            return Kill(True, self.expression(), is_query_id=True)
        return Kill(kind == "QUERY", self.expression())

    def flush(self) -> Flush:
        self.need_word("FLUSH")
        self.take_any("NO_WRITE_TO_BINLOG", "LOCAL")
        flushed = [self._flushed()]
        if flushed[0] in ("TABLE", "TABLES"):
            return Flush(tuple(flushed), self._flushed_tables())
        while self.take(","):
            flushed.append(self._flushed())
        return Flush(tuple(flushed))

    def _flushed_tables(self) -> bool:
        """Read the tables behind FLUSH TABLES, if there are any; whether some have no database."""
        if self.is_at_end or self.take_word("WITH", "READ", "LOCK"):
            return False
        tables = [self.table_name()]
        while self.take(","):
            tables.append(self.table_name())
        if self.at_word("WITH") or self.at_word("FOR"):
            self.unsupported()
        return not all(table.database for table in tables)

    def _flushed(self) -> str:
        what = self.token.upper
        if what not in _FLUSHABLE or what in self.dialect.pick(_FLUSHED_BY_MYSQL, _FLUSHED_BY_MARIADB):
            self.fail()
        self.advance()
        if what in _FLUSHED_LOGS:
            self.need_word("LOGS")
        elif what == "QUERY":
            self.need_word("CACHE")
        return what

    def create(self) -> Statement:
        self.need_word("CREATE")
        replaces = self.take_word("OR", "REPLACE")
        if replaces and not self.dialect.mariadb and self.token.upper in ("TABLE", "TEMPORARY"):
            self.fail()
        is_temporary = self.take_word("TEMPORARY")
        if self.at_word("TABLE") and (self.dialect.mariadb or not replaces):
            from . import table_grammar

            made = table_grammar.create(self, is_temporary=is_temporary)
            return dataclasses.replace(made, replaces=True) if replaces else made
        if is_temporary or not self.take_any("DATABASE", "SCHEMA"):
            self.unsupported()
        if_not_exists = self.take_word("IF", "NOT", "EXISTS")
        name = self.need_name()
        while not self.is_at_end:
            self.advance()
        return CreateDatabase(name, if_not_exists)

    def drop(self) -> Statement:
        self.need_word("DROP")
        if self.take_any("DATABASE", "SCHEMA"):
            if_exists = self.take_word("IF", "EXISTS")
            return DropDatabase(self.need_name(), if_exists)
        is_temporary = self.take_word("TEMPORARY")
        if self.token.upper in ("TABLE", "TABLES"):
            from . import table_grammar

            return table_grammar.drop(self, is_temporary=is_temporary)
        self.unsupported()

    def unlock(self) -> UnlockTables:
        self.need_word("UNLOCK")
        if not self.take_any("TABLES", "TABLE"):
            self.fail()
        return UnlockTables()


def _on_tables(name: str) -> Callable[[StatementParser], Statement]:
    """A statement of ``table_grammar.py``, which is loaded by the first of them."""

    def parse(parser: StatementParser) -> Statement:
        from . import table_grammar

        made: Statement = getattr(table_grammar, name)(parser)
        return made

    return parse


_SHOWS: Final[dict[str, Callable[[StatementParser, str, str, bool], Statement]]] = {
    "VARIABLES": StatementParser._show_filtered,
    "STATUS": StatementParser._show_filtered,
    "DATABASES": StatementParser._show_filtered,
    "SCHEMAS": lambda parser, _kind, scope, full: parser._show_filtered("DATABASES", scope, full),
    "COLLATION": StatementParser._show_filtered,
    "CHARSET": StatementParser._show_filtered,
    "CHARACTER": StatementParser._show_character_set,
    "TABLES": StatementParser._show_tables,
    "TABLE": StatementParser._show_table_status,
    "PROCESSLIST": StatementParser._show_plain,
    "WARNINGS": StatementParser._show_warnings,
    "ERRORS": StatementParser._show_warnings,
    "CREATE": StatementParser._show_create,
    "COLUMNS": StatementParser._show_of_table,
    "FIELDS": StatementParser._show_of_table,
    "INDEX": StatementParser._show_of_table,
    "INDEXES": StatementParser._show_of_table,
    "KEYS": StatementParser._show_of_table,
}
_FOREIGN_SHOWS: Final = frozenset(["EXPLAIN"])

STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {
    "SELECT": StatementParser.query,
    "WITH": StatementParser.query,
    "SET": StatementParser.set,
    "SHOW": StatementParser.show,
    "USE": StatementParser.use,
    "DO": StatementParser.do,
    "BEGIN": StatementParser.begin,
    "START": StatementParser.start,
    "COMMIT": StatementParser.end,
    "ROLLBACK": StatementParser.end,
    "SAVEPOINT": StatementParser.savepoint,
    "RELEASE": StatementParser.release,
    "KILL": StatementParser.kill,
    "FLUSH": StatementParser.flush,
    "CREATE": StatementParser.create,
    "DROP": StatementParser.drop,
    "UNLOCK": StatementParser.unlock,
    "INSERT": _on_tables("insert"),
    "REPLACE": _on_tables("insert"),
    "UPDATE": _on_tables("update"),
    "DELETE": _on_tables("delete"),
    "TRUNCATE": _on_tables("truncate"),
    "RENAME": _on_tables("rename"),
    "LOCK": _on_tables("lock"),
    "DESC": _on_tables("describe"),
    "DESCRIBE": _on_tables("describe"),
    "EXPLAIN": _on_tables("describe"),
}


@record
class Part:
    """One statement of a text: either it could be read, or what is wrong with it.

    parameters counts its ``?``; warnings are codes and texts that the server lists for the way it is written. text is
    the statement's own, for errors that quote it. limits: which of the parameters stand behind LIMIT.
    """

    statement: Statement | None
    error: sqlerrors.SqlError | None = None
    parameters: int = 0
    warnings: tuple[tuple[int, str], ...] = ()
    text: str = ""
    limits: frozenset[int] = frozenset()


# What a server takes off both ends of a text.
_SPACE: Final = " \t\n\v\f\r"


def parse(
    text: str,
    lexis: Lexis,
    dialect: Dialect,
    modes: frozenset[str] = frozenset(),
    *,
    several: bool = True,
    takes_parameters: bool = False,
) -> list[Part]:
    """The statements of a text, in order; reading stops behind the first that cannot be read.

    several: the client may send more than one (CLIENT_MULTI_STATEMENTS); otherwise a second one is a syntax error, and
    nothing of the text is run. takes_parameters: a ``?`` stands for a value, as in a prepared statement; otherwise it
    is a syntax error.
    """
    given = text.lstrip(_SPACE).rstrip(_SPACE + ";")
    # One NUL behind the text, of a client that counts its end in, is no part of it.
    text = given.removesuffix("\0")
    tokens = tokenize(text, lexis)
    if len(tokens) == 1:
        return [Part(Nothing()) if text else Part(None, sqlerrors.empty_query())]
    parts: list[Part] = []
    index = 0
    while True:
        # A later statement counts its lines, and ends its "near", as if the text began with it.
        offset = tokens[index].start if parts else 0
        parser = _parser(text[offset:], _shifted(tokens[index:], offset), dialect, modes)
        parser.takes_parameters = takes_parameters
        try:
            statement = parser.statement()
        except sqlerrors.SqlError as error:
            parts.append(Part(None, error.copy()))
            return parts
        first, index = index, index + parser.index
        own_text = text[tokens[first].start : tokens[index - 1].end]
        parts.append(
            Part(
                statement, None, parser.parameters, tuple(parser.warnings), own_text, frozenset(parser.limit_parameters)
            )
        )
        if tokens[index].kind is Kind.END:
            return parts
        index += 1
        rest = tokens[index]
        if rest.kind is not Kind.END:
            if not several:
                return [Part(None, sqlerrors.syntax(dialect, text[rest.start :], line_of(text, rest.start)))]
            continue
        # Nothing but comments is a statement, too; text ends with something else than a semicolon, or with that NUL.
        if several:
            parts.append(Part(None, sqlerrors.empty_query()) if text.endswith(";") else Part(Nothing()))
        return parts


def _parser(text: str, tokens: list[Token], dialect: Dialect, modes: frozenset[str]) -> StatementParser:
    return StatementParser(
        text,
        tokens,
        dialect,
        pipes_concat="PIPES_AS_CONCAT" in modes,
        high_not="HIGH_NOT_PRECEDENCE" in modes,
        ignore_space="IGNORE_SPACE" in modes,
    )


def _shifted(tokens: list[Token], offset: int) -> list[Token]:
    if not offset:
        return tokens
    return [token._replace(start=token.start - offset, end=token.end - offset) for token in tokens]
