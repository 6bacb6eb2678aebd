"""``@record``: what ``@dataclass(frozen=True, slots=True)`` makes, for a sixth of the time at import.

The parts of a statement, the packets, the effects and the events are some hundred small frozen classes, all of which a
server needs before it can say a word. A dataclass takes 0.3 ms to be made, most of it for source text that is compiled
for each method; together they were a third of what an import cost. Here ``__init__`` alone is compiled, for it is what
is called often, and not before it is first called; the other methods are shared by all records and read the fields by
name.

A record has fields with or without defaults, takes them by place or by name, compares and hashes by their values within
its own class, cannot be changed, and can be pickled and matched. A record that derives from another has that one's
fields first. It has no ``field()``, and its methods no ``super()`` without arguments; what needs either is a dataclass.
``dataclasses.fields`` and ``replace`` take a record for one of theirs.
"""

from __future__ import annotations

import functools
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """The class with its annotated names as fields, in their order, after those of the record it derives from."""
    own = tuple(name for name, kind in cls.__annotations__.items() if not str(kind).startswith(_NO_FIELD))
    names = (*getattr(cls.__base__, "__match_args__", ()), *own)
    body = {name: value for name, value in vars(cls).items() if name not in (*own, "__dict__", "__weakref__")}
    defaults = getattr(cls.__base__, "_defaults", {}) | {name: vars(cls)[name] for name in own if name in vars(cls)}
    shared = {
        "__slots__": own,
        "__match_args__": names,
        "_defaults": defaults,
        "__eq__": _equals,
        "__hash__": _hash,
        "__repr__": _repr,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
        "__dataclass_fields__": _Fields(),
        # Reads all values in C; static, for the record is handed to it.
        "_values": staticmethod(attrgetter(*names) if names else lambda _: ()),
    }
    made: Any = type(cls.__name__, cls.__bases__, shared | body)
    made.__init__ = _compiled_by_the_first(made, names, defaults)
    return cast("type[T]", made)


# Annotations are text here; ``typing`` puts its name before them where they are not.
_NO_FIELD = ("ClassVar", "typing.ClassVar")


# From so many fields on, a value is for its making of a class that lets itself be changed: plain assignments and two
# changes of class take 0.6 us for nine fields, where nine calls that get past __setattr__ take 1.4 (measured).
_MANY_FIELDS = 4
_UNFROZEN = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}


class _Fields:
    """What ``dataclasses`` looks for, made when it does; so pytest shows the field in which two records differ, too."""

    def __get__(self, instance: object, owner: type) -> Any:
        return _fields_of(owner)


@functools.cache
def _fields_of(owner: type) -> Any:
    """The fields of a record, as those of a dataclass; ``replace`` asks each time, so they are made once."""
    import dataclasses

    kinds = {name: kind for each in reversed(owner.__mro__) for name, kind in _annotations(each).items()}
    given = [(name, kinds[name], dataclasses.field()) for name in owner.__match_args__]  # type: ignore[attr-defined]
    return {field.name: field for field in dataclasses.fields(dataclasses.make_dataclass(owner.__name__, given))}


def _annotations(cls: type) -> dict[str, Any]:
    # Of builtins, object has none.
    return cls.__annotations__ if cls is not object else {}


def _compiled_by_the_first(made: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    # Half of all records are of no use to most processes, and to compile is most of what they cost an import.
    def __init__(self: Any, *values: object, **named: object) -> None:
        made.__init__ = _initializer(made, names, defaults)
        made.__init__(self, *values, **named)

    return __init__


def _initializer(made: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    scope: dict[str, Any] = {"_set": object.__setattr__, "_defaults": defaults}
    arguments = ", ".join(f"{name}=_defaults[{name!r}]" if name in defaults else name for name in names)
    if len(names) >= _MANY_FIELDS:
        scope |= {"_frozen": made, "_open": type(f"{made.__name__}, unfinished", (made,), _UNFROZEN)}
        assignments = "".join(f"\n    self.{name} = {name}" for name in names)
        lines = f"\n    _set(self, '__class__', _open){assignments}\n    self.__class__ = _frozen"
    else:
        lines = "".join(f"\n    _set(self, {name!r}, {name})" for name in names) or "\n    pass"
    exec(f"def __init__(self{', ' if names else ''}{arguments}):{lines}", scope)
    compiled: Callable[..., None] = scope["__init__"]
    return compiled


def _equals(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return self._values(self) == self._values(other)


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({fields})"


def _refuse(self: Any, name: str, *value: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed: a record is a value; make another")


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)
