"""SET in all its forms: what is assigned to which variable, checked as a whole before anything changes.

A server resolves every assignment of a SET first, then checks every value, and only then assigns; a statement that
fails has therefore changed nothing, and what is on the right of ``SET @a = 1, @b = @a`` is still the old one.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import sqlerrors, values
from .calls import Scope
from .evaluation import Binder, store
from .news import Assigned
from .statements import SetLocal, SetNames, SetSystem, SetTransaction, SetUser
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .charsets import Collation
    from .evaluation import SelectRunner
    from .instance import Instance
    from .nodes import Expression
    from .session import Session
    from .shapes import Shape
    from .statements import Assignment
    from .values import Value, Warn
    from .variables import Definition, Setting

    Change = Callable[[], None]


class Assigner:
    """Carries out the assignments of one SET for a session."""

    def __init__(self, session: Session, instance: Instance, run_select: SelectRunner) -> None:
        self.session = session
        self.instance = instance
        self.dialect = instance.dialect
        self.run_select = run_select
        self.scope = Scope(session, instance)

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """All of them, or an error and none.

        Raises:
            SqlError: 1193, 1228, 1229, 1231, 1232, 1238, 1621 and the errors of expressions.
        """
        if any(isinstance(assignment, SetLocal) for assignment in assignments):
            # A routine's SET is as many statements as it has assignments.
            for assignment in assignments:
                self._change(assignment)()
            return
        changes = [self._change(assignment) for assignment in assignments]
        for change in changes:
            change()

    def resolve(self, assignments: Sequence[Assignment]) -> None:
        """What a prepare finds out: whether all that is named is there, and may be assigned.

        Raises:
            SqlError: 1054, 1115, 1193, 1228, 1229, 1238, 1253.
        """
        for assignment in assignments:
            if isinstance(assignment, SetUser):
                self._binder().bind(assignment.value)
            elif isinstance(assignment, SetSystem):
                self._target(assignment, may_be_read_only=not self.dialect.mariadb)
                if assignment.value is not None:
                    self._binder().bind(assignment.value)
            elif isinstance(assignment, SetNames):
                self._names(assignment)

    def _change(self, assignment: Assignment) -> Change:
        if isinstance(assignment, SetUser):
            return self._user(assignment)
        if isinstance(assignment, SetLocal):
            return functools.partial(self._local, assignment)
        if isinstance(assignment, SetSystem):
            return self._system(assignment)
        if isinstance(assignment, SetNames):
            return self._names(assignment)
        assert isinstance(assignment, SetTransaction)
        return self._transaction(assignment)

    def _binder(self) -> Binder:
        return Binder(self.session, self.instance, None, self.run_select, self.dialect.pick("SET", "field list"))

    def _bind(self, node: Expression) -> tuple[Value, Shape]:
        bound = self._binder().bind(node)
        return bound.run(self.scope), bound.shape

    def _user(self, assignment: SetUser) -> Change:
        value, shape = self._bind(assignment.value)
        stored = store(value, shape, self.session.collation)

        def change() -> None:
            self.session.news.append(Assigned("user", assignment.name, _told(value)))
            self.session.user_variables[assignment.name.lower()] = stored
            if self.session.tracker is not None:
                self.session.tracker.change()

        return change

    def _local(self, assignment: SetLocal) -> None:
        """A routine's own variable."""
        variable = None if self.session.frame is None else self.session.frame.find(assignment.name)
        assert variable is not None, "only a routine's own statements name its variables"
        variable.assign(*self._bind(assignment.value))

    # --- system variables ---------------------------------------------------------------------------------------------

    def _target(self, assignment: SetSystem, *, may_be_read_only: bool = False) -> tuple[Definition, bool]:
        """What is assigned to, and whether it is the global one. may_be_read_only: MySQL does not look at that yet."""
        if assignment.qualified:
            if self.dialect.mariadb:
                raise sqlerrors.SqlError(
                    4081,
                    "HY000",
                    f"Unknown structured system variable or ROW routine variable '{assignment.qualified}'",
                )
            raise sqlerrors.unknown_variable(f"{assignment.qualified}.{assignment.name}")
        definition = self.instance.definition(assignment.name)
        is_global = assignment.scope in ("GLOBAL", "PERSIST", "PERSIST_ONLY")
        if definition.access == "r" and not may_be_read_only:
            raise sqlerrors.read_only(definition.name)
        self._check_scope(definition, is_global=is_global)
        return definition, is_global

    def _system(self, assignment: SetSystem) -> Change:
        definition, is_global = self._target(assignment)
        setting = self._value(definition, assignment.value, is_global=is_global)
        if not is_global and definition.access == "x":
            # Only now: a value that cannot be is told first.
            raise sqlerrors.session_read_only(definition.name)
        if assignment.scope.startswith("PERSIST"):
            return lambda: self._persist(definition.name, setting, for_now=assignment.scope == "PERSIST")
        if is_global:
            return lambda: self._set_global(definition.name, setting)
        return lambda: apply(self.session, definition.name, setting)

    @staticmethod
    def _check_scope(definition: Definition, *, is_global: bool) -> None:
        if is_global and not definition.has_global:
            raise sqlerrors.session_only(definition.name)
        if not is_global and not definition.has_session:
            raise sqlerrors.global_only(definition.name)

    def _persist(self, name: str, setting: Setting, *, for_now: bool) -> None:
        """Put it aside for the next start; for_now: and set it."""
        self.instance.persisted[name] = setting
        if for_now:
            self._set_global(name, setting)

    def _set_global(self, name: str, setting: Setting) -> None:
        self.instance.set_global(name, setting)
        self.session.news.append(Assigned("global", name, self.instance.definitions[name].to_text(setting)))

    def _value(self, definition: Definition, node: Expression | None, *, is_global: bool) -> Setting:
        if node is None:
            return self._default(definition, is_global=is_global)
        value, _ = self._bind(node)
        if isinstance(value, bytes):
            value = values.text_of(value)
        current = self.instance.globals[definition.name] if is_global else self.session.setting(definition.name)
        setting = self.instance.checker.check(definition, value, self.scope.warn, current)
        if not self.dialect.mariadb:
            _warn_on_mysql(definition.name, setting, self.scope.warn)
        return setting

    def _default(self, definition: Definition, *, is_global: bool) -> Setting:
        """DEFAULT: for a session the global value of now, for the server what it started with."""
        if is_global or not definition.has_global:
            return definition.default
        return self.instance.globals[definition.name]

    # --- NAMES and TRANSACTION ----------------------------------------------------------------------------------------

    def _names(self, assignment: SetNames) -> Change:
        charsets = self.instance.charsets
        if not assignment.charset:
            # DEFAULT is the character set that the server gives to clients.
            collation = charsets.by_name[str(self.instance.globals["collation_connection"])]
        else:
            charset = charsets.charset(assignment.charset)
            if charset is None:
                raise sqlerrors.unknown_charset(assignment.charset)
            if charset.min_bytes > 1:
                raise sqlerrors.wrong_value("character_set_client", charset.name)
            collation = charsets.default(charset)
            if assignment.collation:
                named = charsets.named(assignment.collation)
                if named is None:
                    raise sqlerrors.unknown_collation(assignment.collation)
                if named.charset is not charset:
                    raise sqlerrors.collation_mismatch(named.name, charset.name)
                collation = named
        if assignment.is_names:
            return lambda: self._name(collation)
        database = charsets.by_name[str(self.session.setting("collation_database"))]

        def change() -> None:
            self._name(collation)
            self.session.collation = database

        return change

    def _name(self, collation: Collation) -> None:
        self.session.news.append(Assigned("names", collation.charset.name, collation.name))
        self.session.use_collation(collation)
        if self.session.tracker is not None:
            for name in ("character_set_client", "character_set_connection", "character_set_results"):
                self.session.tracker.assign(name)

    def _transaction(self, assignment: SetTransaction) -> Change:
        dialect = self.dialect
        settings: dict[str, Setting] = {}
        if assignment.isolation is not None:
            settings[dialect.isolation_variable] = assignment.isolation
        if assignment.read_only is not None:
            settings[dialect.read_only_variable] = "ON" if assignment.read_only else "OFF"
        if assignment.scope == "GLOBAL":
            return lambda: self._each(settings, self._set_global)
        if assignment.scope == "SESSION":
            return lambda: self._each(settings, functools.partial(apply, self.session))
        transaction = self.session.transaction
        transaction.characteristics(read_only=None, isolation=None)
        return lambda: transaction.characteristics(read_only=assignment.read_only, isolation=assignment.isolation)

    @staticmethod
    def _each(settings: Mapping[str, Setting], assign: Callable[[str, Setting], None]) -> None:
        for name, setting in settings.items():
            assign(name, setting)


