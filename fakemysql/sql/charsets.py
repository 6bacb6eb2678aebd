"""Character sets and collations: what an id on the wire means, and which Python codec reads the bytes.

The ids and names are those of both servers (``information_schema.collations`` of MariaDB 10.11 and MySQL 9.7),
written as families, because most ids follow a rule: every Unicode character set numbers the same languages in the
same order, MariaDB's NO PAD twin of a collation is 1024 further on, its UCA 14.0.0 collations are a base plus eight
times the language. A few ids mean one name on MariaDB and another on MySQL, hence one registry a family of servers.

No lookup by id raises: clients send ids that the server they talk to has never heard of (MySQL's 255 reaches
MariaDB), and a real server then falls back to its default. Lookups by name answer None for a name that the server
does not know.
"""

from __future__ import annotations

import functools
from typing import Final

from ..records import record
from .wordlist import words

BINARY_ID: Final = 63
UTF8MB4_GENERAL_CI: Final = 45
UTF8MB4_0900_AI_CI: Final = 255
UTF8MB3_GENERAL_CI: Final = 33
LATIN1_SWEDISH_CI: Final = 8


@record
class Charset:
    """One character set: max_bytes is its mbmaxlen, codec the Python codec that stands in for it.

    Python lacks a few 8-bit sets (dec8, swe7, armscii8, keybcs2, geostd8); latin-1 stands in, so that bytes at least
    come back as they went in.
    """

    name: str
    description: str
    default_collation: str
    max_bytes: int
    codec: str
    min_bytes: int = 1

    def __hash__(self) -> int:
        """Of the name, which is nearly always all that differs: this is hashed with each statement."""
        return hash(self.name)

    def decode(self, data: bytes) -> str:
        """Text of data; bytes that the codec does not know survive as lone surrogates and come back from encode()."""
        return data.decode(self.codec, "surrogateescape")

    def encode(self, text: str) -> bytes:
        """Bytes of text; a character that the set lacks becomes ``?``, as on a server."""
        try:
            return text.encode(self.codec, "surrogateescape")
        except UnicodeEncodeError:
            return b"".join(self._encode_character(character) for character in text)

    def _encode_character(self, character: str) -> bytes:
        try:
            return character.encode(self.codec, "surrogateescape")
        except UnicodeEncodeError:
            return "?".encode(self.codec)


@record
class Collation:
    """One collation: id as on the wire (0 where MariaDB numbers it out of reach), its name and its character set."""

    id: int
    name: str
    charset: Charset

    @property
    def is_binary(self) -> bool:
        """Compares code points or bytes, so that letter case counts."""
        return self.name == "binary" or self.name.endswith("_bin")

    @property
    def ignores_case(self) -> bool:
        return not self.is_binary and not self.name.endswith(("_cs", "_cs_ks"))

    @property
    def ignores_accents(self) -> bool:
        return self.ignores_case and not self.name.endswith("_as_ci")

    @property
    def pads_spaces(self) -> bool:
        """Trailing spaces do not count in comparisons."""
        return not (self.name == "binary" or "_0900_" in self.name or "nopad" in self.name)


