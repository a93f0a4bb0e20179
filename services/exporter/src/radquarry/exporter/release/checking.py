"""The release check: reads what is about to leave, raw, and says what should not be in it; values are never said."""

import re
from dataclasses import dataclass

from pydicom.datadict import dictionary_has_tag, dictionary_keyword, repeater_has_tag

from radquarry.exporter.release.originals import (
    OF_NOBODY,
    PIXELS,
    TIMES,
    Original,
    is_defined,
    is_own_number,
    may_be_an_instances,
    original_of,
    plainly,
    registered,
    says_a_day,
    spoken,
    telling,
)
from radquarry.exporter.release.pixel_text import WANTED, Reader
from radquarry.exporter.release.raw_values import NotReadable, RawFile, Value, alike, text_of
from radquarry.exporter.release.representations import (
    EPOCHS,
    digits_of,
    is_inside_another,
    is_time_of_day,
    is_transfer_syntax,
    is_version,
    is_written_as_another,
    understood,
)

META = frozenset(range(0x00020000, 0x00020004)) | {0x00020010, 0x00020012, 0x00020013}
NUMERIC = frozenset(("DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "AT", "UI", "DA", "DT", "TM", "AS"))
BYTES = frozenset(("OB", "OW", "UN", "OF", "OD", "OL", "OV", "SV", "UV"))
A_DAY = re.compile(r"(?<!\d)[12]\d{7}(?!\d)")
A_UID = re.compile(r"\d+(?:\.\d+){3,}")
TRANSFER_SYNTAX, ENGINE_CLASS, VERSION_NAME = 0x00020010, 0x00020012, 0x00020013
MARKS = frozenset((0x00120063, 0x00120064))
MOST_FINDINGS = 20
NOTHING = memoryview(b"")


@dataclass(frozen=True)
class Expected:
    """What the profile allows: which times stay, whether UIDs do, safe private attributes, and single ones kept."""

    patient: str
    dates: str = "moved"
    uids_stay: bool = False
    private: frozenset[tuple[str, int, int]] = frozenset()
    kept: frozenset[int] = frozenset()
    marks: frozenset[bytes] = frozenset()
    """What the files may say of their cleaning, word for word: Bašić may be a patient, and Basic stands there."""
    pixels_cleaned: bool = False
    """Whether its pixels may differ from the original's; they are read then."""
    pixel_words: frozenset[str] = frozenset()
    """Words that may stand in them, in lower case."""


@dataclass(frozen=True)
class Finding:
    """Where, and what of it should not be there."""

    where: str
    what: str


def findings(original: memoryview, output: memoryview, expected: Expected) -> list[Finding]:
    """At most twenty; none means that it may leave."""
    try:
        known = original_of(RawFile(original).values())
    except NotReadable as fault:
        return [Finding("original", f"the release check cannot read it: {fault}")]
    try:
        return _Check(known, expected).file(RawFile(output))[:MOST_FINDINGS]
    except NotReadable as fault:
        return [Finding("file", f"the release check cannot read it: {fault}")]


class _Check:
    def __init__(self, original: Original, expected: Expected) -> None:
        self._original = original
        self._expected = expected
        self._telling = telling(original.names, original.ids)
        self._telling_of = {"CS": telling(original.names, original.ids, "code")}
        self._telling_of |= dict.fromkeys(BYTES, telling(original.names, original.ids, "bytes"))
        self._days = frozenset() if expected.dates == "kept" else original.days()
        own = {text[:8] for (_, tag), text in original.times.items() if not is_version(tag)} - OF_NOBODY
        self._own_days = frozenset(day for day in own if len(day) == 8 and day.isdecimal())
        self._numbers = digits_of(original.ids) | self._own_days
        self._creators: dict[tuple[tuple[int, ...], int, int], str] = {}
        self._found: list[Finding] = []

    def file(self, output: RawFile) -> list[Finding]:
        if any(output.preamble):
            self._found.append(Finding("preamble", "is not empty"))
        self._meta(output.meta)
        said: dict[int, str] = {}
        pixels: set[int] = set()
        shown: dict[int, Value] = {}
        for value in output.values():
            if value.tag in WANTED and not value.place:
                shown[value.tag] = value
            if not value.place and value.tag in (0x00120062, 0x00100020):
                said[value.tag] = text_of(value.data)
            if value.tag in PIXELS and not value.place:
                pixels.add(value.tag)
                if not self._expected.pixels_cleaned and not alike(
                    self._original.pixels.get(value.tag, NOTHING), value.data
                ):
                    self._say(value, "is not the original's")
                continue
            self._value(value)
        if pixels != set(self._original.pixels):
            self._found.append(Finding("PixelData", "is missing"))
        elif self._expected.pixels_cleaned:
            own = Reader(self._says_own, self._expected.pixel_words)
            self._found += [Finding("PixelData", what) for what in own.faults(shown, output.syntax)]
        if said.get(0x00120062) != "YES":
            self._found.append(Finding("PatientIdentityRemoved", "is not YES"))
        if said.get(0x00100020, "") not in (self._expected.patient, ""):
            self._found.append(Finding("PatientID", "is not the pseudonym"))
        return self._found

    def _says_own(self, text: str) -> bool:
        return self._telling.search(plainly(text)) is not None or says_a_day(text, self._days)

    def _meta(self, meta: list[Value]) -> None:
        for value in meta:
            if value.tag not in META:
                self._say(value, "does not belong into the file meta information")
            if value.tag == VERSION_NAME:
                self._mark(value)
            else:
                self._texts(value)
            self._uid(value)
            self._kept_uid(value)
            if value.tag == TRANSFER_SYNTAX and not is_transfer_syntax(text_of(value.data)):
                self._say(value, "is no transfer syntax of the standard")

    def _mark(self, value: Value) -> None:
        if bytes(value.data).strip(b" \0") not in self._expected.marks:
            self._say(value, "is not what is said of the cleaning")

    def _value(self, value: Value) -> None:
        group = value.tag >> 16
        if group & 1:
            self._private(value)
        elif group in (0, 2, 0xFFFC) or group >> 8 in (0x50, 0x60):
            self._say(value, "is of a group that may not leave")
        elif not dictionary_has_tag(value.tag) and not repeater_has_tag(value.tag):
            self._say(value, "is no attribute of the standard")
        if is_written_as_another(value) or is_inside_another(value):
            self._say(value, "has a value representation that is not its own")
        known = understood(value)
        if known.vr == "TM" and not is_time_of_day(text_of(value.data)):
            self._say(value, "is no time of day")
        if value.tag not in self._expected.kept:
            self._uid(known)
            self._time(known)
        self._kept_uid(known)
        if MARKS & {value.tag, *value.place[:1]}:
            self._mark(value)
        else:
            self._texts(value)

    def _private(self, value: Value) -> None:
        group, number = value.tag >> 16, value.tag & 0xFFFF
        if 0x10 <= number <= 0xFF:
            creator = self._creators[value.place, group, number] = text_of(value.data)
            allowed = any(creator == safe[0] and group == safe[1] for safe in self._expected.private)
        else:
            creator = self._creators.get((value.place, group, number >> 8), "")
            allowed = (creator, group, number & 0xFF) in self._expected.private
        if not allowed:
            self._say(value, "is a private attribute that is not known to be safe")

    def _uid(self, value: Value) -> None:
        if value.vr != "UI" or self._expected.uids_stay or not may_be_an_instances(value.tag):
            return
        if self._original.uids & {uid.strip() for uid in text_of(value.data).split("\\")}:
            self._say(value, "is a UID of the original")

    def _kept_uid(self, value: Value) -> None:
        """UIDs of no instance stay, others may: none of them may be made of what the patient is known by."""
        if value.vr != "UI":
            return
        others = not may_be_an_instances(value.tag) and value.tag != ENGINE_CLASS and not value.tag & 0x10000
        for uid in text_of(value.data).split("\\"):
            if registered(uid.strip()):
                continue
            if self._telling.search(uid) or (others and any(number in uid for number in self._numbers)):
                self._say(value, "is a UID that says an id or a date of the patient")

    def _time(self, value: Value) -> None:
        dates, text = self._expected.dates, text_of(value.data)
        if value.vr not in TIMES or not text or text in OF_NOBODY or dates == "kept":
            return
        before = self._original.times.get((value.place, value.tag), "")
        if dates == "moved" and (value.vr == "TM" or is_version(value.tag)):
            if is_version(value.tag) and text[:8] in self._own_days:
                self._say(value, "is a date of the patient")
        elif before == text:
            self._say(value, "is a date or time of the original")
        elif before[:8] in EPOCHS:
            self._say(value, "is a moved date that everybody knows")

    def _texts(self, value: Value) -> None:
        if is_defined(value):
            return
        if value.vr in BYTES:
            raw = bytes(value.data)
            texts = {raw.decode("latin-1"), raw.decode("utf-8", "ignore"), raw.decode("utf-16-le", "ignore")}
        elif value.vr in NUMERIC:
            texts = {text_of(value.data)} if value.vr in ("DS", "IS", "DA", "DT", "TM", "AS") else set()
            if value.vr in ("DS", "IS") and is_own_number(text_of(value.data), self._original.ids, self._days):
                self._say(value, "is an id or a date of the patient")
            texts = {text for text in texts if any(letter.isalpha() and letter not in "eE" for letter in text)}
        else:
            texts = spoken(value.data, self._original.charset)
        for text in texts:
            if self._telling_of.get(value.vr, self._telling).search(plainly(text)):
                self._say(value, "says a name, an id or an accession number of the patient")
                return
            if not self._expected.uids_stay and "." in text and self._original.uids & set(A_UID.findall(text)):
                self._say(value, "says a UID of the original")
                return
            if self._days & set(A_DAY.findall(text)) or (value.vr not in BYTES and says_a_day(text, self._days)):
                self._say(value, "says a date of the original")
                return

    def _say(self, value: Value, what: str) -> None:
        if len(self._found) < MOST_FINDINGS:
            tags = (*value.place[::2], value.tag)
            self._found.append(Finding(" > ".join(map(_name, tags)), what))


def _name(tag: int) -> str:
    known = dictionary_has_tag(tag) or repeater_has_tag(tag)
    return (dictionary_keyword(tag) if known else "") or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
