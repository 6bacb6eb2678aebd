"""CREATE USER and its kin, as far as tests set up accounts with them: loaded with the first such statement.

Accounts are made, changed, renamed and dropped for good, and the next login meets them: passwords, plugins, locks,
expiry, REQUIRE, limits by the hour and at once. GRANT and REVOKE keep books for SHOW GRANTS and are enforced nowhere,
but that who has ALL PRIVILEGES or SUPER on ``*.*`` counts as an admin (see ``accounts.py``). Roles have names, can be
granted and set, and mean nothing. What follows a password (history, reuse, comments, attributes) is read over.

Errors and texts as MariaDB 10.11.19 and MySQL 9.7.4 were seen to word them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Columns, End, Ok, Rows
from ..records import record
from . import shapes, sqlerrors
from .accounts import ALL_PRIVILEGES, ANY_HOST, EVERYTHING, PLUGIN_NAMES, Account
from .sqlerrors import SqlError
from .tokens import Kind
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..answers import Step, Woken
    from .accounts import Accounts
    from .dialect import Dialect
    from .engine import Handler, SessionEngine
    from .session import Session
    from .statements import Statement, StatementParser

    Steps = Generator[Step, Woken | None, None]

_NATIVE: Final = "mysql_native_password"
# Hashes of plugins that answer to another name.
_UNIX: Final = ("unix_socket", "auth_socket")
_CURRENT_USER: Final = ("CURRENT_USER",)
_LIMITS: Final = {
    "MAX_USER_CONNECTIONS": "max_user_connections",
    "MAX_QUERIES_PER_HOUR": "max_queries_per_hour",
    "MAX_CONNECTIONS_PER_HOUR": "max_connections_per_hour",
}
# Privileges that several words name; any other is one word.
_PRIVILEGES: Final = frozenset(
    words(
        """
    ALL ALTER CREATE DELETE DROP EVENT EXECUTE FILE GRANT INDEX INSERT LOCK PROCESS PROXY REFERENCES RELOAD REPLICATION
    SELECT SHOW SHUTDOWN SUPER TRIGGER UPDATE USAGE BINLOG CONNECTION FEDERATED READ READ_ONLY SLAVE MONITOR SET BINLOG
    """
    )
)


@record
class Who:
    """A name and a host as a statement names an account; name None is CURRENT_USER."""

    name: str | None
    host: str = ANY_HOST

    def __str__(self) -> str:
        return f"'{self.name}'@'{self.host}'"


@record
class Spec:
    """An account with what it is to log in with. password is in clear, native_hash is in its place; None: not said."""

    who: Who
    plugin: str | None = None
    password: str | None = None
    native_hash: str | None = None

    @property
    def says_something(self) -> bool:
        return not (self.plugin is None and self.password is None and self.native_hash is None)


@record
class CreateUser:
    """options are fields of Account."""

    specs: tuple[Spec, ...]
    options: tuple[tuple[str, object], ...]
    if_not_exists: bool
    or_replace: bool


@record
class AlterUser:
    specs: tuple[Spec, ...]
    options: tuple[tuple[str, object], ...]
    if_exists: bool


@record
class DropUser:
    users: tuple[Who, ...]
    if_exists: bool


@record
class RenameUser:
    pairs: tuple[tuple[Who, Who], ...]


@record
class SetPassword:
    spec: Spec


@record
class Grant:
    """level None: roles are granted, and privileges are their names. takes: REVOKE."""

    privileges: tuple[str, ...]
    level: tuple[str, str] | None
    specs: tuple[Spec, ...]
    may_grant: bool = False
    takes: bool = False


@record
class RevokeAll:
    """REVOKE ALL PRIVILEGES, GRANT OPTION."""

    users: tuple[Who, ...]


@record
class Role:
    """CREATE ROLE or DROP ROLE; existing: IF [NOT] EXISTS."""

    creates: bool
    roles: tuple[Who, ...]
    existing: bool


@record
class SetRole:
    """role "" is none of them, or all that there are."""

    role: str
    is_default: bool = False


@record
class ShowAccount:
    """SHOW GRANTS, or SHOW CREATE USER."""

    grants: bool
    who: Who


# --- reading ----------------------------------------------------------------------------------------------------------


def _name(parser: StatementParser) -> str:
    if parser.token.kind is not Kind.STRING and not parser.at_name():
        parser.fail()
    return parser.advance().value


def who(parser: StatementParser, *, users: bool = True) -> Who:
    """``name[@host]``, or CURRENT_USER."""
    if parser.take_word("CURRENT_USER") or (users and not parser.dialect.mariadb and _at_own(parser)):
        if parser.take("("):
            parser.need(")")
        return Who(None)
    name = _name(parser)
    if parser.token.kind is Kind.USER_VARIABLE and parser.tokens[parser.index - 1].end == parser.token.start:
        return Who(name, parser.advance().value.lower() or ANY_HOST)
    return Who(name)


def _at_own(parser: StatementParser) -> bool:
    """``USER()``, MySQL's word for one's own account."""
    if not parser.at_word("USER") or parser.tokens[parser.index + 1].value != "(":
        return False
    parser.advance()
    return True


def _several(parser: StatementParser) -> tuple[Who, ...]:
    found = [who(parser)]
    while parser.take(","):
        found.append(who(parser))
    return tuple(found)


def _spec(parser: StatementParser) -> Spec:
    user = who(parser)
    if not parser.take_word("IDENTIFIED"):
        return Spec(user)
    mariadb = parser.dialect.mariadb
    if parser.take_word("BY"):
        if mariadb and parser.take_word("PASSWORD"):
            return Spec(user, native_hash=_text(parser))
        return Spec(user, password=_text(parser))
    if not parser.take_word("WITH") and not (mariadb and parser.take_word("VIA")):
        parser.fail()
    plugin = _name(parser).lower()
    if not mariadb and parser.take_word("BY"):
        return Spec(user, plugin, _text(parser))
    if parser.take_any("AS", "USING"):
        if mariadb and parser.take_word("PASSWORD"):
            parser.need("(")
            password = _text(parser)
            parser.need(")")
            return Spec(user, plugin, password)
        return Spec(user, plugin, native_hash=_text(parser))
    return Spec(user, plugin)


def _text(parser: StatementParser) -> str:
    if parser.token.kind is not Kind.STRING:
        parser.fail()
    return parser.advance().value


def _specs(parser: StatementParser) -> tuple[Spec, ...]:
    found = [_spec(parser)]
    while parser.take(","):
        found.append(_spec(parser))
    return tuple(found)


def _options(parser: StatementParser) -> tuple[tuple[str, object], ...]:
    """What follows the accounts of CREATE and ALTER USER, as fields of Account."""
    found: list[tuple[str, object]] = []
    while not parser.is_at_end:
        if parser.take_word("REQUIRE"):
            found.append(("requires_tls", _required(parser)))
        elif parser.take_word("WITH"):
            while parser.token.upper.startswith("MAX_"):
                found += _limit(parser)
        elif parser.take_word("ACCOUNT"):
            found.append(("is_locked", parser.take_any("LOCK", "UNLOCK") == "LOCK"))
        elif parser.take_word("PASSWORD", "EXPIRE"):
            is_now = not parser.take_any("DEFAULT", "NEVER")
            if is_now and parser.take_word("INTERVAL"):
                parser.need_integer()
                parser.need_word("DAY")
                is_now = False
            found.append(("is_expired", is_now))
        elif parser.token.upper in _READ_OVER:
            _read_over(parser)
        else:
            parser.fail()
    return tuple(found)


def _read_over(parser: StatementParser) -> None:
    parser.advance()
    while not parser.is_at_end and parser.token.upper not in _OPTIONS:
        parser.advance()


_READ_OVER: Final = frozenset(
    words("PASSWORD COMMENT ATTRIBUTE FAILED_LOGIN_ATTEMPTS PASSWORD_LOCK_TIME DEFAULT DISCARD RETAIN REPLACE")
)
_OPTIONS: Final = _READ_OVER | {"REQUIRE", "WITH", "ACCOUNT"}


def _required(parser: StatementParser) -> bool:
    if parser.take_word("NONE"):
        return False
    while word := parser.take_any("SSL", "X509", "CIPHER", "ISSUER", "SUBJECT", "AND"):
        if word in ("CIPHER", "ISSUER", "SUBJECT"):
            _text(parser)
    return True


def _limit(parser: StatementParser) -> list[tuple[str, object]]:
    field = _LIMITS.get(parser.advance().upper)
    number = parser.need_integer()
    return [] if field is None else [(field, number)]


def create(parser: StatementParser) -> Statement:
    parser.need_word("CREATE")
    or_replace = parser.take_word("OR", "REPLACE")
    is_role = parser.take_word("ROLE")
    if not is_role:
        parser.need_word("USER")
    existing = parser.take_word("IF", "NOT", "EXISTS")
    if is_role:
        roles = _several(parser)
        if parser.dialect.mariadb and parser.take_word("WITH", "ADMIN"):
            who(parser)
        return Role(True, roles, existing)
    return CreateUser(_specs(parser), _options(parser), existing, or_replace)


def alter(parser: StatementParser) -> Statement:
    parser.need_word("ALTER", "USER")
    if_exists = parser.take_word("IF", "EXISTS")
    return AlterUser(_specs(parser), _options(parser), if_exists)


def drop(parser: StatementParser) -> Statement:
    parser.need_word("DROP")
    is_role = parser.take_any("ROLE", "USER") == "ROLE"
    if_exists = parser.take_word("IF", "EXISTS")
    users = _several(parser)
    return Role(False, users, if_exists) if is_role else DropUser(users, if_exists)


def rename(parser: StatementParser) -> Statement:
    parser.need_word("RENAME", "USER")
    pairs = []
    while True:
        before = who(parser)
        parser.need_word("TO")
        pairs.append((before, who(parser)))
        if not parser.take(","):
            return RenameUser(tuple(pairs))


def set_(parser: StatementParser) -> Statement:
    """SET PASSWORD, SET ROLE, SET DEFAULT ROLE; anything else that begins so is a variable's name."""
    from .statements import StatementParser as Reader

    following = parser.tokens[parser.index + 2]
    if parser.at_word("SET", "ROLE") and following.value not in ("=", ":="):
        parser.need_word("SET", "ROLE")
        return SetRole(_role(parser))
    if parser.at_word("SET", "DEFAULT", "ROLE"):
        parser.need_word("SET", "DEFAULT", "ROLE")
        role = _role(parser)
        if parser.dialect.mariadb:
            if parser.take_word("FOR"):
                who(parser)
        else:
            parser.need_word("TO")
            _several(parser)
        return SetRole(role, is_default=True)
    if not parser.at_word("SET", "PASSWORD"):
        return Reader.set(parser)
    parser.need_word("SET", "PASSWORD")
    user = who(parser) if parser.take_word("FOR") else Who(None)
    if not parser.dialect.mariadb and parser.take_word("TO"):
        parser.unsupported()
    if not (parser.take("=") or parser.take(":=")):
        parser.fail()
    if parser.dialect.mariadb and parser.take_any("PASSWORD", "OLD_PASSWORD"):
        parser.need("(")
        spec = Spec(user, password=_text(parser))
        parser.need(")")
        return SetPassword(spec)
    text = _text(parser)
    while not parser.is_at_end and parser.take_any("REPLACE", "RETAIN", "CURRENT", "PASSWORD"):
        if parser.token.kind is Kind.STRING:
            parser.advance()
    return SetPassword(Spec(user, native_hash=text) if parser.dialect.mariadb else Spec(user, password=text))