# name | description | default collation | bytes a character, at most | Python codec
_CHARSETS: Final = """\
big5|Big5 Traditional Chinese|big5_chinese_ci|2|cp950
dec8|DEC West European|dec8_swedish_ci|1|latin-1
cp850|DOS West European|cp850_general_ci|1|cp850
hp8|HP West European|hp8_english_ci|1|hp_roman8
koi8r|KOI8-R Relcom Russian|koi8r_general_ci|1|koi8_r
latin1|cp1252 West European|latin1_swedish_ci|1|cp1252
latin2|ISO 8859-2 Central European|latin2_general_ci|1|iso8859_2
swe7|7bit Swedish|swe7_swedish_ci|1|latin-1
ascii|US ASCII|ascii_general_ci|1|ascii
ujis|EUC-JP Japanese|ujis_japanese_ci|3|euc_jp
sjis|Shift-JIS Japanese|sjis_japanese_ci|2|shift_jis
hebrew|ISO 8859-8 Hebrew|hebrew_general_ci|1|iso8859_8
tis620|TIS620 Thai|tis620_thai_ci|1|tis_620
euckr|EUC-KR Korean|euckr_korean_ci|2|cp949
koi8u|KOI8-U Ukrainian|koi8u_general_ci|1|koi8_u
gb2312|GB2312 Simplified Chinese|gb2312_chinese_ci|2|gb2312
greek|ISO 8859-7 Greek|greek_general_ci|1|iso8859_7
cp1250|Windows Central European|cp1250_general_ci|1|cp1250
gbk|GBK Simplified Chinese|gbk_chinese_ci|2|gbk
latin5|ISO 8859-9 Turkish|latin5_turkish_ci|1|iso8859_9
armscii8|ARMSCII-8 Armenian|armscii8_general_ci|1|latin-1
utf8mb3|UTF-8 Unicode|utf8mb3_general_ci|3|utf-8
ucs2|UCS-2 Unicode|ucs2_general_ci|2|utf-16-be
cp866|DOS Russian|cp866_general_ci|1|cp866
keybcs2|DOS Kamenicky Czech-Slovak|keybcs2_general_ci|1|latin-1
macce|Mac Central European|macce_general_ci|1|mac_latin2
macroman|Mac West European|macroman_general_ci|1|mac_roman
cp852|DOS Central European|cp852_general_ci|1|cp852
latin7|ISO 8859-13 Baltic|latin7_general_ci|1|iso8859_13
utf8mb4|UTF-8 Unicode|utf8mb4_general_ci|4|utf-8
cp1251|Windows Cyrillic|cp1251_general_ci|1|cp1251
utf16|UTF-16 Unicode|utf16_general_ci|4|utf-16-be
utf16le|UTF-16LE Unicode|utf16le_general_ci|4|utf-16-le
cp1256|Windows Arabic|cp1256_general_ci|1|cp1256
cp1257|Windows Baltic|cp1257_general_ci|1|cp1257
utf32|UTF-32 Unicode|utf32_general_ci|4|utf-32-be
binary|Binary pseudo charset|binary|1|utf-8
geostd8|GEOSTD8 Georgian|geostd8_general_ci|1|latin-1
cp932|SJIS for Windows Japanese|cp932_japanese_ci|2|cp932
eucjpms|UJIS for Windows Japanese|eucjpms_japanese_ci|3|euc_jp
gb18030|China National Standard GB18030|gb18030_chinese_ci|4|gb18030
"""

# The shortest character of these takes more than a byte: as character_set_client they are refused (error 1231).
_WIDE: Final = {"ucs2": 2, "utf16": 2, "utf16le": 2, "utf32": 4}

# Collations that both servers have, the id in front.
_COMMON: Final = """\
1 big5_chinese_ci 2 latin2_czech_cs 3 dec8_swedish_ci 4 cp850_general_ci 5 latin1_german1_ci 6 hp8_english_ci
7 koi8r_general_ci 8 latin1_swedish_ci 9 latin2_general_ci 10 swe7_swedish_ci 11 ascii_general_ci 12 ujis_japanese_ci
13 sjis_japanese_ci 14 cp1251_bulgarian_ci 15 latin1_danish_ci 16 hebrew_general_ci 18 tis620_thai_ci
19 euckr_korean_ci 20 latin7_estonian_cs 21 latin2_hungarian_ci 22 koi8u_general_ci 23 cp1251_ukrainian_ci
24 gb2312_chinese_ci 25 greek_general_ci 26 cp1250_general_ci 27 latin2_croatian_ci 28 gbk_chinese_ci
29 cp1257_lithuanian_ci 30 latin5_turkish_ci 31 latin1_german2_ci 32 armscii8_general_ci 33 utf8mb3_general_ci
34 cp1250_czech_cs 35 ucs2_general_ci 36 cp866_general_ci 37 keybcs2_general_ci 38 macce_general_ci
39 macroman_general_ci 40 cp852_general_ci 41 latin7_general_ci 42 latin7_general_cs 43 macce_bin
44 cp1250_croatian_ci 45 utf8mb4_general_ci 46 utf8mb4_bin 47 latin1_bin 48 latin1_general_ci 49 latin1_general_cs
50 cp1251_bin 51 cp1251_general_ci 52 cp1251_general_cs 53 macroman_bin 54 utf16_general_ci 55 utf16_bin
56 utf16le_general_ci 57 cp1256_general_ci 58 cp1257_bin 59 cp1257_general_ci 60 utf32_general_ci 61 utf32_bin
62 utf16le_bin 63 binary 64 armscii8_bin 65 ascii_bin 66 cp1250_bin 67 cp1256_bin 68 cp866_bin 69 dec8_bin
70 greek_bin 71 hebrew_bin 72 hp8_bin 73 keybcs2_bin 74 koi8r_bin 75 koi8u_bin 77 latin2_bin 78 latin5_bin
79 latin7_bin 80 cp850_bin 81 cp852_bin 82 swe7_bin 83 utf8mb3_bin 84 big5_bin 85 euckr_bin 86 gb2312_bin 87 gbk_bin
88 sjis_bin 89 tis620_bin 90 ucs2_bin 91 ujis_bin 92 geostd8_general_ci 93 geostd8_bin 94 latin1_spanish_ci
95 cp932_japanese_ci 96 cp932_bin 97 eucjpms_japanese_ci 98 eucjpms_bin 99 cp1250_polish_ci
159 ucs2_general_mysql500_ci 223 utf8mb3_general_mysql500_ci
"""

