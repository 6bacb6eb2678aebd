"""JSON as MySQL 9.7.4 reads and writes it, text by text."""

from __future__ import annotations

import pytest

from fakemysql.sql.documents import NotJson, normalized

KEPT = [
    ("\t\r\n 1 \n", "1"),
    ('{"b":1,"a":2,"b":3}', '{"a": 2, "b": 3}'),
    ('{"é":1,"z":2,"zz":3}', '{"z": 2, "zz": 3, "é": 1}'),
    ('[ true , false,null, {}, [] ,""]', '[true, false, null, {}, [], ""]'),
    ("[1.5,2e3,-0,-0.0,1e15,1e16,0.1,100]", "[1.5, 2000.0, 0, -0.0, 1e15, 1e16, 0.1, 100]"),
    ("[18446744073709551615,18446744073709551616]", "[18446744073709551615, 1.8446744073709552e19]"),
    ("[-9223372036854775808,-9223372036854775809]", "[-9223372036854775808, -9.223372036854776e18]"),
    ("[123456.789e3,1E-7,1.10]", "[123456789.0, 0.0000001, 1.1]"),
    (r'"\u00e9\/\b\f\t\n\r\u0001\\\"\u0000"', r'"é/\b\f\t\n\r\u0001\\\"\u0000"'),
    (r'"\ud83d\ude00"', '"😀"'),
    ('"\x7f"', '"\x7f"'),
]

REFUSED = [
    ("", "The document is empty.", 0),
    ("  ", "The document is empty.", 2),
    ("1 2", "The document root must not be followed by other values.", 2),
    ("00", "The document root must not be followed by other values.", 1),
    ("[1]x", "The document root must not be followed by other values.", 3),
    ("nonsense", "Invalid value.", 1),
    ("tru", "Invalid value.", 3),
    ("[1, tru]", "Invalid value.", 7),
    ("-x", "Invalid value.", 1),
    (".5", "Invalid value.", 0),
    ("[", "Invalid value.", 1),
    ("[1,]", "Invalid value.", 3),
    ('{"a":', "Invalid value.", 5),
    ("\ufeff1", "Invalid value.", 0),
    ('{"a" : [1, {"b": nope}]}', "Invalid value.", 18),
    ("{", "Missing a name for object member.", 1),
    ('{"a": 1,}', "Missing a name for object member.", 8),
    ('{"a" 1}', "Missing a colon after a name of object member.", 5),
    ('{"a":1 "b":2}', "Missing a comma or '}' after an object member.", 7),
    ("[1 2]", "Missing a comma or ']' after an array element.", 3),
    ('"abc', "Missing a closing quotation mark in string.", 4),
    ('"ä\n"', "Invalid encoding in string.", 3),
    ('"ab\\', "Invalid escape character in string.", 3),
    (r'"\x"', "Invalid escape character in string.", 1),
    (r'"\u12zz"', "Incorrect hex digit after \\u escape in string.", 1),
    (r'"\ud800"', "The surrogate pair in string is invalid.", 1),
    (r'"\ud800\u0041"', "The surrogate pair in string is invalid.", 1),
    (r'"\udc00"', "The surrogate pair in string is invalid.", 1),
    ("1.x", "Miss fraction part in number.", 2),
    ("1e+", "Miss exponent in number.", 3),
    ("-1e999", "Number too big to be stored in double.", 0),
]


@pytest.mark.parametrize(("text", "kept"), KEPT)
def test_a_document_is_kept_in_the_servers_spelling(text: str, kept: str) -> None:
    assert normalized(text) == kept
    assert normalized(kept) == kept


@pytest.mark.parametrize(("text", "problem", "position"), REFUSED)
def test_what_is_no_document_is_told_in_the_servers_words(text: str, problem: str, position: int) -> None:
    with pytest.raises(NotJson) as refused:
        normalized(text)
    assert (refused.value.problem, refused.value.position) == (problem, position)