def _role(parser: StatementParser) -> str:
    if parser.take_any("NONE", "DEFAULT", "ALL"):
        return ""
    return who(parser).name or ""


def grant(parser: StatementParser) -> Statement:
    parser.need_word("GRANT")
    privileges, level = _privileges(parser)
    parser.need_word("TO")
    specs = _specs(parser) if parser.dialect.mariadb else tuple(Spec(user) for user in _several(parser))
    may_grant = False
    if parser.take_word("REQUIRE"):
        _required(parser)
    while parser.take_word("WITH") or (may_grant and parser.token.upper in _LIMITS):
        while parser.take_word("GRANT", "OPTION") or parser.take_word("ADMIN", "OPTION"):
            may_grant = True
        while parser.token.upper.startswith("MAX_"):
            _limit(parser)
    return Grant(privileges, level, specs, may_grant)


def revoke(parser: StatementParser) -> Statement:
    parser.need_word("REVOKE")
    parser.take_word("IF", "EXISTS")
    if parser.take_word("ALL"):
        parser.take_word("PRIVILEGES")
        if parser.take(","):
            parser.need_word("GRANT", "OPTION", "FROM")
            return RevokeAll(_several(parser))
        privileges: tuple[str, ...] = (ALL_PRIVILEGES,)
        level: tuple[str, str] | None = _level(parser)
    else:
        privileges, level = _privileges(parser)
    parser.need_word("FROM")
    return Grant(privileges, level, tuple(Spec(user) for user in _several(parser)), takes=True)


