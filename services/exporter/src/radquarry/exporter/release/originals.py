"""What of an original must not be found in what leaves, read by the release check itself."""

import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pydicom.charset import convert_encodings, decode_bytes, python_encoding
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_keyword
from pydicom.uid import UID

from radquarry.exporter.release.raw_values import Place, Value, text_of

PEOPLE = (0x00100010, 0x00100012, 0x00101001, 0x00101005, 0x00101060)
NUMBERS = (0x00100020, 0x00101000, 0x00101002, 0x00080050)
VERSIONS = (0x00080106, 0x00080107)
NO_INSTANCE = ("Class", "Syntax", "CodingScheme", "Creator", "ContextUID", "MappingResource")
"""Words in the keywords of UIDs that are no instance's."""
NO_NAMES = {"van", "der", "von", "den", "del", "los", "las", "dos", "bin", "ben", "ter", "prof", "med"}
MONTHS = {"jan": 1, "feb": 2, "mar": 3, "mae": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
          "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12}  # fmt: skip
TOKEN = re.compile("[0-9]+|[a-z]+")
BETWEEN = re.compile(r"[\s./,_-]{0,2}")
FEWEST_BYTES, UMLAUTS = 6, {"ä": "ae", "ö": "oe", "ü": "ue"}
COLOURS = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "HSV", "ARGB", "CMYK", "YBR_FULL", "YBR_FULL_422",
           "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "XYB"}  # fmt: skip
PIXELS, TIMES = (0x7FE00008, 0x7FE00009, 0x7FE00010), ("DA", "DT", "TM")
DAY = re.compile(r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
OF_NOBODY = {"19000101", "19000101000000", "000000"}


@dataclass(frozen=True)
class Original:
    """Names, ids and UIDs; dates and times by their place; the bytes of the pixels."""

    names: frozenset[str]
    ids: frozenset[str]
    uids: frozenset[str]
    times: dict[tuple[Place, int], str]
    pixels: dict[int, memoryview]
    charset: str

    def days(self) -> frozenset[str]:
        """The dates among the times, as eight digits."""
        texts = (text for (_, tag), text in self.times.items() if tag not in VERSIONS)
        parts = {part.strip() for text in texts for part in text.split("\\")}
        whole = {
            re.sub(r"[.-]", "", part[:10])[:8] if len(part) == 10 else part[:8] for part in parts if len(part) >= 8
        }
        return frozenset(day for day in whole if DAY.fullmatch(day) and day not in OF_NOBODY)


def original_of(values: Iterable[Value]) -> Original:
    """Reads all values once."""
    people: list[Value] = []
    numbers: list[Value] = []
    uids: set[str] = set()
    times: dict[tuple[Place, int], str] = {}
    pixels: dict[int, memoryview] = {}
    charset = ""
    for value in values:
        if value.tag in PIXELS and not value.place:
            pixels[value.tag] = value.data
        elif value.tag in PEOPLE:
            people.append(value)
        elif value.tag in NUMBERS:
            numbers.append(value)
        elif value.vr == "UI" and may_be_an_instances(value.tag):
            uids |= {uid.strip() for uid in text_of(value.data).split("\\")}
        elif value.vr in TIMES:
            times[value.place, value.tag] = text_of(value.data)
        elif value.tag == 0x00080005:
            charset = charset or text_of(value.data)
    names = {text for value in people for text in meant(value.data, charset)}
    ids = {part for value in numbers for text in meant(value.data, charset) for part in text.split("\\")}
    own = {uid for uid in uids if uid and not (uid.startswith("1.2.840.10008.") and registered(uid))}
    return Original(frozenset(names), frozenset(ids), frozenset(own), times, pixels, charset)


@lru_cache(maxsize=4096)
def may_be_an_instances(tag: int) -> bool:
    """Whether a UID of this attribute could say which instance it is."""
    if tag & 0x10000:
        return False
    try:
        keyword = dictionary_keyword(tag)
    except KeyError:
        return True
    return not any(word in keyword for word in NO_INSTANCE)


def registered(uid: str) -> bool:
    """Whether PS3.6 names it."""
    return UID(uid, validation_mode=IGNORE).name != uid


def codecs_of(charset: str) -> list[str]:
    """Python's names for the character sets. Raises `LookupError` for its codecs of other kinds."""
    found = convert_encodings([term.strip() for term in charset.split("\\")])
    if not set(found) <= set(python_encoding.values()):
        raise LookupError(charset)
    return found


def meant(data: memoryview, charset: str) -> set[str]:
    """The text by its one character set where it fits; else every reading."""
    if "\\" not in charset:
        with warnings.catch_warnings(), suppress(LookupError, ValueError):
            warnings.simplefilter("ignore")
            return {bytes(data).decode(codecs_of(charset)[0]).strip(" \0")}
    return spoken(data, charset)


def spoken(data: memoryview, charset: str) -> set[str]:
    """The readings of a text: by its character set, and as what it is most often whatever it says."""
    raw = bytes(data)
    if raw.isascii() and b"\x1b" not in raw:
        return {raw.decode().strip(" \0")}
    readings = {raw.decode("latin-1")}
    with suppress(UnicodeDecodeError):
        readings.add(raw.decode("utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(LookupError, ValueError):
            readings.add(decode_bytes(raw, codecs_of(charset), {0x0A, 0x0D, 0x3D, 0x5C, 0x5E}))
    return {reading.strip(" \0") for reading in readings}


def plainly(text: str) -> str:
    """For comparing: no case, no accents."""
    if text.isascii():
        return text.casefold()
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))


@lru_cache(maxsize=512)
def telling(names: frozenset[str], ids: frozenset[str], kind: str = "text") -> re.Pattern[str]:
    """Matches a text, made plain, that says one of them.

    `kind` is "text", "code" (a CS: only whole words) or "bytes" (no text: only what has at least six bytes).
    """
    wanted = []
    every = set(ids)
    for name in names:
        words = [word for component in _components(name) for word in component]
        every |= {word for word in words if word.isdecimal()}
        for word in words:
            wanted += _spelt(word, kind)
        if kind != "bytes":
            wanted += _in_one(_components(name))
    for number in {part for each in every for part in (plainly(each).strip(), plainly(each).split("^")[0].strip())}:
        if len(number) >= (FEWEST_BYTES if kind == "bytes" else 4):
            wanted.append(_numbered(number, loose=kind != "bytes"))
    return re.compile("|".join(wanted) or r"\A\Z(?<=a)")


def _components(name: str) -> list[list[str]]:
    found = []
    for group in unicodedata.normalize("NFC", name).split("="):
        for place, component in enumerate(group.split("^")):
            words = re.findall(r"[^\W_]+", component)
            names = [word for word, after in zip(words, [*words[1:], ""], strict=False)
                     if plainly(word) not in NO_NAMES or not (after or place > 2)]  # fmt: skip
            found.append(names)
        found.append([])
    return found


def _spelt(word: str, kind: str) -> list[str]:
    plain, long = plainly(word), plainly("".join(UMLAUTS.get(letter, letter) for letter in word.casefold()))
    if not _latin(plain):
        return [re.escape(plain)] if len(word) > (2 if kind == "bytes" else 1) else []
    if len(plain) < (FEWEST_BYTES if kind == "bytes" else 3) or plain.isdecimal():
        return []
    spelt = {plain, long} if kind == "bytes" else {plain, re.sub("([aou])e", r"\1e?", long)}
    inside = kind != "code" and len(re.sub("([aou])e", r"\1", plain)) > 4
    return [each if inside else rf"(?<![a-z]){each}(?![a-z])" for each in spelt]


def _in_one(components: list[list[str]]) -> Iterator[str]:
    for family, given in pairwise(components):
        words = [plainly(word) for word in (*family[-1:], *given[:1])]
        whole = "".join(words)
        if len(words) == 2 and len(whole) >= (4 if _latin(whole) else 2):
            before, after = ("(?<![a-z])", "(?![a-z])") if _latin(whole) else ("", "")
            for one, other in (words, words[::-1]):
                yield rf"{before}{re.escape(one)}[\W_]{{0,2}}{re.escape(other)}{after}"


def _latin(text: str) -> bool:
    return all(letter < "\u0370" for letter in text)


def _numbered(number: str, *, loose: bool) -> str:
    bare = re.sub(r"[\s./_-]", "", number)
    if len(bare) < 6 or not loose:
        edge = r"\d" if len(number) > 5 else r"[a-z\d]"
        return rf"(?<!{edge}){re.escape(number)}(?!{edge})"
    core = bare.lstrip("0") if bare.isdecimal() and len(bare.lstrip("0")) > 5 else bare
    zeros = "0*" if bare.isdecimal() else ""
    return rf"(?<!\d){zeros}" + r"[\s./_-]?".join(map(re.escape, core)) + r"(?!\d)"


def says_a_day(text: str, days: frozenset[str]) -> bool:
    """Whether a text says one of the days, eight digits each, however a person would write it."""
    if not days or not re.search("[0-9]", text):
        return False
    plain = plainly(text)
    tokens = list(TOKEN.finditer(plain))
    spelt = {order for day in days for order in (day, day[6:] + day[4:6] + day[:4], day[4:] + day[:4])}
    if any(token[0][:8] in spelt for token in tokens):
        return True
    return any(
        BETWEEN.fullmatch(plain[one.end() : two.start()])
        and BETWEEN.fullmatch(plain[two.end() : three.start()])
        and not days.isdisjoint(_meant_days(one[0], two[0], three[0]))
        for one, two, three in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )


def _meant_days(*tokens: str) -> Iterator[str]:
    parts = [f"{MONTHS[token[:3]]:02}" if token[:3] in MONTHS and len(token) < 10 else token for token in tokens]
    if not all(part.isdecimal() and len(part) in (1, 2, 4) for part in parts):
        return
    for year, one, other in (parts, (parts[2], parts[0], parts[1])):
        if len(year) > 1 and len(one) < 3 and len(other) < 3:
            numbered = tokens[0][0].isdecimal() and tokens[1][0].isdecimal()
            centuries = ("",) if len(year) == 4 else ("19", "20") if numbered else ()
            for century in centuries:
                yield f"{century}{year}{one:0>2}{other:0>2}"
                yield f"{century}{year}{other:0>2}{one:0>2}"


def is_own_number(text: str, ids: frozenset[str], days: frozenset[str]) -> bool:
    """Whether one of several numbers (DS, IS) is an id of six digits or more, or a day."""
    own = days | {bare for each in ids if len(bare := each.strip().lstrip("0")) > 5 and bare.isdecimal()}
    return any(part.strip().lstrip("+0") in own for part in text.split("\\"))


def is_defined(value: Value) -> bool:
    """Whether it is a Specific Character Set or a Photometric Interpretation of the standard: no place for a name."""
    terms = text_of(value.data).split("\\")
    if value.tag == 0x00080005:
        return all(term.strip() in python_encoding for term in terms)
    return value.tag == 0x00280004 and text_of(value.data) in COLOURS
