"""System variables: which there are, who may set them, and what a value must look like.

The tables of names, scopes, kinds, limits and defaults were captured from the servers themselves
(``variables_mariadb.py``, ``variables_mysql.py``) and are read when the first server of that family starts. This
module turns a line into a :class:`Definition` and checks what is assigned; where values live is the business of the
instance and the session. A value is kept as SHOW VARIABLES prints it, except numbers, which are kept as numbers.
"""

from __future__ import annotations

import functools
import importlib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ..records import record
from . import sqlerrors, values
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .charsets import Charsets
    from .dialect import Dialect
    from .values import Value

# What a variable holds: "ON" or "OFF", a number, a text, or None.
Setting = str | int | float | None

_ON: Final = frozenset(["ON", "TRUE", "YES"])
_OFF: Final = frozenset(["OFF", "FALSE", "NO"])
_OFFSET: Final = re.compile(r"([-+])(\d{1,2}):(\d{2})$")
_CHARSET_VARIABLES: Final = frozenset(
    [
        "character_set_client",
        "character_set_connection",
        "character_set_database",
        "character_set_filesystem",
        "character_set_results",
        "character_set_server",
    ]
)
_COLLATION_VARIABLES: Final = frozenset(["collation_connection", "collation_database", "collation_server"])
# Both servers' sql_mode words at their bits; a word that only one of them has is "-" for the other.
_MODES_MARIADB: Final = words(
    """
    REAL_AS_FLOAT PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE IGNORE_BAD_TABLE_OPTIONS ONLY_FULL_GROUP_BY
    NO_UNSIGNED_SUBTRACTION NO_DIR_IN_CREATE POSTGRESQL ORACLE MSSQL DB2 MAXDB NO_KEY_OPTIONS NO_TABLE_OPTIONS
    NO_FIELD_OPTIONS MYSQL323 MYSQL40 ANSI NO_AUTO_VALUE_ON_ZERO NO_BACKSLASH_ESCAPES STRICT_TRANS_TABLES
    STRICT_ALL_TABLES NO_ZERO_IN_DATE NO_ZERO_DATE ALLOW_INVALID_DATES ERROR_FOR_DIVISION_BY_ZERO TRADITIONAL
    NO_AUTO_CREATE_USER HIGH_NOT_PRECEDENCE NO_ENGINE_SUBSTITUTION PAD_CHAR_TO_FULL_LENGTH
    EMPTY_STRING_IS_NULL SIMULTANEOUS_ASSIGNMENT TIME_ROUND_FRACTIONAL
    """
)
_MODES_MYSQL: Final = words(
    """
    REAL_AS_FLOAT PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE NOT_USED ONLY_FULL_GROUP_BY NO_UNSIGNED_SUBTRACTION
    NO_DIR_IN_CREATE - - - - - - - - - - ANSI NO_AUTO_VALUE_ON_ZERO NO_BACKSLASH_ESCAPES STRICT_TRANS_TABLES
    STRICT_ALL_TABLES NO_ZERO_IN_DATE NO_ZERO_DATE ALLOW_INVALID_DATES ERROR_FOR_DIVISION_BY_ZERO TRADITIONAL
    - HIGH_NOT_PRECEDENCE NO_ENGINE_SUBSTITUTION PAD_CHAR_TO_FULL_LENGTH TIME_TRUNCATE_FRACTIONAL
    INTERPRET_UTF8_AS_UTF8MB4
    """
)
_STRICT: Final = "STRICT_TRANS_TABLES STRICT_ALL_TABLES NO_ZERO_IN_DATE NO_ZERO_DATE ERROR_FOR_DIVISION_BY_ZERO"
# Modes that stand for several, themselves included.
_FOREIGN: Final = "PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE NO_KEY_OPTIONS NO_TABLE_OPTIONS NO_FIELD_OPTIONS"
_COMBINED_MARIADB: Final = {
    "POSTGRESQL": _FOREIGN,
    "ORACLE": f"{_FOREIGN} NO_AUTO_CREATE_USER SIMULTANEOUS_ASSIGNMENT",
    "MSSQL": _FOREIGN,
    "DB2": _FOREIGN,
    "MAXDB": f"{_FOREIGN} NO_AUTO_CREATE_USER",
    "MYSQL323": "HIGH_NOT_PRECEDENCE",
    "MYSQL40": "HIGH_NOT_PRECEDENCE",
    "ANSI": "REAL_AS_FLOAT PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE",
    "TRADITIONAL": f"{_STRICT} NO_AUTO_CREATE_USER NO_ENGINE_SUBSTITUTION",
}
_COMBINED_MYSQL: Final = {
    "ANSI": "REAL_AS_FLOAT PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE ONLY_FULL_GROUP_BY",
    "TRADITIONAL": f"{_STRICT} NO_ENGINE_SUBSTITUTION",
}