def _privileges(parser: StatementParser) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    found = [_privilege(parser)]
    while parser.take(","):
        found.append(_privilege(parser))
    if not parser.at_word("ON"):
        return tuple(found), None
    if parser.dialect.mariadb and any(each.partition(" ")[0] not in _PRIVILEGES for each in found):
        parser.fail()
    return tuple(found), _level(parser)


def _privilege(parser: StatementParser) -> str:
    """A privilege's words, or a role's name; columns in parentheses are read over."""
    if parser.token.kind in (Kind.STRING, Kind.QUOTED) or parser.token.upper not in _PRIVILEGES:
        return who(parser).name or ""
    found = []
    while parser.token.kind is Kind.WORD and parser.token.upper not in ("ON", "TO", "FROM"):
        found.append(parser.advance().upper)
    if parser.take("("):
        while not parser.take(")"):
            if parser.is_at_end:
                parser.fail()
            parser.advance()
    text = " ".join(found)
    return ALL_PRIVILEGES if text == "ALL" else text


def _level(parser: StatementParser) -> tuple[str, str]:
    """Database and table, "*" for any; ("", "*") is the current database."""
    parser.need_word("ON")
    parser.take_any("TABLE", "FUNCTION", "PROCEDURE")
    first = "*" if parser.take("*") else parser.need_name()
    if not parser.take("."):
        return ("", first)
    return (first, "*" if parser.take("*") else parser.need_name())


