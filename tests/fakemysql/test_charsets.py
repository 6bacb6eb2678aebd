"""Character sets and collations: ids, names, and bytes that come back as they went in."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.sql.charsets import Charsets, collation, mariadb_charsets, mysql_charsets

BOTH = [mariadb_charsets(), mysql_charsets()]


@pytest.mark.parametrize(
    ("registry", "count", "examples"),
    [
        (
            mariadb_charsets(),
            1242,
            {
                8: "latin1_swedish_ci",
                45: "utf8mb4_general_ci",
                213: "utf8mb3_croatian_mysql561_ci",
                608: "utf8mb4_croatian_ci",
                1056: "armscii8_general_nopad_ci",
                1248: "utf8mb4_unicode_nopad_ci",
                2304: "utf8mb4_uca1400_ai_ci",
                2496: "utf8mb4_uca1400_croatian_ai_ci",
            },
        ),
        (
            mysql_charsets(),
            286,
            {
                28: "gbk_chinese_ci",
                33: "utf8mb3_general_ci",
                63: "binary",
                76: "utf8mb3_tolower_ci",
                213: "utf8mb3_croatian_ci",
                224: "utf8mb4_unicode_ci",
                255: "utf8mb4_0900_ai_ci",
                300: "utf8mb4_vi_0900_as_cs",
                309: "utf8mb4_0900_bin",
            },
        ),
    ],
)
def test_ids_are_those_of_the_servers(registry: Charsets, count: int, examples: dict[int, str]) -> None:
    assert len(registry.by_id) == count
    assert {number: registry.by_id[number].name for number in examples} == examples


@pytest.mark.parametrize("registry", BOTH)
def test_every_collation_belongs_to_the_set_that_its_name_begins_with(registry: Charsets) -> None:
    for each in registry.by_id.values():
        assert each.name == each.charset.name or each.name.startswith(f"{each.charset.name}_")
    for charset in registry.charsets.values():
        codecs.lookup(charset.codec)
        assert registry.default(charset).charset is charset


def test_an_id_that_nobody_knows_answers_utf8mb4() -> None:
    assert mariadb_charsets().collation(255).name == "utf8mb4_general_ci"
    assert mysql_charsets().collation(7777).name == "utf8mb4_0900_ai_ci"
    assert collation(9999).charset.name == "utf8mb4"
    assert collation(2304).name == "utf8mb4_uca1400_ai_ci"
    assert collation(8).charset.codec == "cp1252"


def test_names_are_found_in_any_case_and_in_their_old_spelling() -> None:
    registry = mysql_charsets()
    named, old = registry.charset("UTF8"), registry.named("utf8_GENERAL_ci")
    assert named is registry.charsets["utf8mb3"]
    assert old is registry.by_id[33]
    assert registry.charset("nosuch") is None
    assert registry.named("nosuch") is None
    assert mariadb_charsets().charset("gb18030") is None


@pytest.mark.parametrize(
    ("name", "binary", "case", "accents", "pads"),
    [
        ("utf8mb4_bin", True, False, False, True),
        ("binary", True, False, False, False),
        ("utf8mb4_0900_ai_ci", False, True, True, False),
        ("utf8mb4_0900_as_ci", False, True, False, False),
        ("utf8mb4_0900_as_cs", False, False, False, False),
        ("latin1_swedish_ci", False, True, True, True),
    ],
)
def test_a_collations_name_says_how_it_compares(name: str, binary: bool, case: bool, accents: bool, pads: bool) -> None:
    each = mysql_charsets().by_name[name]
    assert (each.is_binary, each.ignores_case, each.ignores_accents, each.pads_spaces) == (binary, case, accents, pads)


def test_a_character_that_a_set_lacks_is_sent_as_a_question_mark() -> None:
    latin1 = mysql_charsets().charsets["latin1"]
    assert latin1.encode("aé€漢b") == b"a\xe9\x80?b"
    assert mysql_charsets().charsets["utf16"].encode("漢") == b"\x6f\x22"


@given(st.binary(max_size=40))
def test_bytes_that_are_no_text_come_back_as_they_went_in(data: bytes) -> None:
    """What a client sends inside a binary literal survives being read as text."""
    for name in ("utf8mb4", "latin1", "ascii", "binary"):
        charset = mysql_charsets().charsets[name]
        assert charset.encode(charset.decode(data)) == data
