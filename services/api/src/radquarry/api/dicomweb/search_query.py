"""The query of a search transaction: which attributes must match, which are to be given (PS3.18 section 8.3.4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from radquarry.api.dicomweb.matching import Match, matcher
from radquarry.api.problems import Problem

Level = Literal["studies", "series", "instances"]

STUDY_TAGS = (
    0x00080005, 0x00080020, 0x00080030, 0x00080050, 0x00080061, 0x00080090, 0x00080201, 0x00081030, 0x00100010,
    0x00100020, 0x00100021, 0x00100030, 0x00100040, 0x0020000D, 0x00200010, 0x00201206, 0x00201208,
)  # fmt: skip
SERIES_TAGS = (
    0x00080021, 0x00080031, 0x00080060, 0x00080070, 0x00080080, 0x0008103E, 0x00180015, 0x0020000E, 0x00200011,
    0x00201209, 0x00400244, 0x00400245,
)  # fmt: skip
INSTANCE_TAGS = (
    0x00080008, 0x00080016, 0x00080018, 0x00080023, 0x00080033, 0x00200013, 0x00280008, 0x00280010, 0x00280011,
    0x00280100,
)  # fmt: skip
KNOWN = (*STUDY_TAGS, *SERIES_TAGS, *INSTANCE_TAGS)
"""Given without being asked for."""
STUDY_FURTHER = {
    0x00080051, 0x00080096, 0x0008009C, 0x0008009D, 0x00081032, 0x00081048, 0x00081049, 0x00081060, 0x00081062,
    0x00081080, 0x00081084, 0x00081110, 0x00120050, 0x00120051, 0x00321033, 0x00321034, 0x00380010, 0x00380014,
    0x00380060, 0x00380064, 0x00380500,
}  # fmt: skip
"""Of the General Study, Patient Study and Clinical Trial Study modules (PS3.3 C.7.2); group 0010 is all of it."""
SERIES_FURTHER = {
    0x00080060, 0x00080064, 0x00080081, 0x00081010, 0x00081040, 0x00081050, 0x00081052, 0x00081070, 0x00081072,
    0x00081090, 0x00081111, 0x00181000, 0x00181020, 0x00181030, 0x00185100, 0x00200052, 0x00200060, 0x00201040,
    0x00400250, 0x00400251, 0x00400253, 0x00400254, 0x00400260, 0x00400275, 0x00400280,
}  # fmt: skip
"""Of the General Series, General Equipment and Frame of Reference modules (PS3.3 C.7.3, C.7.5, C.7.4)."""
ALWAYS = {0x00080056, 0x00081190}
"""Instance Availability and Retrieve URL stand in every row."""
COUNTED = {0x00080061, 0x00201206, 0x00201208, 0x00201209}
"""Modalities in Study and the numbers of related series and instances: what is here, not what a file says."""
MOST = 5000
USUAL = 1000
MOST_KEYS = 64
LONGEST = 8192
FIRST_TAG = 0x00080000
"""Of a data set; those before are of messages and files."""
PATIENT = 0x0010
_NAME = re.compile(r"[A-Za-z0-9.]{1,64}")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


@dataclass(frozen=True)
class Key:
    """`path`: one tag, or those of the sequences above it first."""

    path: tuple[int, ...]
    wanted: str
    match: Match | None


@dataclass(frozen=True)
class Search:
    """What is looked for. `include` are further tags to be given; `everything` are all of them.

    `not_given` are names of attributes that were asked for and that no row of this level has.
    """

    level: Level
    keys: tuple[Key, ...] = ()
    include: frozenset[int] = frozenset()
    everything: bool = False
    limit: int = USUAL
    offset: int = 0
    fuzzy: bool = False
    not_given: tuple[str, ...] = ()

    @property
    def tags(self) -> frozenset[int]:
        """Those that a header must be asked for."""
        return frozenset(KNOWN) | self.include | {key.path[0] for key in self.keys}


def search_of(level: Level, query: Iterable[tuple[str, str]]) -> Search:
    """Raises the problem to show: what cannot be looked for is refused, never passed over."""
    keys: list[Key] = []
    fields: list[str] = []
    said: dict[str, str] = {}
    for name, value in query:
        match name.lower():
            case "limit" | "offset" | "fuzzymatching" as single:
                if single in said:
                    raise unfit(f"{single} is given once.")
                said[single] = value
            case "includefield":
                fields += [each.strip() for each in value.split(",") if each.strip()]
            case "accept" | "charset":
                continue
            case _:
                keys.append(_key(level, name, value))
    if len(keys) > MOST_KEYS:
        raise unfit(f"At most {MOST_KEYS} matching keys at a time.")
    if len({key.path for key in keys}) < len(keys):
        raise unfit("An attribute is matched once; several UIDs are separated by commas.")
    limit, offset = _number("limit", said.get("limit", str(USUAL))), _number("offset", said.get("offset", "0"))
    include, not_given = _included(level, fields)
    everything = any(each.lower() == "all" for each in fields)
    fuzzy = _truth("fuzzymatching", said.get("fuzzymatching", "false"))
    return Search(level, tuple(keys), include, everything, min(limit, MOST), offset, fuzzy, not_given)


def is_given(level: Level, tag: int) -> bool:
    """Whether a row of this level has the attribute: that of a series is not the same in all of a study."""
    if level == "instances":
        return tag >= FIRST_TAG
    if tag in {*STUDY_TAGS, *STUDY_FURTHER, *ALWAYS} or tag >> 16 == PATIENT:
        return True
    return level == "series" and tag in {*SERIES_TAGS, *SERIES_FURTHER}


def _included(level: Level, fields: Iterable[str]) -> tuple[frozenset[int], tuple[str, ...]]:
    include: set[int] = set()
    not_given: dict[str, None] = {}
    for each in fields:
        if each.lower() == "all":
            continue
        try:
            tag = _path(each)[0]
        except Problem:
            not_given[each if _NAME.fullmatch(each) else "an unreadable name"] = None
            continue
        if is_given(level, tag):
            include.add(tag)
        else:
            not_given[keyword_for_tag(tag) or f"{tag:08X}"] = None
    return frozenset(include), tuple(not_given)


def _key(level: Level, name: str, value: str) -> Key:
    path = _path(name)
    allowed = {"studies": STUDY_TAGS, "series": (*STUDY_TAGS, *SERIES_TAGS), "instances": path}[level]
    if path[0] not in allowed:
        raise unfit(f"{keyword_for_tag(path[0]) or f'{path[0]:08X}'} cannot be matched in a search for {level}.")
    try:
        vr = dictionary_VR(path[-1])
    except KeyError:
        vr = "LO"
    if len(value) > LONGEST:  # cut, it would be another question
        raise unfit(f"A value has at most {LONGEST} characters: ask in several searches.")
    try:
        return Key(path, value, matcher(vr, value))
    except ValueError as error:
        raise unfit(f"{keyword_for_tag(path[-1])} {error}.") from None


def _path(name: str) -> tuple[int, ...]:
    tags = []
    for part in name.strip().split("."):
        tag = int(part, 16) if _TAG.fullmatch(part) else tag_for_keyword(part)
        if tag is None or not part:  # a few tags of the dictionary have no keyword
            raise unfit("A parameter is neither a keyword nor a tag of an attribute.")
        tags.append(tag)
    return tuple(tags)


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value.strip()):
        raise unfit(f"{name} is a whole number.")
    return int(value)


def _truth(name: str, value: str) -> bool:
    if value.strip().lower() not in {"true", "false"}:
        raise unfit(f"{name} is true or false.")
    return value.strip().lower() == "true"


def unfit(detail: str) -> Problem:
    """400, as PS3.18 section 8.3.5 wants it."""
    return Problem(400, "invalid", "The request does not fit", detail)