def show(parser: StatementParser) -> Statement:
    parser.need_word("SHOW")
    if parser.take_word("GRANTS"):
        user = who(parser) if parser.take_word("FOR") else Who(None)
        if parser.take_word("USING"):
            _several(parser)
        return ShowAccount(True, user)
    parser.need_word("CREATE", "USER")
    if parser.is_at_end and parser.dialect.mariadb:
        return ShowAccount(False, Who(None))
    return ShowAccount(False, who(parser))


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {
    "CREATE": create,
    "ALTER": alter,
    "DROP": drop,
    "RENAME": rename,
    "SET": set_,
    "GRANT": grant,
    "REVOKE": revoke,
    "SHOW": show,
}


# --- carrying out -----------------------------------------------------------------------------------------------------


def _done(engine: SessionEngine, session: Session, more: int, counter: str) -> Ok:
    """An OK of a statement that commits what is open."""
    engine.instance.counters.add(counter)
    session.transaction.end()
    session.row_count = 0
    return Ok(session.status | more, warnings=session.statement_warnings)


def _failed(dialect: Dialect, operation: str, users: Sequence[Who | str], why: str) -> SqlError:
    """1396 with all the accounts that are to blame; MySQL says why of each."""
    suffix = "" if dialect.mariadb or not why else f" (User account {why})"
    return SqlError(1396, "HY000", f"Operation {operation} failed for {','.join(f'{user}{suffix}' for user in users)}")


def _account(session: Session, user: Who) -> Account | None:
    if user.name is None:
        return session.login.account
    return session.instance.accounts.find(user.name, user.host)


def _create(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, CreateUser)
    accounts, dialect = engine.instance.accounts, engine.dialect
    made, failed = [], []
    for spec in statement.specs:
        _check_plugin(session, spec)
        found = _account(session, spec.who)
        if found is None or statement.or_replace:
            assert spec.who.name is not None
            fresh = Account(spec.who.name, host=spec.who.host, is_cached=False)
            made.append(_with(fresh, spec, statement.options))
        elif statement.if_not_exists:
            _note_existing(session, spec.who)
        else:
            failed.append(spec.who)
    if not failed or dialect.mariadb:
        for account in made:
            accounts.put(account)
    if failed:
        session.transaction.end()
        raise _failed(dialect, "CREATE USER", failed, "already exists")
    yield _done(engine, session, more, "Com_create_user")


