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
COUNTED = {0x00080061, 0x00201206, 0x00201208, 0x00201209}
"""Modalities in Study and the numbers of related series and instances: what is here, not what a file says."""
MOST = 5000
USUAL = 1000
MOST_KEYS = 64
LONGEST = 8192
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


@dataclass(frozen=True)
class Key:
    """`path`: one tag, or those of the sequences above it first."""

    path: tuple[int, ...]
    wanted: str
    match: Match | None


@dataclass(frozen=True)
class Search:
    """What is looked for. `include` are further tags to be given; `everything` are all of them."""

    level: Level
    keys: tuple[Key, ...] = ()
    include: frozenset[int] = frozenset()
    everything: bool = False
    limit: int = USUAL
    offset: int = 0
    fuzzy: bool = False

    @property
    def tags(self) -> frozenset[int]:
        """Those that a header must be asked for."""
        return frozenset(KNOWN) | self.include | {key.path[0] for key in self.keys}


def search_of(level: Level, query: Iterable[tuple[str, str]]) -> Search:
    """Raises the problem to show: what cannot be looked for is refused, never passed over."""
    keys: list[Key] = []
    include: set[int] = set()
    numbers = {"limit": USUAL, "offset": 0}
    everything = fuzzy = False
    for name, value in query:
        match name.lower():
            case "limit" | "offset":
                numbers[name.lower()] = _number(name, value)
            case "includefield":
                everything |= value.strip().lower() == "all"
                include |= {_path(each)[0] for each in value.split(",") if each.strip().lower() not in {"", "all"}}
            case "fuzzymatching":
                fuzzy |= value.strip().lower() == "true"
            case "accept" | "charset":
                continue
            case _:
                keys.append(_key(level, name, value))
    if len(keys) > MOST_KEYS:
        raise unfit(f"At most {MOST_KEYS} matching keys at a time.")
    if len({key.path for key in keys}) < len(keys):
        raise unfit("An attribute is matched once; several UIDs are separated by commas.")
    limit = min(numbers["limit"], MOST)
    return Search(level, tuple(keys), frozenset(include), everything, limit, numbers["offset"], fuzzy)


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
        if tag is None:
            raise unfit("A parameter is neither a keyword nor a tag of an attribute.")
        tags.append(tag)
    return tuple(tags)


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value.strip()):
        raise unfit(f"{name} is a whole number.")
    return int(value)


def unfit(detail: str) -> Problem:
    """400, as PS3.18 section 8.3.5 wants it."""
    return Problem(400, "invalid", "The request does not fit", detail)