def _warn_on_mysql(name: str, setting: Setting, warn: Warn) -> None:
    """What MySQL has to say to an assignment that it carries out."""
    if name in _OLD_ON_MYSQL:
        warn(1287, f"'@@{name}' is deprecated and will be removed in a future release.")
    if name == "sql_mode":
        modes = frozenset(str(setting).split(","))
        if (modes & _STRICT and not modes >= _PART_OF_STRICT) or (not modes & _STRICT and modes & _PART_OF_STRICT):
            warn(
                3135,
                "'NO_ZERO_DATE', 'NO_ZERO_IN_DATE' and 'ERROR_FOR_DIVISION_BY_ZERO' sql modes should be used with"
                " strict mode. They will be merged with strict mode in a future release.",
            )
        if _OLD_MODE in modes:
            warn(3090, f"Changing sql mode '{_OLD_MODE}' is deprecated. It will be removed in a future release.")


_STRICT = frozenset(words("STRICT_TRANS_TABLES STRICT_ALL_TABLES"))
_PART_OF_STRICT = frozenset(words("NO_ZERO_DATE NO_ZERO_IN_DATE ERROR_FOR_DIVISION_BY_ZERO"))
_OLD_MODE = "PAD_CHAR_TO_FULL_LENGTH"
_OLD_ON_MYSQL = frozenset(words("profiling profiling_history_size"))


