"""Records are frozen dataclasses in all but how they are made."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import ClassVar

import pytest

from fakemysql.records import record


@record
class Point:
    """Two numbers and a name."""

    x: int
    y: int = 0
    name: str = ""

    ORIGIN_NAME = "origin"

    @property
    def is_origin(self) -> bool:
        return (self.x, self.y) == (0, 0)


@record
class Other:
    x: int
    y: int = 0
    name: str = ""


@record
class Single:
    value: object


@record
class Shade(Point):
    """A point and how it is coloured."""

    shade: str = "dark"


@record
class Moment:
    """When something happened, and to whom."""

    at: float
    number: int

    arrow: ClassVar[str] = "-"

    @property
    def title(self) -> str:
        return f"{self.arrow} {self.number}"


@record
class Step(Moment):
    kind: str
    text: str
    size: int = 0

    arrow: ClassVar[str] = ">"


@record
class Empty:
    """No fields at all."""


def test_fields_are_taken_by_place_or_by_name_and_have_defaults() -> None:
    assert (Point(1).x, Point(1).y, Point(1).name) == (1, 0, "")
    assert Point(1, name="a", y=2) == Point(1, 2, "a")
    with pytest.raises(TypeError, match="x"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="z"):
        Point(1, z=2)  # type: ignore[call-arg]


def test_records_are_equal_by_their_values_within_their_class() -> None:
    assert Point(1, 2) != Point(1, 3)
    others: list[object] = [Other(1, 2), (1, 2, "")]
    assert Point(1, 2) not in others
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert Single((1,)) == Single((1,))
    assert hash(Single((1,))) == hash(Single((1,)))
    assert Empty() == Empty()
    assert len({Empty(), Empty()}) == 1


def test_a_record_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x cannot be changed: a record is a value"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Point\.x cannot be changed"):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 2  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_a_record_shows_its_fields_and_keeps_its_methods_and_text() -> None:
    assert repr(Point(1, 2, "a")) == "Point(x=1, y=2, name='a')"
    assert repr(Empty()) == "Empty()"
    assert Point(0).is_origin
    assert Point.ORIGIN_NAME == "origin"
    assert Point.__doc__ == "Two numbers and a name."


def test_a_record_is_copied_pickled_and_matched() -> None:
    point = Point(1, 2, "a")
    assert copy.copy(point) == copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point
    match point:
        case Point(1, y, name="a"):
            assert y == 2
        case _:
            pytest.fail("it does not match its own values")


def test_the_functions_for_dataclasses_know_a_record() -> None:
    point = Point(1, 2)
    assert dataclasses.is_dataclass(point)
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y", "name"]
    assert dataclasses.replace(point, y=3) == Point(1, 3)
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "name": ""}


def test_a_record_may_derive_from_another_and_has_its_fields_first() -> None:
    step = Step(1.5, 7, "said", text="hello")
    assert (step.at, step.number, step.kind, step.text, step.size) == (1.5, 7, "said", "hello", 0)
    assert repr(step) == "Step(at=1.5, number=7, kind='said', text='hello', size=0)"
    assert isinstance(step, Moment)
    assert (step.arrow, Moment(0.0, 1).arrow) == (">", "-")
    assert step.title == "> 7"
    assert step == Step(1.5, 7, "said", "hello", 0) != Step(1.5, 8, "said", "hello")
    others: list[object] = [Moment(1.5, 7)]
    assert step not in others
    assert not hasattr(step, "__dict__")
    assert pickle.loads(pickle.dumps(step)) == step
    with pytest.raises(AttributeError, match=r"Step\.at cannot be changed"):
        step.at = 2.0  # type: ignore[misc]
    fields = [(field.name, field.type) for field in dataclasses.fields(Step)]
    assert fields[0] == ("at", "float")
    assert fields[-1] == ("size", "int")
    match step:
        case Moment(at, 7):
            assert at == 1.5
        case _:
            pytest.fail("it does not match as what it derives from")


def test_defaults_are_inherited() -> None:
    assert Shade(1) == Shade(1, 0, "", "dark")