_ONLY_MYSQL: Final = """\
76 utf8mb3_tolower_ci 248 gb18030_chinese_ci 249 gb18030_bin 250 gb18030_unicode_520_ci
255 utf8mb4_0900_ai_ci 278 utf8mb4_0900_as_cs 303 utf8mb4_ja_0900_as_cs 304 utf8mb4_ja_0900_as_cs_ks
305 utf8mb4_0900_as_ci 306 utf8mb4_ru_0900_ai_ci 307 utf8mb4_ru_0900_as_cs 308 utf8mb4_zh_0900_as_cs
309 utf8mb4_0900_bin 310 utf8mb4_nb_0900_ai_ci 311 utf8mb4_nb_0900_as_cs 312 utf8mb4_nn_0900_ai_ci
313 utf8mb4_nn_0900_as_cs 314 utf8mb4_sr_latn_0900_ai_ci 315 utf8mb4_sr_latn_0900_as_cs 316 utf8mb4_bs_0900_ai_ci
317 utf8mb4_bs_0900_as_cs 318 utf8mb4_bg_0900_ai_ci 319 utf8mb4_bg_0900_as_cs 320 utf8mb4_gl_0900_ai_ci
321 utf8mb4_gl_0900_as_cs 322 utf8mb4_mn_cyrl_0900_ai_ci 323 utf8mb4_mn_cyrl_0900_as_cs
"""

# utf8mb4_XX_0900_ai_ci is 256 + the place in this list, utf8mb4_XX_0900_as_cs 279 + the place.
_LANGUAGES_0900: Final = words("de_pb is lv ro sl pl et es sv tr cs da lt sk es_trad la - eo hu hr - vi")

# The languages of the UCA 4.0.0 collations, in the order of their ids from each set's unicode_ci on.
_LANGUAGES: Final = words(
    """
    unicode icelandic latvian romanian slovenian polish estonian spanish swedish turkish czech danish
    lithuanian slovak spanish2 roman persian esperanto hungarian sinhala german2 croatian unicode_520
    vietnamese
    """
)
_UNICODE_BASE: Final = {"utf16": 101, "ucs2": 128, "utf32": 160, "utf8mb3": 192, "utf8mb4": 224}
# MariaDB renamed the collation that MySQL numbers so, and has three more a set.
_MARIADB_EXTRA_BASE: Final = {"utf8mb3": 576, "utf8mb4": 608, "ucs2": 640, "utf16": 672, "utf32": 736}
_NOPAD_OFFSET: Final = 1024
_UCA1400_BASE: Final = {"utf8mb3": 2048, "utf8mb4": 2304, "ucs2": 2560, "utf16": 2816, "utf32": 3072}
_UCA1400_FORMS: Final = ("ai_ci", "ai_cs", "as_ci", "as_cs", "nopad_ai_ci", "nopad_ai_cs", "nopad_as_ci", "nopad_as_cs")
_UCA1400_WITHOUT: Final = ("-", "unicode_520")


def _pairs(text: str) -> list[tuple[int, str]]:
    parts = text.split()
    return [(int(number), name) for number, name in zip(parts[::2], parts[1::2], strict=True)]