def apply(session: Session, name: str, setting: Setting) -> None:
    """Give a session's variable a value that has been checked, with everything that follows from it."""
    follow = _FOLLOW.get(name)
    if follow is not None:
        follow(session, setting)
    session.news.append(Assigned("session", name, session.instance.definitions[name].to_text(setting)))
    if name not in _STATE:
        session.settings[name] = setting
    if session.tracker is not None:
        session.tracker.assign(name)


def _told(value: Value) -> str | None:
    """A value as the news tell it."""
    return None if value is None else values.text_of(value) if isinstance(value, bytes) else str(value)


def _autocommit(session: Session, setting: Setting) -> None:
    session.transaction.set_autocommit(setting == "ON")


def _sql_mode(session: Session, setting: Setting) -> None:
    session.set_modes(str(setting))


def _select_limit(session: Session, setting: Setting) -> None:
    session.limit_selects(int(setting or 0))


def _client(session: Session, setting: Setting) -> None:
    session.client_charset = session.instance.charsets.charsets[str(setting)]


def _connection(session: Session, setting: Setting) -> None:
    charsets = session.instance.charsets
    session.collation = charsets.default(charsets.charsets[str(setting)])


def _collation(session: Session, setting: Setting) -> None:
    session.collation = session.instance.charsets.by_name[str(setting)]


def _results(session: Session, setting: Setting) -> None:
    session.use_results(None if setting is None else session.instance.charsets.charsets[str(setting)])


def _timestamp(session: Session, setting: Setting) -> None:
    if setting:
        session.fixed_time = float(setting)
        session.started = None
        return
    # The statement that sets the clock going again still has the time that was fixed.
    session.utc_time()
    session.fixed_time = None


def _last_insert_id(session: Session, setting: Setting) -> None:
    session.last_insert_id = int(setting or 0)


def _insert_id(session: Session, setting: Setting) -> None:
    session.insert_id = int(setting or 0)


def _read_only(session: Session, setting: Setting) -> None:
    session.transaction.reads_by_default = setting == "ON"


def _time_limit(session: Session, setting: Setting) -> None:
    session.settings[session.instance.dialect.time_limit_variable] = setting
    session.mark()


def _track(name: str) -> Callable[[Session, Setting], None]:
    """What a client follows is decided by session_track_*."""

    def follow(session: Session, setting: Setting) -> None:
        if session.tracker is not None:
            session.tracker.switch(name, setting)

    return follow


def _random_seed(place: int) -> Callable[[Session, Setting], None]:
    def follow(session: Session, setting: Setting) -> None:
        seeds = list(session.random_seeds)
        seeds[place] = int(setting or 0)
        session.random_seeds = (seeds[0], seeds[1])

    return follow


def _paired(what: str) -> Callable[[Session, Setting], None]:
    """character_set_X and collation_X move together."""

    def follow(session: Session, setting: Setting) -> None:
        charsets = session.instance.charsets
        charset = charsets.charsets.get(str(setting))
        if charset is not None:
            session.settings[f"collation_{what}"] = charset.default_collation
        else:
            session.settings[f"character_set_{what}"] = charsets.by_name[str(setting)].charset.name

    return follow


_FOLLOW: dict[str, Callable[[Session, Setting], None]] = {
    "autocommit": _autocommit,
    "sql_mode": _sql_mode,
    "sql_select_limit": _select_limit,
    "character_set_client": _client,
    "character_set_connection": _connection,
    "character_set_results": _results,
    "collation_connection": _collation,
    "character_set_server": _paired("server"),
    "character_set_database": _paired("database"),
    "collation_server": _paired("server"),
    "collation_database": _paired("database"),
    "timestamp": _timestamp,
    "last_insert_id": _last_insert_id,
    "identity": _last_insert_id,
    "insert_id": _insert_id,
    "max_statement_time": _time_limit,
    "max_execution_time": _time_limit,
    "tx_read_only": _read_only,
    "transaction_read_only": _read_only,
    "rand_seed1": _random_seed(0),
    "rand_seed2": _random_seed(1),
    "session_track_gtids": _track("session_track_gtids"),
    "session_track_system_variables": _track("session_track_system_variables"),
    "session_track_transaction_info": _track("session_track_transaction_info"),
}
# Variables that are state of the session and not settings.
_STATE = frozenset(
    words(
        """
    autocommit character_set_client character_set_connection character_set_results collation_connection
    timestamp last_insert_id identity insert_id rand_seed1 rand_seed2
    """
    )
)