def _note_existing(session: Session, user: Who) -> None:
    if session.instance.dialect.mariadb:
        session.warn("Note", 1973, f"Can't create user {user}; it already exists")
    else:
        session.warn("Note", 3163, f"Authorization ID {user} already exists.")


def _note_missing(session: Session, user: Who, kind: str = "user") -> None:
    if session.instance.dialect.mariadb:
        text = str(user) if kind == "user" else f"'{user.name}'"
        session.warn("Note", 1974 if kind == "user" else 1976, f"Can't drop {kind} {text}; it doesn't exist")
    else:
        session.warn("Note", 3162, f"Authorization ID {user} does not exist.")


def _check_plugin(session: Session, spec: Spec) -> None:
    plugin = spec.plugin
    if plugin is None or plugin in _UNIX:
        return
    if plugin not in session.instance.persona.plugins:
        raise SqlError(1524, "HY000", f"Plugin '{plugin}' is not loaded")


def _with(account: Account, spec: Spec, options: Sequence[tuple[str, object]]) -> Account:
    """The account with what a statement says of it."""
    if spec.says_something:
        native_hash = spec.native_hash or ""
        if native_hash and not _is_native_hash(native_hash):
            # Another plugin's hash, which no password could be checked against.
            native_hash = "*" + "0" * 40
        account = replace(
            account,
            plugin=account.plugin if spec.plugin is None else spec.plugin if spec.plugin in PLUGIN_NAMES else None,
            password=spec.password or "",
            native_hash=native_hash,
            is_expired=False,
            is_cached=False,
        )
    return replace(account, **dict(options))  # type: ignore[arg-type]  # _options() says fields of Account


def _is_native_hash(text: str) -> bool:
    return len(text) == 41 and text[0] == "*" and all(digit in "0123456789abcdefABCDEF" for digit in text[1:])


def _alter(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, AlterUser)
    failed = []
    for spec in statement.specs:
        _check_plugin(session, spec)
        account = _account(session, spec.who)
        if account is None:
            failed.append(spec.who)
        else:
            _put(session, account, _with(account, spec, statement.options))
    dialect = engine.dialect
    for user in failed:
        if dialect.mariadb:
            session.warn("Error", 1410, "You are not allowed to create a user with GRANT")
            if statement.if_exists:
                session.warn("Note", 1396, f"Operation ALTER USER failed for {user}")
        elif statement.if_exists:
            _note_missing(session, user)
    if failed and not statement.if_exists:
        raise _failed(dialect, "ALTER USER", failed, "does not exist")
    yield _done(engine, session, more, "Com_alter_user")


def _put(session: Session, before: Account, after: Account) -> None:
    """Keep a changed account; a session of its own that had to change the password is free."""
    session.instance.accounts.put(after)
    own = session.login.account
    if own is not None and own.key == before.key:
        session.login = replace(session.login, account=after)
        session.mark()


def _drop(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, DropUser)
    found, failed = [], []
    for user in statement.users:
        account = _account(session, user)
        if account is not None:
            found.append(account)
        elif statement.if_exists:
            _note_missing(session, user)
        else:
            failed.append(user)
    if not failed or engine.dialect.mariadb:
        for account in found:
            engine.instance.accounts.remove(account)
    if failed:
        raise _failed(engine.dialect, "DROP USER", failed, "does not exist")
    yield _done(engine, session, more, "Com_drop_user")


def _rename(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, RenameUser)
    accounts = engine.instance.accounts
    for before, after in statement.pairs:
        account = _account(session, before)
        if account is None or after.name is None or accounts.find(after.name, after.host) is not None:
            raise _failed(engine.dialect, "RENAME USER", [before], "")
        accounts.rename(account, after.name, after.host)
    yield _done(engine, session, more, "Com_rename_user")