@record
class Definition:
    """One system variable.

    kind: bool, int, double, text, enum or set. has_session and has_global say where it has values. access: w writable,
    r read-only, x when its session value only follows the global one. least and most bound a number; choices are the
    words of an enum or set.
    """

    name: str
    has_global: bool
    has_session: bool
    kind: str
    unsigned: bool
    access: str
    least: float | None
    most: float | None
    choices: tuple[str, ...]
    default: Setting

    def to_value(self, setting: Setting) -> Value:
        """What ``@@name`` gives for a setting."""
        if self.kind == "bool":
            return int(setting == "ON")
        return setting

    def to_text(self, setting: Setting) -> str | None:
        """What SHOW VARIABLES prints for a setting."""
        if isinstance(setting, float):
            return f"{setting:.6f}"
        return "" if setting is None else str(setting)


def _parse(line: str) -> Definition:
    name, scope, kind, access, limits, *rest = line.split(" ", 5)
    text = rest[0] if rest else ""
    unsigned = kind == "uint"
    kind = "int" if unsigned else kind
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    if kind in ("int", "double") and limits != "-":
        low, high = limits.split("..")
        if kind == "int":
            least, most = int(low), int(high)
        else:
            least, most = float(low), float(high)
    elif kind in ("enum", "set") and limits != "-":
        choices = tuple(limits.split(","))
    default: Setting = None if text == r"\N" else text
    if kind == "int":
        default = int(text or 0)
    elif kind == "double":
        default = float(text or 0)
    return Definition(name, scope in "gb", scope in "bs", kind, unsigned, access, least, most, choices, default)


@functools.cache
def definitions(*, mariadb: bool) -> Mapping[str, Definition]:
    """All variables of one family of servers by name, in alphabetical order."""
    module = importlib.import_module(f".variables_{'mariadb' if mariadb else 'mysql'}", __package__)
    return {definition.name: definition for definition in map(_parse, module.TABLE.split("\n")[1:-1])}


