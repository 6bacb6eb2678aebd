"""Records are frozen dataclasses in all but how they are made."""

from __future__ import annotations

import copy
import dataclasses
import pickle

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
