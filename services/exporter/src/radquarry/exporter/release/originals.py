"""What of an original must not be found in what leaves, read by the release check itself."""

import re
import unicodedata
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_keyword
from pydicom.uid import UID

from radquarry.exporter.release.raw_values import Place, Value, text_of

PEOPLE = (0x00100010, 0x00101001, 0x00101005, 0x00101060)
NUMBERS = (0x00100020, 0x00101000, 0x00101002, 0x00080050)
NO_INSTANCE = ("Class", "Syntax", "CodingScheme", "Creator", "ContextUID", "MappingResource")
"""Words in the keywords of UIDs that are no instance's."""
NO_NAMES = {"van", "der", "von", "den", "del", "los", "las", "dos", "bin", "ben", "ter", "prof", "med"}
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
TIMES = ("DA", "DT", "TM")
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
        whole = {text.replace(".", "")[:8] for text in self.times.values() if len(text) in (8, 10)}
        return frozenset(day for day in whole if len(day) == 8 and day.isdecimal() and day not in OF_NOBODY)


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


def meant(data: memoryview, charset: str) -> set[str]:
    """The text by its one character set where it fits; else every reading."""
    if "\\" not in charset:
        with warnings.catch_warnings(), suppress(LookupError, ValueError):
            warnings.simplefilter("ignore")
            return {bytes(data).decode(convert_encodings([charset])[0]).strip(" \0")}
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
            readings.add(decode_bytes(raw, convert_encodings(charset.split("\\")), {0x0A, 0x0D, 0x3D, 0x5C, 0x5E}))
    return {reading.strip(" \0") for reading in readings}


def plainly(text: str) -> str:
    """For comparing: no case, no accents."""
    if text.isascii():
        return text.casefold()
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))


@lru_cache(maxsize=512)
def telling(names: frozenset[str], ids: frozenset[str]) -> re.Pattern[str]:
    """Matches a text, made plain, that says one of them."""
    wanted = []
    for name in {word for each in names for word in re.split(r"[\W_]+", plainly(each))} - NO_NAMES:
        if name and not name.isascii() and len(name) > 1:
            wanted.append(re.escape(name))
        elif len(name) > 2 and not name.isdecimal():
            wanted.append(name if len(name) > 4 else rf"(?<![a-z]){name}(?![a-z])")
    for number in {plainly(each).strip() for each in ids}:
        if len(number) > 3:
            edge = r"\d" if len(number) > 5 else r"[a-z\d]"
            wanted.append(rf"(?<!{edge}){re.escape(number)}(?!{edge})")
    return re.compile("|".join(wanted) or r"\A\Z(?<=a)")
