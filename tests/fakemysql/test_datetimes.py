"""Many datetimes at once are what each is by itself."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql import constants as c
from fakemysql.answers import Column
from fakemysql.binary import BinaryRowEncoder
from fakemysql.datetimes import cells, texts
from fakemysql.rows import charset_of, datetime_text

ZONES = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=-5))])
ONE_BY_ONE = BinaryRowEncoder([Column("at", c.FIELD_TYPE_DATETIME, 63, 19)], charset_of)
EDGES = [dt.datetime.min, dt.datetime.max, dt.datetime(2047, 12, 31, 23, 59, 59), dt.datetime(2048, 1, 1, fold=1)]


def binary(value: dt.datetime) -> str:
    return ONE_BY_ONE.payload([value])[2:].decode("latin-1")


@given(
    st.lists(st.datetimes(timezones=ZONES) | st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2040, 1, 1)), min_size=1)
)
def test_many_are_what_each_is(values: list[dt.datetime]) -> None:
    assert texts(values) == [datetime_text(value) for value in values]
    assert cells(values) == [binary(value) for value in values]


@pytest.mark.parametrize("values", [EDGES, *([edge] for edge in EDGES), [dt.datetime(2024, 2, 29, 1)] * 3])
def test_so_are_those_at_the_edges(values: list[dt.datetime]) -> None:
    assert texts(values) == [datetime_text(value) for value in values]
    assert cells(values) == [binary(value) for value in values]


@pytest.mark.parametrize("year", range(1, 10000, 97))
def test_every_century_has_its_digits(year: int) -> None:
    assert texts([dt.datetime(year, 1, 2)]) == [f"{year:04}-01-02 00:00:00"]
