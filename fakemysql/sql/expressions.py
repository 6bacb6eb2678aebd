"""The expression parser: tokens to trees, by the precedence of the MySQL manual's operator table.

It knows grammar, not meaning: names are not looked up, functions are not known, but for those whose call has a
grammar of its own. What does not fit raises error 1064 with the text from the offending token on, as a server words
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from . import sqlerrors
from .nodes import (
    Assignment,
    Call,
    Case,
    Cast,
    CastType,
    Collate,
    Concatenated,
    ConvertUsing,
    Exists,
    Interval,
    Literal,
    LiteralKind,
    Name,
    Operation,
    Parameter,
    RowValue,
    Star,
    Subquery,
    SystemVariable,
    UserVariable,
)
from .tokens import Kind, Token, line_of
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .dialect import Dialect
    from .nodes import Expression, Order, Select

# Words that are no names unless they are quoted: those of both servers that can stand in an expression's way.
RESERVED: Final = frozenset(
    words(
        """
    ACCESSIBLE ADD ALL ALTER ANALYZE AND AS ASC ASENSITIVE BEFORE BETWEEN BIGINT BINARY BLOB BOTH BY CALL
    CASCADE CASE CHANGE CHAR CHARACTER CHECK COLLATE COLUMN CONDITION CONSTRAINT CONTINUE CONVERT CREATE CROSS
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DATABASES DAY_HOUR
    DAY_MICROSECOND DAY_MINUTE DAY_SECOND DEC DECIMAL DECLARE DEFAULT DELAYED DELETE DESC DESCRIBE
    DETERMINISTIC DISTINCT DISTINCTROW DIV DOUBLE DROP DUAL EACH ELSE ELSEIF ENCLOSED ESCAPED EXCEPT EXISTS
    EXIT EXPLAIN FALSE FETCH FLOAT FLOAT4 FLOAT8 FOR FORCE FOREIGN FROM FULLTEXT GRANT GROUP HAVING
    HIGH_PRIORITY HOUR_MICROSECOND HOUR_MINUTE HOUR_SECOND IF IGNORE IN INDEX INFILE INNER INOUT INSENSITIVE
    INSERT INT INT1 INT2 INT3 INT4 INT8 INTEGER INTERSECT INTERVAL INTO IS ITERATE JOIN KEY KEYS KILL LEADING
    LEAVE LEFT LIKE LIMIT LINEAR LINES LOAD LOCALTIME LOCALTIMESTAMP LOCK LONG LONGBLOB LONGTEXT LOOP
    LOW_PRIORITY MATCH MAXVALUE MEDIUMBLOB MEDIUMINT MEDIUMTEXT MIDDLEINT MINUTE_MICROSECOND MINUTE_SECOND MOD
    MODIFIES NATURAL NOT NO_WRITE_TO_BINLOG NULL NUMERIC ON OPTIMIZE OPTION OPTIONALLY OR ORDER OUT OUTER
    OUTFILE OVER PARTITION PRECISION PRIMARY PROCEDURE PURGE RANGE READ READS READ_WRITE REAL RECURSIVE
    REFERENCES REGEXP RELEASE RENAME REPEAT REPLACE REQUIRE RESIGNAL RESTRICT RETURN REVOKE RIGHT RLIKE ROWS
    SCHEMA SCHEMAS SECOND_MICROSECOND SELECT SENSITIVE SEPARATOR SET SHOW SIGNAL SMALLINT SPATIAL SPECIFIC SQL
    SQLEXCEPTION SQLSTATE SQLWARNING SQL_BIG_RESULT SQL_CALC_FOUND_ROWS SQL_SMALL_RESULT SSL STARTING
    STRAIGHT_JOIN TABLE TERMINATED THEN TINYBLOB TINYINT TINYTEXT TO TRAILING TRIGGER TRUE UNDO UNION UNIQUE
    UNLOCK UNSIGNED UPDATE USAGE USE USING UTC_DATE UTC_TIME UTC_TIMESTAMP VALUES VARBINARY VARCHAR
    VARCHARACTER VARYING WHEN WHERE WHILE WINDOW WITH WRITE XOR YEAR_MONTH ZEROFILL
    """
    )
)

# Reserved, and yet the beginning of a call.
CALLABLE_RESERVED: Final = frozenset(
    words(
        """
    CHAR CONVERT DATABASE SCHEMA IF INSERT LEFT RIGHT REPEAT REPLACE MOD VALUES CURRENT_USER CURRENT_DATE CURRENT_TIME
    CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP UTC_DATE UTC_TIME UTC_TIMESTAMP
    """
    )
)
WITHOUT_PARENTHESES: Final = frozenset(
    words(
        """
    CURRENT_USER CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP UTC_DATE UTC_TIME
    UTC_TIMESTAMP
    """
    )
)

# Calls whose argument count is part of the servers' grammar, so that a wrong one is a syntax error (1064, not 1582).
GRAMMAR_ARGUMENTS: Final = {
    "IF": (3, 3), "REPEAT": (2, 2), "REPLACE": (3, 3), "LEFT": (2, 2), "RIGHT": (2, 2), "MOD": (2, 2),
    "INSERT": (4, 4), "TRUNCATE": (2, 2), "INTERVAL": (2, None), "CHARSET": (1, 1), "COLLATION": (1, 1),
    "ASCII": (1, 1), "DATE": (1, 1), "TIME": (1, 1), "TIMESTAMP": (1, 2), "YEAR": (1, 1), "MONTH": (1, 1),
    "DAY": (1, 1), "HOUR": (1, 1), "MINUTE": (1, 1), "SECOND": (1, 1), "MICROSECOND": (1, 1), "QUARTER": (1, 1),
    "WEEK": (1, 2), "DATABASE": (0, 0), "SCHEMA": (0, 0), "USER": (0, 0), "SESSION_USER": (0, 0),
    "SYSTEM_USER": (0, 0), "CURRENT_USER": (0, 0), "CURDATE": (0, 0), "CURRENT_DATE": (0, 0), "UTC_DATE": (0, 0),
    "NOW": (0, 1), "CURRENT_TIMESTAMP": (0, 1), "LOCALTIME": (0, 1), "LOCALTIMESTAMP": (0, 1), "SYSDATE": (0, 1),
    "CURTIME": (0, 1), "CURRENT_TIME": (0, 1), "UTC_TIME": (0, 1), "UTC_TIMESTAMP": (0, 1), "CHAR": (1, None),
    "ADDDATE": (2, 2), "SUBDATE": (2, 2), "DATE_ADD": (2, 2), "DATE_SUB": (2, 2), "ROW_COUNT": (0, 0),
}  # fmt: skip

# Calls that are none when a space stands before the parenthesis (unless IGNORE_SPACE is set).
TIGHT_CALLS: Final = frozenset(
    words(
        """
    ADDDATE BIT_AND BIT_OR BIT_XOR CAST COUNT CURDATE CURTIME DATE_ADD DATE_SUB EXTRACT GROUP_CONCAT MAX MID
    MIN NOW POSITION SESSION_USER STD STDDEV SUBDATE SUBSTR SUBSTRING SUM SYSDATE SYSTEM_USER TRIM VARIANCE
    """
    )
)

_UNITS: Final = frozenset(
    words(
        """
    MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR SECOND_MICROSECOND MINUTE_MICROSECOND
    MINUTE_SECOND HOUR_MICROSECOND HOUR_SECOND HOUR_MINUTE DAY_MICROSECOND DAY_SECOND DAY_MINUTE DAY_HOUR
    YEAR_MONTH
    """
    )
)

NATIONAL_WARNING: Final = (
    "NATIONAL/NCHAR/NVARCHAR implies the character set UTF8MB3, which will be replaced by UTF8MB4 in a future release."
    " Please consider using CHAR(x) CHARACTER SET UTF8MB4 in order to be unambiguous."
)
_COMPARISONS: Final = frozenset(["=", "<=>", ">=", ">", "<=", "<", "<>", "!="])
# Left-associative operators from loosely to tightly binding, each level's spellings to its operator.
_BINARY_LEVELS: Final = (
    {"|": "|"},
    {"&": "&"},
    {"<<": "<<", ">>": ">>"},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/", "DIV": "DIV", "%": "%", "MOD": "%"},
    {"^": "^"},
)
_ADDITIVE_LEVEL: Final = 3


class TokenReader:
    """A place in a list of tokens, and the few ways to move on from it."""

    def __init__(self, text: str, tokens: list[Token], dialect: Dialect, index: int = 0) -> None:
        self.text = text
        self.tokens = tokens
        self.dialect = dialect
        self.index = index

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def fail(self, token: Token | None = None) -> NoReturn:
        """Error 1064 at this token, or at the given one."""
        place = (token or self.token).start
        if (token or self.token).kind is Kind.END:
            place = len(self.text)
        raise sqlerrors.syntax(self.dialect, self.text[place:], line_of(self.text, place))

    def advance(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def at_word(self, *words: str) -> bool:
        """Whether these keywords come next, in this order."""
        return all(
            self.index + offset < len(self.tokens) and self.tokens[self.index + offset].upper == word
            for offset, word in enumerate(words)
        )

    def take_word(self, *words: str) -> bool:
        if not self.at_word(*words):
            return False
        self.index += len(words)
        return True

    def need_word(self, *words: str) -> None:
        for word in words:
            if not self.take_word(word):
                self.fail()

    def take_any(self, *words: str) -> str:
        """The one of these keywords that comes next, or "" for none."""
        word = self.token.upper
        if word and word in words:
            self.index += 1
            return word
        return ""

    def at(self, operator: str) -> bool:
        token = self.tokens[self.index]
        return token.kind is Kind.OPERATOR and token.value == operator

    def take(self, operator: str) -> bool:
        if not self.at(operator):
            return False
        self.index += 1
        return True

    def need(self, operator: str) -> None:
        if not self.take(operator):
            self.fail()

    @property
    def is_at_end(self) -> bool:
        return self.token.kind is Kind.END or self.at(";")

    def at_name(self, allowed: Collection[str] = ()) -> bool:
        token = self.token
        return token.kind is Kind.QUOTED or (
            token.kind is Kind.WORD and (token.value.upper() not in RESERVED or token.value.upper() in allowed)
        )

    def need_name(self) -> str:
        """An identifier, quoted or not."""
        if not self.at_name():
            self.fail()
        return self.advance().value

    def need_integer(self) -> int:
        if self.token.kind is not Kind.INTEGER:
            self.fail()
        return int(self.advance().value)


class ExpressionParser(TokenReader):
    """Reads one expression from where it stands.

    pipes_concat: ``||`` joins strings (PIPES_AS_CONCAT). high_not: NOT binds as tightly as ``!``.
    """

    def __init__(
        self,
        text: str,
        tokens: list[Token],
        dialect: Dialect,
        index: int = 0,
        *,
        pipes_concat: bool = False,
        high_not: bool = False,
        ignore_space: bool = False,
    ) -> None:
        super().__init__(text, tokens, dialect, index)
        self.pipes_concat = pipes_concat
        self.high_not = high_not
        self.ignore_space = ignore_space
        self.parameters = 0
        self.takes_parameters = False
        # Those that stand behind LIMIT, which has manners of its own.
        self.limit_parameters: set[int] = set()
        # Code and text of what the server warns of for the way in which the statement is written.
        self.warnings: list[tuple[int, str]] = []
        # Where the text of a node begins and ends, when parentheses or a plus sign around it do not belong to it.
        self.inner_spans: dict[int, tuple[int, int]] = {}

    def deprecate(self, text: str, code: int = 1287) -> None:
        """MySQL warns of a spelling; MariaDB has nothing against it."""
        if not self.dialect.mariadb:
            self.warnings.append((code, text))

    def select(self) -> Select:
        """A SELECT inside an expression; the statement parser knows how to read one."""
        raise NotImplementedError  # pragma: no cover  # the statement parser overrides it

    # --- the levels, loosest first -----------------------------------------------------------------------------------

    def expression(self) -> Expression:
        left = self._xor()
        while self.take_word("OR") or (not self.pipes_concat and self._take_old("||", "|| as a synonym for OR", "OR")):
            left = Operation("OR", (left, self._xor()))
        return left

    def _take_old(self, operator: str, shown: str, better: str) -> bool:
        if not self.take(operator):
            return False
        self.deprecate(f"'{shown}' is deprecated and will be removed in a future release. Please use {better} instead")
        return True

    def _xor(self) -> Expression:
        left = self._and()
        while self.take_word("XOR"):
            left = Operation("XOR", (left, self._and()))
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self.take_word("AND") or self._take_old("&&", "&&", "AND"):
            left = Operation("AND", (left, self._not()))
        return left

    def _not(self) -> Expression:
        if not self.high_not and self.take_word("NOT"):
            return Operation("NOT", (self._not(),))
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._predicate()
        while True:
            token = self.token
            if token.kind is Kind.OPERATOR and token.value in _COMPARISONS:
                self.advance()
                quantifier = self.take_any("ALL", "ANY", "SOME")
                operator = "<>" if token.value == "!=" else token.value
                left = Operation(f"{operator} {quantifier}".strip(), (left, self._predicate()))
            elif self.take_word("IS"):
                negated = self.take_word("NOT")
                what = self.take_any("NULL", "TRUE", "FALSE", "UNKNOWN")
                if not what:
                    self.fail()
                test = Operation("IS NULL" if what == "UNKNOWN" else f"IS {what}", (left,))
                left = Operation("NOT TEST", (test,)) if negated else test
            else:
                return left

    def _predicate(self) -> Expression:
        left = self._binary(0)
        while True:
            negated = self.take_word("NOT")
            made = self._predicate_on(left)
            if made is None:
                if negated:
                    self.fail()
                return left
            left = Operation("NOT TEST", (made,)) if negated else made

    def _predicate_on(self, left: Expression) -> Expression | None:
        if self.take_word("IN"):
            self.need("(")
            if self.at_word("SELECT") or self.at_word("WITH"):
                inside: tuple[Expression, ...] = (Subquery(self.select()),)
            else:
                inside = self._arguments_until_close(needed=True)
                return Operation("IN", (left, *inside))
            self.need(")")
            return Operation("IN", (left, *inside))
        if self.take_word("BETWEEN"):
            low = self._binary(0)
            self.need_word("AND")
            return Operation("BETWEEN", (left, low, self._predicate()))
        if self.take_word("LIKE"):
            pattern = self._unary()
            escape = (self._unary(),) if self.take_word("ESCAPE") else ()
            return Operation("LIKE", (left, pattern, *escape))
        if self.take_word("SOUNDS"):
            self.need_word("LIKE")
            return Operation("=", (Call("SOUNDEX", (left,)), Call("SOUNDEX", (self._binary(0),))))
        if self.take_any("REGEXP", "RLIKE"):
            return Operation("REGEXP", (left, self._binary(0)))
        return None

    def _binary(self, level: int) -> Expression:
        if level == len(_BINARY_LEVELS):
            return self._concatenation()
        start = self.token.start
        left = self._binary(level + 1)
        operators = _BINARY_LEVELS[level]
        while True:
            token = self.token
            spelled = token.value if token.kind is Kind.OPERATOR else token.upper
            operator = operators.get(spelled) if spelled else None
            if operator is None:
                return left
            self.advance()
            if level == _ADDITIVE_LEVEL and self.at_word("INTERVAL") and not self._is_interval_call():
                name = "DATE_ADD" if operator == "+" else "DATE_SUB"
                left = Call(name, (left, self._interval()))
                continue
            right = self._binary(level + 1)
            if operator == "+" and isinstance(left, Interval):
                left = Call("DATE_ADD", (right, left))
                continue
            left = Operation(operator, (left, right), self.text[start : self.tokens[self.index - 1].end])

    def _concatenation(self) -> Expression:
        left = self._unary()
        while self.pipes_concat and self.take("||"):
            left = Call("CONCAT", (left, self._unary()))
        return left

    def _unary(self) -> Expression:
        token = self.token
        if token.kind is Kind.OPERATOR:
            if token.value == "-":
                self.advance()
                operand = self._unary()
                return Operation("NEGATIVE", (operand,), self.text[token.start : self.tokens[self.index - 1].end])
            if token.value == "+":
                self.advance()
                first = self.token.start
                operand = self._unary()
                self.inner_spans.setdefault(id(operand), (first, self.tokens[self.index - 1].end))
                return operand
            if token.value == "~":
                self.advance()
                return Operation("~", (self._unary(),))
            if self._take_old("!", "!", "NOT"):
                return Operation("!", (self._unary(),))
        elif self.high_not and self.take_word("NOT"):
            return Operation("NOT", (self._unary(),))
        elif token.kind is Kind.WORD and self.take_word("BINARY"):
            self.deprecate(
                "'BINARY expr' is deprecated and will be removed in a future release. Please use CAST instead"
            )
            return Cast(self._unary(), CastType("BINARY"))
        return self._collated()

    def _collated(self) -> Expression:
        value = self._simple()
        while self.take_word("COLLATE"):
            token = self.token
            if token.kind not in (Kind.WORD, Kind.QUOTED, Kind.STRING):
                self.fail()
            value = Collate(value, self.advance().value)
        return value

    # --- what an operator joins --------------------------------------------------------------------------------------

    def _simple(self) -> Expression:
        token = self.token
        kind = token.kind
        if kind in _NUMERIC_LITERALS:
            self.advance()
            return Literal(_NUMERIC_LITERALS[kind], token.value, source=self.text[token.start : token.end])
        if kind is Kind.STRING or kind is Kind.NATIONAL:
            return self._string("")
        if kind is Kind.USER_VARIABLE:
            self.advance()
            if not token.value and (self.dialect.mariadb or not self.is_at_end):
                self.fail()
            if self.take(":="):
                self.deprecate(
                    "Setting user variables within expressions is deprecated and will be removed in a future release."
                    " Consider alternatives: 'SET variable=expression, ...', or"
                    " 'SELECT expression(s) INTO variables(s)'."
                )
                return Assignment(token.value, self.expression())
            return UserVariable(token.value)
        if kind is Kind.SYSTEM_VARIABLE:
            return self._system_variable()
        if kind is Kind.PARAMETER and self.takes_parameters:
            self.advance()
            self.parameters += 1
            return Parameter(self.parameters - 1)
        if kind is Kind.OPERATOR:
            return self._punctuated()
        if kind is Kind.WORD:
            return self._word()
        if kind is Kind.QUOTED:
            return self._named(self.advance(), quoted=True)
        self.fail()

    def _string(self, charset: str) -> Expression:
        """Adjacent string literals are one string, named by all of them on MariaDB and by the first on MySQL."""
        first = self.advance()
        text, source = first.value, first.value
        while self.token.kind is Kind.STRING:
            text += self.advance().value
        if self.dialect.mariadb:
            source = text
        kind = LiteralKind.STRING
        if first.kind is Kind.NATIONAL:
            kind = LiteralKind.NATIONAL
            self.deprecate(NATIONAL_WARNING, 3720)
        return Literal(kind, text, charset, source)

    def _punctuated(self) -> Expression:
        token = self.advance()
        if token.value == "(":
            return self._parenthesised()
        if token.value == "{":
            return self._braced()
        if token.value == "\\N" and self.dialect.mariadb:
            return Literal(LiteralKind.NULL, "NULL", source="NULL")
        self.fail(token)

    def _braced(self) -> Expression:
        """ODBC's ``{d '...'}``, ``{t '...'}`` and ``{ts '...'}``; any other word, or value, is just a value."""
        kind = _BRACED.get(self.token.upper)
        if not self.at_name():
            self.fail()
        self.advance()
        if kind is not None and self.token.kind is Kind.STRING:
            value: Expression = Literal(kind, self.advance().value)
        else:
            first = self.token.start
            value = self.expression()
            self.inner_spans[id(value)] = (first, self.tokens[self.index - 1].end)
        self.need("}")
        return value

    def _parenthesised(self) -> Expression:
        if self.at_word("SELECT") or self.at_word("WITH"):
            query = Subquery(self.select())
            self.need(")")
            return query
        first = self.token.start
        items = [self.expression()]
        last = self.tokens[self.index - 1].end
        while self.take(","):
            items.append(self.expression())
        self.need(")")
        if len(items) > 1:
            return RowValue(tuple(items))
        self.inner_spans.setdefault(id(items[0]), (first, last))
        return items[0]

    def _system_variable(self) -> Expression:
        self.advance()
        scope = ""
        word = self.token.upper
        if word in ("GLOBAL", "SESSION", "LOCAL"):
            self.advance()
            self.need(".")
            scope = "SESSION" if word == "LOCAL" else word
        first = self._variable_word()
        if self.take("."):
            return SystemVariable(scope, self._variable_word(), first)
        return SystemVariable(scope, first)

    def _variable_word(self) -> str:
        if self.token.kind not in (Kind.WORD, Kind.QUOTED):
            self.fail()
        return self.advance().value

    def _next_is(self, operator: str) -> bool:
        following = self.tokens[self.index + 1]
        return following.kind is Kind.OPERATOR and following.value == operator

    def _word(self) -> Expression:
        token = self.token
        upper = token.value.upper()
        special = _SPECIAL.get(upper)
        if special is not None:
            made = special(self)
            if made is not None:
                return made
        if upper.startswith("_"):
            literal = self._introduced(token)
            if literal is not None:
                return literal
        if upper in RESERVED and not (
            upper in CALLABLE_RESERVED and (self._next_is("(") or upper in WITHOUT_PARENTHESES)
        ):
            self.fail()
        if token.value.startswith("$$") and not self.dialect.mariadb:
            self.fail()
        return self._named(self.advance(), quoted=False)

    def _introduced(self, token: Token) -> Expression | None:
        """A literal behind a character set's name: ``_latin1'x'``, ``_binary x'41'``."""
        following = self.tokens[self.index + 1]
        if following.kind not in (Kind.STRING, Kind.HEX, Kind.BIT):
            return None
        charset = self.dialect.charsets.charset(token.value[1:])
        if charset is None:
            return None
        self.advance()
        self.deprecate_charset(token.value[1:])
        if following.kind is Kind.STRING:
            return self._string(charset.name)
        self.advance()
        kind = LiteralKind.HEX if following.kind is Kind.HEX else LiteralKind.BIT
        return Literal(kind, following.value, charset.name)

    def deprecate_charset(self, name: str) -> None:
        """utf8 changes its meaning some day, and utf8mb3 goes."""
        if name.lower() == "utf8":
            self.deprecate(
                "'utf8' is currently an alias for the character set UTF8MB3, but will be an alias for UTF8MB4 in a"
                " future release. Please consider using UTF8MB4 in order to be unambiguous.",
                3719,
            )
        elif name.lower() == "utf8mb3":
            self.deprecate(
                "'utf8mb3' is deprecated and will be removed in a future release. Please use utf8mb4 instead"
            )

    def _named(self, token: Token, *, quoted: bool) -> Expression:
        """A name, which is a call if a parenthesis follows it."""
        if self.at("("):
            return self._call(token, "", quoted=quoted)
        upper = token.value.upper()
        if not quoted and upper in WITHOUT_PARENTHESES:
            return Call(token.value, ())
        parts = [token.value]
        while self.take("."):
            if self.token.kind not in (Kind.WORD, Kind.QUOTED):
                self.fail()
            following = self.advance()
            if self.at("(") and len(parts) == 1:
                return self._call(following, parts[0], quoted=True)
            parts.append(following.value)
            if len(parts) == 3:  # database, table and column
                break
        return Name(tuple(parts))

    def _call(self, token: Token, database: str, *, quoted: bool) -> Expression:
        upper = token.value.upper()
        loose = not quoted and not self.ignore_space and self.token.start > token.end and upper in TIGHT_CALLS
        self.need("(")
        if not quoted and not loose:
            special = _CALLS.get(upper)
            if special is not None:
                return special(self, token.value)
        if upper == "FOUND_ROWS" and not quoted:
            self.deprecate(
                "FOUND_ROWS() is deprecated and will be removed in a future release. Consider using COUNT(*) instead."
            )
        limits = (0, None) if quoted or loose else GRAMMAR_ARGUMENTS.get(upper, (0, None))
        if upper == "COALESCE" and not self.dialect.mariadb and not quoted:
            limits = (1, None)
        arguments = self._call_arguments(*limits, takes_interval=upper in ("ADDDATE", "SUBDATE"))
        return Call(token.value, arguments, database, quoted, loose)

    def _call_arguments(self, least: int, most: int | None, *, takes_interval: bool = False) -> tuple[Expression, ...]:
        arguments: list[Expression] = []
        while not self.at(")"):
            if arguments:
                self.need(",")
            if most is not None and len(arguments) == most:
                self.fail(self.tokens[self.index - 1] if arguments else None)
            if takes_interval and len(arguments) == 1 and self.at_word("INTERVAL") and not self._is_interval_call():
                arguments.append(self._interval())
            else:
                arguments.append(self.expression())
        if len(arguments) < least:
            self.fail()
        self.need(")")
        return tuple(arguments)

    def _arguments_until_close(self, *, needed: bool) -> tuple[Expression, ...]:
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        self.need(")")
        assert needed
        return tuple(arguments)

    # --- words with a grammar of their own ---------------------------------------------------------------------------

    def _null(self) -> Expression:
        self.advance()
        return Literal(LiteralKind.NULL, "NULL", source="NULL")

    def _boolean(self) -> Expression:
        token = self.advance()
        kind = LiteralKind.TRUE if token.upper == "TRUE" else LiteralKind.FALSE
        return Literal(kind, token.value, source=token.upper if self.dialect.mariadb else token.value)

    def _case(self) -> Expression:
        self.advance()
        operand = None if self.at_word("WHEN") else self.expression()
        branches: list[tuple[Expression, Expression]] = []
        while self.take_word("WHEN"):
            condition = self.expression()
            self.need_word("THEN")
            branches.append((condition, self.expression()))
        if not branches:
            self.fail()
        otherwise = self.expression() if self.take_word("ELSE") else None
        self.need_word("END")
        return Case(operand, tuple(branches), otherwise)

    def _exists(self) -> Expression:
        self.advance()
        self.need("(")
        if not self.at_word("SELECT"):
            self.fail()
        select = self.select()
        self.need(")")
        return Exists(select)

    def _typed_string(self) -> Expression | None:
        """DATE '...', TIME '...', TIMESTAMP '...'."""
        if self.tokens[self.index + 1].kind is not Kind.STRING:
            return None
        kind = LiteralKind[self.advance().upper]
        return Literal(kind, self.advance().value)

    def _row(self) -> Expression | None:
        if not self._next_is("("):
            return None
        self.index += 2
        return RowValue(self._arguments_until_close(needed=True))

    def _is_interval_call(self) -> bool:
        """INTERVAL(1, 2, 3) is a function, INTERVAL (1) DAY is an amount of time."""
        if not self._next_is("("):
            return False
        depth, index = 0, self.index + 1
        while self.tokens[index].kind is not Kind.END:
            token = self.tokens[index]
            if token.kind is Kind.OPERATOR:
                depth += (token.value == "(") - (token.value == ")")
                if depth == 0:
                    return self.tokens[index + 1].upper not in _UNITS
            index += 1
        return True

    def _interval_word(self) -> Expression:
        if self._is_interval_call():
            return self._call(self.advance(), "", quoted=False)
        interval = self._interval()
        if not self.at("+"):
            self.fail()
        return interval

    def _interval(self) -> Interval:
        self.need_word("INTERVAL")
        value = self.expression()
        return Interval(value, self._unit())

    def _unit(self) -> str:
        unit = self.token.upper.removeprefix("SQL_TSI_")
        if unit not in _UNITS:
            self.fail()
        self.advance()
        return unit

    # --- calls with a grammar of their own; the opening parenthesis is read ------------------------------------------

    def _cast(self, _name: str) -> Expression:
        start, inner = self.tokens[self.index - 2].start, self.token.start
        value = self.expression()
        shown = self.text[inner : self.tokens[self.index - 1].end]
        self.need_word("AS")
        to = self._cast_type()
        self.need(")")
        return Cast(value, to, self.text[start : self.tokens[self.index - 1].end], shown)

    def _convert(self, _name: str) -> Expression:
        value = self.expression()
        if self.take_word("USING"):
            charset = self.charset_name()
            self.need(")")
            return ConvertUsing(value, charset)
        self.need(",")
        to = self._cast_type()
        self.need(")")
        return Cast(value, to)

    def charset_name(self) -> str:
        """The name of a character set, perhaps quoted; BINARY and ASCII are such names too."""
        if self.token.kind not in (Kind.WORD, Kind.QUOTED, Kind.STRING):
            self.fail()
        return self.advance().value

    def _cast_type(self) -> CastType:
        token = self.token
        word = self.advance().upper
        if word in ("CHAR", "CHARACTER", "VARCHAR", "NCHAR"):
            length, _ = self._precision()
            charset = ""
            if word == "NCHAR":
                charset = "utf8mb3"
                self.deprecate(NATIONAL_WARNING, 3720)
            if self.take_word("CHARACTER"):
                self.need_word("SET")
                charset = self.charset_name()
            elif self.take_word("CHARSET"):
                charset = self.charset_name()
            else:
                self.take_word("BINARY")
            return CastType("CHAR", length, charset=charset)
        if word in ("REAL", "YEAR") and self.dialect.mariadb:
            self.fail(token)
        if word in ("BINARY", "DATE", "TIME", "DATETIME", "YEAR", "DOUBLE", "FLOAT", "REAL"):
            if word == "DOUBLE" and not self.dialect.mariadb:
                self.take_word("PRECISION")
            length, _ = self._precision()
            return CastType("DOUBLE" if word == "REAL" else word, length)
        if word in ("DECIMAL", "DEC", "NUMERIC"):
            length, decimals = self._precision()
            return CastType("DECIMAL", length, decimals)
        if word in ("SIGNED", "UNSIGNED"):
            self.take_any("INTEGER", "INT")
            return CastType(word)
        if word in ("INTEGER", "INT") and self.dialect.mariadb:
            return CastType("SIGNED")
        if self.dialect.mariadb and token.kind is Kind.WORD and word != "JSON":
            raise sqlerrors.SqlError(4161, "HY000", f"Unknown data type: '{token.value}'")
        self.fail(token)

    def _precision(self) -> tuple[int | None, int | None]:
        if not self.take("("):
            return None, None
        length = self.need_integer()
        decimals = self.need_integer() if self.take(",") else None
        self.need(")")
        return length, decimals

    def _substring(self, name: str) -> Expression:
        value = self.expression()
        arguments = [value]
        if self.take_word("FROM"):
            arguments.append(self.expression())
            if self.take_word("FOR"):
                arguments.append(self.expression())
        else:
            self.need(",")
            arguments.append(self.expression())
            if self.take(","):
                arguments.append(self.expression())
        self.need(")")
        return Call(name, tuple(arguments))

    def _trim(self, _name: str) -> Expression:
        side = self.take_any("BOTH", "LEADING", "TRAILING")
        name = {"LEADING": "LTRIM", "TRAILING": "RTRIM"}.get(side, "TRIM")
        if side and self.take_word("FROM"):
            value: tuple[Expression, ...] = (self.expression(),)
        else:
            first = self.expression()
            if self.take_word("FROM"):
                value = (self.expression(), first)
            elif side:
                self.fail()
            else:
                value = (first,)
        self.need(")")
        return Call(f"{name}-FROM" if len(value) == 2 or side else name, value)

    def _position(self, _name: str) -> Expression:
        needle = self._binary(0)
        self.need_word("IN")
        hay = self.expression()
        self.need(")")
        return Call("LOCATE", (needle, hay))

    def _extract(self, _name: str) -> Expression:
        unit = self._unit()
        self.need_word("FROM")
        value = self.expression()
        self.need(")")
        return Call("EXTRACT", (Literal(LiteralKind.STRING, unit), value))

    def _with_unit(self, name: str) -> Expression:
        unit = self._unit()
        arguments: list[Expression] = [Literal(LiteralKind.STRING, unit)]
        while self.take(","):
            arguments.append(self.expression())
        if len(arguments) != 3:
            self.fail()
        self.need(")")
        if name.upper() == "TIMESTAMPADD":
            return Call("DATE_ADD", (arguments[2], Interval(arguments[1], unit)))
        return Call(name, tuple(arguments))

    def _char(self, name: str) -> Expression:
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        charset = self.charset_name() if self.take_word("USING") else ""
        self.need(")")
        call = Call(name, tuple(arguments))
        return ConvertUsing(call, charset) if charset else call

    def _date_shift(self, name: str) -> Expression:
        moment = self.expression()
        self.need(",")
        if not self.at_word("INTERVAL"):
            self.fail()
        interval = self._interval()
        self.need(")")
        return Call(name, (moment, interval))

    def _moment(self, name: str) -> Expression:
        """NOW and its like: at most a number of digits, which must be written as one."""
        if self.take(")"):
            return Call(name, ())
        if self.token.kind is not Kind.INTEGER:
            self.fail()
        digits = self._simple()
        self.need(")")
        return Call(name, (digits,))

    def order_by(self) -> tuple[Order, ...]:
        """ORDER BY inside an expression; the parser of queries knows how to read it."""
        raise NotImplementedError  # pragma: no cover  # the parser of queries overrides it

    def _concatenated(self, _name: str) -> Expression:
        """GROUP_CONCAT([DISTINCT] ... [ORDER BY ...] [SEPARATOR '...'])."""
        is_distinct = self.take_word("DISTINCT")
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        order_by = self.order_by()
        separator = ","
        if self.take_word("SEPARATOR"):
            if self.token.kind is not Kind.STRING:
                self.fail()
            separator = self.advance().value
        self.need(")")
        return Concatenated(tuple(arguments), is_distinct, order_by, separator)

    def _aggregate(self, name: str) -> Expression:
        if name.upper() == "COUNT" and self.take("*"):
            self.need(")")
            return Call(name, (Star(),))
        is_distinct = self.take_word("DISTINCT")
        arguments = self._call_arguments(1, None if is_distinct else 1)
        return Call(f"{name} DISTINCT" if is_distinct else name, arguments)