def _set_password(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, SetPassword)
    spec = statement.spec
    account = _account(session, spec.who)
    if account is None:
        raise SqlError(1133, engine.dialect.pick("28000", "42000"), "Can't find any matching row in the user table")
    if spec.native_hash and not _is_native_hash(spec.native_hash):
        raise SqlError(1372, "HY000", "Password hash should be a 41-digit hexadecimal number")
    _put(session, account, _with(account, spec, ()))
    yield _done(engine, session, more, "Com_set_password")


def _grant(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Grant)
    accounts = engine.instance.accounts
    if statement.level is None:
        _grant_roles(session, statement)
    else:
        level = _shown_level(engine, session, statement.level)
        unknown = next((each for each in statement.privileges if each.partition(" ")[0] not in _PRIVILEGES), None)
        if unknown is not None and not unknown.isupper():
            raise SqlError(
                1149,
                "42000",
                "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"
                " for the right syntax to use",
            )
        for spec in statement.specs:
            account = _account(session, spec.who)
            if account is None:
                account = _missing_grantee(session, accounts, spec, takes=statement.takes)
            elif spec.says_something:
                _put(session, account, _with(account, spec, ()))
            grants = accounts.grants_of(account)
            if not statement.takes:
                granted = [each for each in statement.privileges if each != "USAGE"]
                if granted or statement.may_grant:
                    grants.add(level, granted, may_grant=statement.may_grant)
            elif not grants.take(level, statement.privileges):
                raise _no_grant(spec.who)
    yield _done(engine, session, more, "Com_revoke" if statement.takes else "Com_grant")


def _no_grant(user: Who) -> SqlError:
    return SqlError(1141, "42000", f"There is no such grant defined for user '{user.name}' on host '{user.host}'")


def _missing_grantee(session: Session, accounts: Accounts, spec: Spec, *, takes: bool) -> Account:
    """What becomes of a grant to nobody: MariaDB makes the account where a password is given."""
    if takes:
        if session.instance.dialect.mariadb:
            raise _no_grant(spec.who)
        raise _cannot_revoke()
    if not session.instance.dialect.mariadb:
        raise SqlError(1410, "42000", "You are not allowed to create a user with GRANT")
    if not spec.says_something or spec.who.name is None:
        raise SqlError(1133, "28000", "Can't find any matching row in the user table")
    account = _with(Account(spec.who.name, host=spec.who.host, is_cached=False), spec, ())
    accounts.put(account)
    return account


def _cannot_revoke() -> SqlError:
    return SqlError(1269, "HY000", "Can't revoke all privileges for one or more of the requested users")


def _grant_roles(session: Session, statement: Grant) -> None:
    accounts = session.instance.accounts
    for spec in statement.specs:
        account = _account(session, spec.who)
        for role in statement.privileges:
            if role not in accounts.roles:
                if session.instance.dialect.mariadb:
                    raise SqlError(1959, "OP000", f"Invalid role specification `{role}`")
                raise SqlError(3523, "HY000", f"Unknown authorization ID `{role}`@`%`")
            if account is not None:
                roles = accounts.grants_of(account).roles
                roles.pop(role, None)
                if not statement.takes:
                    roles[role] = None


def _shown_level(engine: SessionEngine, session: Session, level: tuple[str, str]) -> str:
    """A level as SHOW GRANTS writes it, once it is known to be there."""
    database, table = level
    if database == "*" or (not database and table == "*" and not session.database):
        return EVERYTHING
    database = database or session.need_database()
    if table == "*":
        return f"`{database}`.*"
    if table not in engine.catalogue.tables(session, database):
        raise sqlerrors.no_such_table(database, table)
    return f"`{database}`.`{table}`"


def _revoke_all(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, RevokeAll)
    for user in statement.users:
        account = _account(session, user)
        if account is None:
            raise _cannot_revoke()
        engine.instance.accounts.grants_of(account).clear()
    yield _done(engine, session, more, "Com_revoke_all")