class Checker:
    """Checks and canonicalises values for the variables of one dialect.

    warn takes the code and the text of a warning.
    """

    def __init__(self, dialect: Dialect, charsets: Charsets) -> None:
        self.dialect = dialect
        self.charsets = charsets
        self._special: dict[str, Callable[[Definition, Value], Setting]] = {
            "sql_mode": self.sql_mode,
            "time_zone": self._time_zone,
            "default_storage_engine": self._engine,
            "storage_engine": self._engine,
            "lc_time_names": self._locale,
            **dict.fromkeys(_CHARSET_VARIABLES, self._charset),
            **dict.fromkeys(_COLLATION_VARIABLES, self._collation),
        }

    def check(self, definition: Definition, value: Value, warn: values.Warn, current: Setting = None) -> Setting:
        """value as this variable keeps it.

        Raises:
            SqlError: 1231 for a value that cannot be, 1232 for one of a wrong type, and the variable's own errors.
        """
        if definition.name == "optimizer_switch":
            return self._merge_switches(definition, value, str(current))
        if definition.name == "session_track_system_variables":
            return self._followed(definition, value, warn)
        special = self._special.get(definition.name)
        if special is not None:
            return special(definition, value)
        if definition.kind == "bool":
            return self._boolean(definition, value)
        if definition.kind in ("int", "double"):
            return self._number(definition, value, warn)
        if definition.choices:
            return self._choice(definition, value) if definition.kind == "enum" else self._set(definition, value)
        if value is None or isinstance(value, str):
            return value
        raise sqlerrors.wrong_type(definition.name)

    @staticmethod
    def _boolean(definition: Definition, value: Value) -> Setting:
        if isinstance(value, str):
            word = value.upper()
            if word in ("ON", "TRUE") or word in ("OFF", "FALSE"):
                return "ON" if word in _ON else "OFF"
            raise sqlerrors.wrong_value(definition.name, value)
        if value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        if not isinstance(value, int):
            raise sqlerrors.wrong_type(definition.name)
        if value not in (0, 1):
            raise sqlerrors.wrong_value(definition.name, str(value))
        return "ON" if value else "OFF"

    @staticmethod
    def _number(definition: Definition, value: Value, warn: values.Warn) -> Setting:
        if definition.kind == "double" and isinstance(value, (float, Decimal)):
            number: float = float(value)
        elif isinstance(value, int):
            number = int(value)
        else:
            raise sqlerrors.wrong_type(definition.name)
        kept = number
        if definition.least is not None and kept < definition.least:
            kept = definition.least
        if definition.most is not None and definition.most > 0 and kept > definition.most:
            kept = definition.most
        if kept != number:
            warn(1292, f"Truncated incorrect {definition.name} value: '{value}'")
        return float(kept) if definition.kind == "double" else int(kept)

    @staticmethod
    def _choice(definition: Definition, value: Value) -> Setting:
        if isinstance(value, str):
            for choice in definition.choices:
                if choice.upper() == value.upper():
                    return choice
            raise sqlerrors.wrong_value(definition.name, value)
        if isinstance(value, int) and 0 <= value < len(definition.choices):
            return definition.choices[value]
        if isinstance(value, (float, Decimal)):
            raise sqlerrors.wrong_type(definition.name)
        raise sqlerrors.wrong_value(definition.name, "NULL" if value is None else str(value))

    def _set(self, definition: Definition, value: Value) -> Setting:
        if isinstance(value, int):
            return ",".join(word for bit, word in enumerate(definition.choices) if value >> bit & 1)
        if value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        if not isinstance(value, str):
            raise sqlerrors.wrong_type(definition.name)
        wanted = {self._choice(definition, word) for word in value.split(",") if word}
        return ",".join(word for word in definition.choices if word in wanted)

    # --- variables with rules of their own ----------------------------------------------------------------------------

    def sql_mode(self, definition: Definition, value: Value) -> Setting:
        """A list of modes, or the sum of their bits, in the servers' order, combined ones with what they stand for."""
        modes = self.dialect.pick(_MODES_MARIADB, _MODES_MYSQL)
        combined = self.dialect.pick(_COMBINED_MARIADB, _COMBINED_MYSQL)
        if isinstance(value, int):
            if value >> len(modes):
                raise sqlerrors.wrong_value(definition.name, str(value))
            chosen = {mode for bit, mode in enumerate(modes) if value >> bit & 1}
            if "-" in chosen:
                gone = sum(1 << bit for bit, mode in enumerate(modes) if mode == "-") & value
                raise sqlerrors.SqlError(3899, "HY000", f"sql_mode={gone:#010x} is not supported.")
        elif isinstance(value, str):
            chosen = set()
            for word in value.rstrip(" ").split(","):
                if not word:
                    continue
                mode = word.upper()
                if mode not in modes or mode == "-":
                    raise sqlerrors.wrong_value(definition.name, word)
                chosen.add(mode)
        elif value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        else:
            raise sqlerrors.wrong_type(definition.name)
        for mode, parts in combined.items():
            if mode in chosen:
                chosen.update(parts.split())
        return ",".join(mode for mode in modes if mode in chosen)

    def _time_zone(self, definition: Definition, value: Value) -> Setting:
        if value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        if not isinstance(value, str):
            raise sqlerrors.wrong_type(definition.name)
        text = value
        if text.upper() == "SYSTEM":
            return "SYSTEM"
        if zone_offset(text, self.dialect.mariadb) is None:
            raise sqlerrors.SqlError(1298, "HY000", f"Unknown or incorrect time zone: '{text}'")
        match = _OFFSET.match(text)
        assert match is not None
        return f"{match[1]}{int(match[2]):02d}:{match[3]}"

    @staticmethod
    def _merge_switches(definition: Definition, value: Value, current: str) -> Setting:
        """``name=on|off|default`` pairs laid over the current ones."""
        if not isinstance(value, str):
            raise sqlerrors.wrong_value(definition.name, "NULL" if value is None else str(value))
        defaults = dict(pair.split("=") for pair in str(definition.default).split(","))
        switches = dict(pair.split("=") for pair in current.split(","))
        for pair in value.split(","):
            if pair.lower() == "default":
                switches = dict(defaults)
                continue
            name, _, state = pair.partition("=")
            if name not in switches or state not in ("on", "off", "default"):
                raise sqlerrors.wrong_value(definition.name, pair)
            switches[name] = defaults[name] if state == "default" else state
        return ",".join(f"{name}={state}" for name, state in switches.items())

    def _followed(self, definition: Definition, value: Value, warn: values.Warn) -> Setting:
        """A list of variables; MySQL takes a name that is none for a slip, and NULL for none."""
        mariadb = self.dialect.mariadb
        if value is None:
            if mariadb:
                raise sqlerrors.wrong_value(definition.name, "NULL")
            return None
        if not isinstance(value, str):
            raise sqlerrors.wrong_type(definition.name)
        known = definitions(mariadb=mariadb)
        for name in map(str.strip, value.split(",")):
            if name in ("", "*") or name.lower() in known:
                continue
            if mariadb:
                raise sqlerrors.unknown_variable(name)
            warn(1231, f"{name} is not a valid system variable and will be ignored.")
        return value

    def _engine(self, definition: Definition, value: Value) -> Setting:
        if value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        wanted = str(value)
        for engine in ENGINES:
            if engine.lower() == wanted.lower():
                return engine
        raise sqlerrors.SqlError(1286, "42000", f"Unknown storage engine '{wanted}'")

    @staticmethod
    def _locale(definition: Definition, value: Value) -> Setting:
        if value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        text = str(value)
        if not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", text):
            raise sqlerrors.SqlError(1649, "HY000", f"Unknown locale: '{text}'")
        return text

    def _charset(self, definition: Definition, value: Value) -> Setting:
        name = definition.name
        if value is None:
            if name in ("character_set_results",):
                return None
            raise sqlerrors.wrong_value(name, "NULL")
        if isinstance(value, int):
            found = self.charsets.by_id.get(value)
            charset = None if found is None else found.charset
            if charset is not None and self.dialect.mariadb and found is not self.charsets.default(charset):
                # On MariaDB a character set has one number, that of its default collation.
                charset = None
        elif isinstance(value, str):
            charset = self.charsets.charset(value)
        else:
            raise sqlerrors.wrong_type(name)
        if charset is None:
            raise sqlerrors.unknown_charset(str(value))
        if name == "character_set_client" and charset.min_bytes > 1:
            raise sqlerrors.wrong_value(name, charset.name)
        return charset.name

    def _collation(self, definition: Definition, value: Value) -> Setting:
        if value is None:
            raise sqlerrors.wrong_value(definition.name, "NULL")
        if not isinstance(value, (int, str)):
            raise sqlerrors.wrong_type(definition.name)
        found = self.charsets.by_id.get(value) if isinstance(value, int) else self.charsets.named(str(value))
        if found is None:
            raise sqlerrors.unknown_collation(str(value))
        return found.name


ENGINES: Final = ("InnoDB", "MEMORY", "MyISAM", "CSV", "MRG_MyISAM", "ARCHIVE", "BLACKHOLE", "Aria", "SEQUENCE")


def zone_offset(text: str, mariadb: bool = False) -> int | None:
    """Seconds east of UTC of an offset such as +02:00; None for what is none, and for named zones.

    The servers know names only once somebody loaded their zone tables; a fresh server has none, nor has this one.
    """
    match = _OFFSET.match(text)
    if match is None or int(match[3]) > 59:
        return None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    seconds = -seconds if match[1] == "-" else seconds
    least, most = (-46740, 46800) if mariadb else (-50340, 50400)
    return seconds if least <= seconds <= most else None