_NUMERIC_LITERALS: Final = {
    Kind.INTEGER: LiteralKind.INTEGER,
    Kind.DECIMAL: LiteralKind.DECIMAL,
    Kind.FLOAT: LiteralKind.FLOAT,
    Kind.HEX: LiteralKind.HEX,
    Kind.BIT: LiteralKind.BIT,
}

_BRACED: Final = {"D": LiteralKind.DATE, "T": LiteralKind.TIME, "TS": LiteralKind.TIMESTAMP}

_SPECIAL: Final[dict[str, Callable[[ExpressionParser], Expression | None]]] = {
    "NULL": ExpressionParser._null,
    "TRUE": ExpressionParser._boolean,
    "FALSE": ExpressionParser._boolean,
    "CASE": ExpressionParser._case,
    "EXISTS": ExpressionParser._exists,
    "DATE": ExpressionParser._typed_string,
    "TIME": ExpressionParser._typed_string,
    "TIMESTAMP": ExpressionParser._typed_string,
    "ROW": ExpressionParser._row,
    "INTERVAL": ExpressionParser._interval_word,
}

_CALLS: Final[dict[str, Callable[[ExpressionParser, str], Expression]]] = {
    "CAST": ExpressionParser._cast,
    "CONVERT": ExpressionParser._convert,
    "SUBSTRING": ExpressionParser._substring,
    "SUBSTR": ExpressionParser._substring,
    "MID": ExpressionParser._substring,
    "TRIM": ExpressionParser._trim,
    "POSITION": ExpressionParser._position,
    "EXTRACT": ExpressionParser._extract,
    "TIMESTAMPDIFF": ExpressionParser._with_unit,
    "TIMESTAMPADD": ExpressionParser._with_unit,
    "CHAR": ExpressionParser._char,
    "DATE_ADD": ExpressionParser._date_shift,
    "DATE_SUB": ExpressionParser._date_shift,
    **dict.fromkeys(
        words("NOW CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP SYSDATE CURTIME CURRENT_TIME UTC_TIME UTC_TIMESTAMP"),
        ExpressionParser._moment,
    ),
    "COUNT": ExpressionParser._aggregate,
    "SUM": ExpressionParser._aggregate,
    "MIN": ExpressionParser._aggregate,
    "MAX": ExpressionParser._aggregate,
    "AVG": ExpressionParser._aggregate,
    "GROUP_CONCAT": ExpressionParser._concatenated,
}