def _change_role(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Role)
    roles = engine.instance.accounts.roles
    failed = []
    for role in statement.roles:
        name = role.name or ""
        if (name in roles) is not statement.creates:
            (roles.add if statement.creates else roles.discard)(name)
        elif not statement.existing:
            failed.append(f"'{name}'" if engine.dialect.mariadb else str(role))
        elif not statement.creates:
            _note_missing(session, role, "role")
        elif engine.dialect.mariadb:
            session.warn("Note", 1975, f"Can't create role '{name}'; it already exists")
        else:
            _note_existing(session, role)
    if failed:
        operation = "CREATE ROLE" if statement.creates else "DROP ROLE"
        raise _failed(engine.dialect, operation, failed, "already exists" if statement.creates else "does not exist")
    yield _done(engine, session, more, "Com_create_role" if statement.creates else "Com_drop_role")


def _set_role(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, SetRole)
    role, account = statement.role, session.login.account
    if role:
        granted = account is not None and role in engine.instance.accounts.grants_of(account).roles
        if engine.dialect.mariadb and role not in engine.instance.accounts.roles:
            raise SqlError(1959, "OP000", f"Invalid role specification `{role}`")
        if not granted and not engine.dialect.mariadb:
            own = session.current_user.replace("@", "`@`")
            raise SqlError(3530, "HY000", f"`{role}`@`%` is not granted to `{own}`")
    if not statement.is_default:
        session.role = role
    session.row_count = 0
    yield Ok(session.status | more, warnings=session.statement_warnings)


# --- showing ----------------------------------------------------------------------------------------------------------


def _show(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, ShowAccount)
    dialect = engine.dialect
    account = _account(session, statement.who)
    if account is None and statement.who.name is None:
        account = Account(session.user)
    if account is None:
        if statement.grants:
            raise _no_grant(statement.who)
        raise _failed(dialect, "SHOW CREATE USER", [statement.who], "does not exist")
    accounts = engine.instance.accounts
    if statement.grants:
        engine.instance.counters.add("Com_show_grants")
        title, lines, length = f"Grants for {account}", _grant_lines(accounts, account, dialect), 1024
    else:
        engine.instance.counters.add("Com_show_create_user")
        title, lines, length = f"CREATE USER for {account}", [_create_line(accounts, account, dialect)], 1024
        length = dialect.pick(1024, 256)
    text = shapes.string(length, dialect.charsets.by_id[33], nullable=False)
    column = shapes.column(title, text, session.results, dialect)
    session.row_count = -1
    session.found_rows = len(lines)
    yield Columns((replace(column, type=c.FIELD_TYPE_VAR_STRING),), session.status | more, session.statement_warnings)
    yield Rows([(line,) for line in lines])
    yield End(session.status | more, session.statement_warnings)


def _quoted(account: Account) -> str:
    return f"`{account.name}`@`{account.host}`"


def native_hash_of(account: Account) -> str:
    """``*`` and 40 hexadecimal digits, or "" for an empty password."""
    if account.native_hash or not account.password:
        return account.native_hash.upper()
    return "*" + hashlib.sha1(hashlib.sha1(account.password.encode()).digest()).hexdigest().upper()


def _identified(account: Account, dialect: Dialect) -> str:
    """How MariaDB writes what an account logs in with."""
    plugin = account.plugin or _NATIVE
    if plugin != _NATIVE:
        return f" IDENTIFIED VIA {plugin}"
    known = native_hash_of(account)
    return f" IDENTIFIED BY PASSWORD '{known}'" if known else ""


def _grant_lines(accounts: Accounts, account: Account, dialect: Dialect) -> list[str]:
    grants = accounts.grants_of(account)
    user = _quoted(account)
    lines = [f"GRANT {role} TO {user}" if dialect.mariadb else f"GRANT `{role}`@`%` TO {user}" for role in grants.roles]
    for level in (EVERYTHING, *(each for each in grants.privileges if each != EVERYTHING)):
        privileges = list(grants.privileges.get(level, ()))
        shown = ", ".join(privileges) or "USAGE"
        if shown == ALL_PRIVILEGES and level == EVERYTHING and not dialect.mariadb:
            shown = _MYSQL_ALL
        line = f"GRANT {shown} ON {level} TO {user}"
        if dialect.mariadb and level == EVERYTHING:
            line += _identified(account, dialect)
        ending = " WITH GRANT OPTION" if level in grants.may_grant else ""
        lines.append(line + ending)
        if shown is _MYSQL_ALL:
            lines.append(f"GRANT {','.join(_MYSQL_DYNAMIC)} ON *.* TO {user}{ending}")
    if dialect.mariadb:
        return lines
    return lines[len(grants.roles) :] + lines[: len(grants.roles)]