class Charsets:
    """The character sets and collations of one family of servers.

    by_id and by_name hold every collation, charsets every character set by its canonical name.
    """

    def __init__(self, *, mariadb: bool) -> None:
        self.mariadb = mariadb
        self.charsets: dict[str, Charset] = {}
        for line in _CHARSETS.splitlines():
            name, description, default, max_bytes, codec = line.split("|")
            if mariadb and name == "gb18030":
                continue
            if not mariadb and name == "utf8mb4":
                default = "utf8mb4_0900_ai_ci"
            self.charsets[name] = Charset(name, description, default, int(max_bytes), codec, _WIDE.get(name, 1))
        self.by_id: dict[int, Collation] = {}
        self.by_name: dict[str, Collation] = {}
        for number, name in self._numbered():
            collation = Collation(number, name, self.charsets[name.partition("_")[0]])
            self.by_id[number] = collation
            self.by_name[name] = collation

    def _numbered(self) -> list[tuple[int, str]]:
        numbered = _pairs(_COMMON)
        for charset, base in _UNICODE_BASE.items():
            for place, language in enumerate(_LANGUAGES):
                renamed = "croatian_mysql561" if self.mariadb and language == "croatian" else language
                numbered.append((base + place, f"{charset}_{renamed}_ci"))
        return numbered + (self._mariadb_only(numbered) if self.mariadb else self._mysql_only())

    @staticmethod
    def _mysql_only() -> list[tuple[int, str]]:
        numbered = _pairs(_ONLY_MYSQL)
        for place, language in enumerate(_LANGUAGES_0900):
            if language != "-":
                numbered.append((256 + place, f"utf8mb4_{language}_0900_ai_ci"))
                numbered.append((279 + place, f"utf8mb4_{language}_0900_as_cs"))
        return numbered

    @staticmethod
    def _mariadb_only(common: list[tuple[int, str]]) -> list[tuple[int, str]]:
        numbered: list[tuple[int, str]] = []
        defaults = {line.split("|")[2] for line in _CHARSETS.splitlines()} - {"binary"}
        for number, name in common:
            stem, _, ending = name.rpartition("_")
            if name in defaults or name.endswith(("_unicode_ci", "_unicode_520_ci")) or ending == "bin":
                numbered.append((number + _NOPAD_OFFSET, f"{stem}_nopad_{ending}"))
        for charset, base in _MARIADB_EXTRA_BASE.items():
            for place, form in enumerate(("croatian_ci", "myanmar_ci", "thai_520_w2")):
                numbered.append((base + place, f"{charset}_{form}"))
        for charset, base in _UCA1400_BASE.items():
            for place, language in enumerate(_LANGUAGES):
                if language in _UCA1400_WITHOUT:
                    continue
                tailoring = "" if language == "unicode" else f"{language}_"
                # MariaDB numbers the two languages that were added last behind a gap.
                number = base + 8 * (place + _uca1400_gap(language))
                for flags, form in enumerate(_UCA1400_FORMS):
                    numbered.append((number + flags, f"{charset}_uca1400_{tailoring}{form}"))
        return numbered

    def collation(self, number: int) -> Collation:
        """The collation with this id; an id that is not known answers utf8mb4's default, never an error."""
        found = self.by_id.get(number)
        if found is None:
            found = self.by_name["utf8mb4_general_ci" if self.mariadb else "utf8mb4_0900_ai_ci"]
        return found

    def charset(self, name: str) -> Charset | None:
        """The character set of this name, in any letter case; ``utf8`` is utf8mb3, as on both servers."""
        lowered = name.lower()
        return self.charsets.get("utf8mb3" if lowered == "utf8" else lowered)

    def named(self, name: str) -> Collation | None:
        """The collation of this name, in any letter case; ``utf8_...`` is the old spelling of ``utf8mb3_...``."""
        lowered = name.lower()
        if lowered.startswith("utf8_"):
            lowered = "utf8mb3_" + lowered.removeprefix("utf8_")
        return self.by_name.get(lowered)

    def default(self, charset: Charset) -> Collation:
        """The collation that a character set gets when none is named."""
        return self.by_name[charset.default_collation]


def _uca1400_gap(language: str) -> int:
    return {"vietnamese": 0, "croatian": 3}.get(language, 0)


@functools.cache
def mariadb_charsets() -> Charsets:
    return Charsets(mariadb=True)


@functools.cache
def mysql_charsets() -> Charsets:
    return Charsets(mariadb=False)


def collation(number: int) -> Collation:
    """What an id on the wire means, whichever server's it is; an unknown id answers utf8mb4, never an error."""
    return mysql_charsets().by_id.get(number) or mariadb_charsets().collation(number)
