"""C-FIND identifiers as people write them (DICOM keyword → value), checked before a PACS sees them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from pydicom import Dataset
from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword

from radquarry.dicom.uids import is_uid
from radquarry.errors import Permanent
from radquarry.finder.keys import element
from radquarry.finder.matching import RANGED, WILD, WILDCARDS, is_universal
from radquarry.finder.rows import QUERY_CHARSET
from radquarry.messages.profiles import QueryLevel

Model = Literal["patient-root", "study-root"]

LEVELS: tuple[QueryLevel, ...] = get_args(QueryLevel)
MOST_KEYS = 100
MOST_CHARACTERS = 4096
NOT_ASKED = frozenset(("SQ", "OB", "OD", "OF", "OL", "OV", "OW", "UN", "AT"))
DAY = re.compile(r"\d{8}")
TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d|60)?(\.\d{1,6})?)?")
DATE_TIME = re.compile(r"\d{4,14}(\.\d{1,6})?([+-]\d{4})?")


class QueryRefused(Permanent):
    """The query cannot be asked like this; the text names keywords, never values."""


@dataclass(frozen=True)
class Query:
    """A query that may be asked. `keys`: DICOM keyword → value, "" where it is only to be returned."""

    level: QueryLevel
    model: Model
    keys: dict[str, str]
    charset: str = QUERY_CHARSET

    @property
    def narrowing(self) -> dict[str, str]:
        """The keys that have a value."""
        return {keyword: value for keyword, value in self.keys.items() if value}

    def asking(self, **keys: str) -> "Query":
        """This query with other or further keys."""
        return Query(self.level, self.model, {**self.keys, **keys}, self.charset)

    def identifier(self) -> Dataset:
        """As it goes to the PACS."""
        identifier = Dataset()
        identifier.SpecificCharacterSet = self.charset
        identifier.QueryRetrieveLevel = self.level
        for keyword, value in self.keys.items():
            identifier.add(element(keyword, value))
        return identifier


def checked(order: Mapping[str, str], model: Model | None = None) -> Query:
    """The query in an order; raises `QueryRefused` with what to mend.

    Without a `model` the PATIENT level is asked in the patient root, any other in the study root.
    """
    if len(order) > MOST_KEYS:
        raise QueryRefused(f"a query has at most {MOST_KEYS} keys")
    level = _level(order)
    if level == "PATIENT" and model == "study-root":
        raise QueryRefused("the study root has no PATIENT level: use the patient root, or QueryRetrieveLevel STUDY")
    charset = order.get("SpecificCharacterSet", "").strip(" *") or QUERY_CHARSET
    if charset not in python_encoding:
        raise QueryRefused("SpecificCharacterSet is no single defined term such as ISO_IR 100")
    named = {keyword: value for keyword, value in order.items() if keyword not in ("QueryRetrieveLevel", CHARSET)}
    keys = {keyword: _checked_value(keyword, value, charset) for keyword, value in named.items()}
    if not any(keys.values()):
        raise QueryRefused(
            "no key of this query has a value, so that it asks for all the PACS holds: "
            "give an AccessionNumber, a StudyDate or another key one"
        )
    return Query(level, model or ("patient-root" if level == "PATIENT" else "study-root"), keys, charset)


CHARSET = "SpecificCharacterSet"


def _level(order: Mapping[str, str]) -> QueryLevel:
    wanted = order.get("QueryRetrieveLevel", "").strip().upper()
    for level in LEVELS:
        if wanted == level:
            return level
    raise QueryRefused("QueryRetrieveLevel is one of STUDY, PATIENT, SERIES, IMAGE")


def _checked_value(keyword: str, value: str, charset: str) -> str:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise QueryRefused(f"{keyword[:64]!a} is no DICOM keyword")
    if dictionary_VR(tag) in NOT_ASKED or " or " in dictionary_VR(tag) or tag < 0x00080000:
        raise QueryRefused(f"{keyword} cannot be a key of a query: it is a sequence, or no text and no number")
    text = value.strip(" \0")
    if is_universal(text):
        return ""
    if len(text) > MOST_CHARACTERS or not text.isprintable():
        raise QueryRefused(f"the value of {keyword} is too long or holds control characters")
    try:
        text.encode(python_encoding[charset])
    except UnicodeEncodeError:
        raise QueryRefused(f"the value of {keyword} cannot be written in the query's SpecificCharacterSet") from None
    _check_form(keyword, text, dictionary_VR(tag))
    return text


def _check_form(keyword: str, text: str, vr: str) -> None:
    if vr not in WILD and set(WILDCARDS) & set(text):
        raise QueryRefused(f"{keyword} takes no wildcards ({'a date or time takes a range' if vr in RANGED else vr})")
    if vr == "DA" and not all(_is_day(each) for each in _ends(text)):
        raise QueryRefused(f"{keyword} is a day as YYYYMMDD, or a range YYYYMMDD-YYYYMMDD with one end or both")
    if vr == "TM" and not all(TIME.fullmatch(each) for each in _ends(text)):
        raise QueryRefused(f"{keyword} is a time as HHMMSS, or a range HHMMSS-HHMMSS with one end or both")
    if vr == "DT" and not DATE_TIME.fullmatch(text) and not all(DATE_TIME.fullmatch(each) for each in _ends(text)):
        raise QueryRefused(f"{keyword} is a date with time as YYYYMMDDHHMMSS, or a range of these")
    if vr == "UI" and not all(is_uid(each.strip(" \0")) for each in text.split("\\")):
        raise QueryRefused(f"{keyword} is no UID")
    try:
        element(keyword, text)
    except (ValueError, TypeError, OverflowError):
        raise QueryRefused(f"the value of {keyword} is not of its type ({vr})") from None


def _ends(text: str) -> list[str]:
    """One value, or the ends of a range that are given; never none."""
    ends = [each.strip() for each in text.split("-", maxsplit=1)]
    return [each for each in ends if each] or [text]


def _is_day(text: str) -> bool:
    try:
        return DAY.fullmatch(text) is not None and datetime.strptime(text, "%Y%m%d").year > 0  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False