def _create_line(accounts: Accounts, account: Account, dialect: Dialect) -> str:
    user = _quoted(account)
    limits = [
        f"{word} {getattr(account, field)}" for word, field in _SHOWN_LIMITS.items() if getattr(account, field) != 0
    ]
    limited = f" WITH {' '.join(limits)}" if limits else ""
    if dialect.mariadb:
        required = " REQUIRE SSL" if account.requires_tls else ""
        locked = " ACCOUNT LOCK" if account.is_locked else ""
        expired = " PASSWORD EXPIRE" if account.is_expired else ""
        return f"CREATE USER {user}{_identified(account, dialect)}{required}{limited}{locked}{expired}"
    plugin = accounts.plugin_of(account)
    required = "SSL" if account.requires_tls else "NONE"
    expired = "PASSWORD EXPIRE" if account.is_expired else "PASSWORD EXPIRE DEFAULT"
    locked = "ACCOUNT LOCK" if account.is_locked else "ACCOUNT UNLOCK"
    return (
        f"CREATE USER {user} IDENTIFIED WITH '{plugin}' REQUIRE {required}{limited} {expired} {locked} PASSWORD HISTORY"
        " DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT"
    )


_SHOWN_LIMITS: Final = {
    "MAX_QUERIES_PER_HOUR": "max_queries_per_hour",
    "MAX_CONNECTIONS_PER_HOUR": "max_connections_per_hour",
    "MAX_USER_CONNECTIONS": "max_user_connections",
}
_MYSQL_ALL: Final = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, SHUTDOWN, PROCESS, FILE, REFERENCES, INDEX, ALTER,"
    " SHOW DATABASES, SUPER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT,"
    " CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CREATE TABLESPACE, CREATE"
    " ROLE, DROP ROLE"
)

_MYSQL_DYNAMIC: Final = words(
    """
    ALLOW_NONEXISTENT_DEFINER APPLICATION_PASSWORD_ADMIN AUDIT_ABORT_EXEMPT AUDIT_ADMIN AUTHENTICATION_POLICY_ADMIN
    BACKUP_ADMIN BINLOG_ADMIN BINLOG_ENCRYPTION_ADMIN CLONE_ADMIN CONNECTION_ADMIN CREATE_SPATIAL_REFERENCE_SYSTEM
    ENCRYPTION_KEY_ADMIN FIREWALL_EXEMPT FLUSH_OPTIMIZER_COSTS FLUSH_PRIVILEGES FLUSH_STATUS FLUSH_TABLES
    FLUSH_USER_RESOURCES GROUP_REPLICATION_ADMIN GROUP_REPLICATION_STREAM INNODB_REDO_LOG_ARCHIVE INNODB_REDO_LOG_ENABLE
    MANAGE_DATA_MASKING_POLICY OPTIMIZE_LOCAL_TABLE PASSWORDLESS_USER_ADMIN PERSIST_RO_VARIABLES_ADMIN
    REPLICATION_APPLIER REPLICATION_SLAVE_ADMIN RESOURCE_GROUP_ADMIN RESOURCE_GROUP_USER ROLE_ADMIN
    SENSITIVE_VARIABLES_OBSERVER SERVICE_CONNECTION_ADMIN SESSION_VARIABLES_ADMIN SET_ANY_DEFINER SHOW_ROUTINE
    SYSTEM_USER SYSTEM_VARIABLES_ADMIN TABLE_ENCRYPTION_ADMIN TELEMETRY_LOG_ADMIN TRANSACTION_GTID_TAG XA_RECOVER_ADMIN
    """
)

HANDLERS: Final[dict[type, Handler]] = {
    CreateUser: _create,
    AlterUser: _alter,
    DropUser: _drop,
    RenameUser: _rename,
    SetPassword: _set_password,
    Grant: _grant,
    RevokeAll: _revoke_all,
    Role: _change_role,
    SetRole: _set_role,
    ShowAccount: _show,
}
"""Who carries out each of these statements."""
