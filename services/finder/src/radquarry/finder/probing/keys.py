"""Which keys of a study-level question narrow an answer, with which wildcards and ranges, and in which charset."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from radquarry.finder.probing.questions import Asking, Heard, HeardRow
from radquarry.finder.probing.samples import Sample, as_day, span, studies
from radquarry.messages.profiles import KeySupport

NONSENSE = {
    "AccessionNumber": "ZQXJ0QJXZ",
    "PatientID": "ZQXJ0QJXZ",
    "PatientName": "Zqxj^Qjxz",
    "ModalitiesInStudy": "ZQ",
    "StudyDescription": "Zqxj qjxz zqxj",
    "InstitutionName": "Zqxj qjxz zqxj",
    "ReferringPhysicianName": "Zqxj^Qjxz",
    "StudyID": "ZQXJ0QJXZ",
    "PatientBirthDate": "18010203",
    "PatientSex": "Z",
}
"""Values nobody has: a PACS that still answers does not look at the key."""
ONLY_RETURNED = ("PatientAge", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")
WILD_KEYS = ("PatientID", "AccessionNumber", "PatientName")


@dataclass(frozen=True)
class Tried:
    """A question whose rows must be right, and one that must have none."""

    right: Heard
    none: Heard
    keyword: str
    wanted: str

    @property
    def is_matched(self) -> bool:
        """Whether the key did what it should."""
        rows = self.right.rows
        return not self.none.rows and bool(rows) and all(_may_fit(row, self.keyword, self.wanted) for row in rows)


async def key_support(asking: Asking, sample: Sample) -> dict[str, KeySupport]:
    """Keyword → what becomes of it, for every key that could be told."""
    found: dict[str, KeySupport] = {}
    for keyword, nonsense in _with_nonsense(sample):
        support = await _support(asking, sample, keyword, nonsense)
        if support:
            found[keyword] = support
    for keyword in ONLY_RETURNED:
        found[keyword] = _at_most_returned(sample, keyword)
    return found


def _with_nonsense(sample: Sample) -> Iterator[tuple[str, str]]:
    times = {row.first("StudyTime")[:6] for row in sample.rows}
    yield "StudyTime", next(each for each in (f"{number:06d}" for number in range(33333, 35960)) if each not in times)
    yield from ((keyword, value) for keyword, value in NONSENSE.items() if keyword not in sample.base)


async def _support(asking: Asking, sample: Sample, keyword: str, nonsense: str) -> KeySupport | None:
    none = await asking.ask(studies(**sample.base, **{keyword: nonsense}))
    if none.rows or none.refusal:
        return _at_most_returned(sample, keyword)
    value = _value(sample, keyword)
    if none.cut or not value:
        return None if none.cut else "matched"
    right = await asking.ask(studies(**sample.base, **{keyword: value}))
    return "matched" if Tried(right, none, keyword, value).is_matched else None


async def wildcards(asking: Asking, sample: Sample) -> str | None:
    """Which of `*` and `?` work in a key that is text; None when no study has a text to try them on."""
    known = ((keyword, _value(sample, keyword)) for keyword in WILD_KEYS if keyword not in sample.base)
    keyword, value = next(((keyword, value) for keyword, value in known if len(value) > 3), ("", ""))
    if not keyword:
        return None
    patterns = {"*": (f"*{value[-2:]}", "*ZQXJ"), "?": (f"{value[:-1]}?", "ZQXJ0?")}
    found = ""
    for wildcard, (right, none) in patterns.items():
        tried = Tried(
            await asking.ask(studies(**sample.base, **{keyword: right})),
            await asking.ask(studies(**sample.base, **{keyword: none})),
            keyword,
            right,
        )
        found += wildcard if tried.is_matched else ""
    return found


async def time_ranges(asking: Asking, sample: Sample) -> bool | None:
    """Whether a range of times narrows a day; None when no study has a time."""
    times = sorted(time for row in sample.rows if (time := row.first("StudyTime")[:6]).isdigit() and len(time) == 6)
    if not times:
        return None
    some = times[len(times) // 2]
    within, beyond = f"{some}-{some}.999999", f"{_next(some)}-235959.999999"
    if some >= "235959":
        beyond = "000000-235958.999999"
    right = await asking.ask(studies(**sample.base, StudyTime=within))
    other = await asking.ask(studies(**sample.base, StudyTime=beyond))
    if right.refusal or other.refusal:
        return False
    are_right = all(_may_fit(row, "StudyTime", within) for row in right.rows)
    return bool(right.rows) and are_right and all(_may_fit(row, "StudyTime", beyond) for row in other.rows)


async def date_ranges(asking: Asking, sample: Sample) -> bool | None:
    """Whether a range of dates narrows; None when the sample has no date."""
    day = sample.day or as_day(sample.row.first("StudyDate"))
    if not day:
        return None
    within, beyond = (
        span(day - timedelta(days=1), day + timedelta(days=1)),
        span(day + timedelta(1), day + timedelta(2)),
    )
    right = await asking.ask(studies(**{**sample.base, "StudyDate": within}))
    other = await asking.ask(studies(**{**sample.base, "StudyDate": beyond}))
    if right.refusal or other.refusal:
        return False
    are_right = all(_may_fit(row, "StudyDate", within) for row in right.rows)
    return bool(right.rows) and are_right and all(_may_fit(row, "StudyDate", beyond) for row in other.rows)


def charset(sample: Sample) -> str | None:
    """Of rows with more than ASCII if there are any; None when they differ, or are too plain to tell."""
    telling = [row for row in sample.rows if not row.is_ascii] or list(sample.rows)
    named = {row.charset for row in telling}
    return named.pop() if len(named) == 1 else None


def _value(sample: Sample, keyword: str) -> str:
    """One that some row has, in ASCII where there is a choice: how a PACS compares other letters is another matter."""
    values = [row.first(keyword) for row in sample.rows if row.first(keyword)]
    return next((value for value in values if value.isascii()), "") or (values[0] if values else "")


def _at_most_returned(sample: Sample, keyword: str) -> KeySupport:
    return "returned" if any(row.first(keyword) for row in sample.rows) else "ignored"


def _may_fit(row: HeardRow, keyword: str, wanted: str) -> bool:
    return not row.first(keyword) or row.fits(keyword, wanted)


def _next(clock: str) -> str:
    seconds = int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:6]) + 1
    return f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
