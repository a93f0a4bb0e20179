"""The most answers a PACS gives at once: wider and wider questions until an answer is no longer all of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from radquarry.finder.probing.questions import MOST_ROWS, Asking
from radquarry.finder.probing.samples import FIRST_DAY, digits, span
from radquarry.messages.profiles import QueryLevel

REACHES = (1, 4, 16, 64, 256, 1024, 4096, 16384)
"""Days on both sides of the sample's day."""
LAST_DAY = date(2100, 1, 1)


@dataclass(frozen=True)
class Limit:
    """`most` answers at once, or None up to `longest`; `note` says what else was seen."""

    most: int | None
    longest: int
    note: str = ""


@dataclass(frozen=True)
class Wider:
    """A question that holds the one before it, and questions that hold what it has beyond that one."""

    keys: dict[str, str]
    ring: tuple[dict[str, str], ...] = ()
    level: QueryLevel = "STUDY"


@dataclass
class _Seen:
    uids: set[str] = field(default_factory=set)
    longest: int = 0


def around(day: date) -> Iterator[Wider]:
    """The day, and ever more days on both sides of it."""
    keys = {"StudyInstanceUID": ""}
    yield Wider({**keys, "StudyDate": digits(day)})
    inner = 0
    for reach in REACHES:
        first, last = max(_shifted(day, -reach), FIRST_DAY), min(_shifted(day, reach), LAST_DAY)
        ring = (span(first, _shifted(day, -inner - 1)), span(_shifted(day, inner + 1), last))
        yield Wider({**keys, "StudyDate": span(first, last)}, tuple({**keys, "StudyDate": each} for each in ring))
        inner = reach


def of_patients(patient_id: str) -> Iterator[Wider]:
    """Patients whose ids end alike, for a PACS that is only asked by patients; at most a tenth of them."""
    for length in (3, 2, 1):
        yield Wider({"PatientID": f"*{patient_id[-length:]}"}, level="PATIENT")


async def answer_limit(asking: Asking, widenings: Iterator[Wider]) -> Limit:
    """Ask until an answer is cut, in words or in silence, or longer than anybody needs to know."""
    seen = _Seen()
    for wider in widenings:
        heard = await asking.ask(wider.keys, level=wider.level)
        if heard.refusal or heard.is_lost:
            return Limit(None, seen.longest, f"a wider question was not answered: {heard.refusal or heard.cut}")
        seen.uids |= heard.uids
        if heard.is_ended or heard.received > MOST_ROWS:
            return Limit(None, heard.received)
        if heard.cut:
            return _said(heard.received, heard.cut, seen)
        if 0 < heard.received <= seen.longest and await _is_more(asking, wider, seen, heard.received):
            return Limit(heard.received, heard.received, "answers are cut in silence")
        seen.longest = max(seen.longest, heard.received)
    return Limit(None, seen.longest)


async def _is_more(asking: Asking, wider: Wider, seen: _Seen, received: int) -> bool:
    """A wider question got no longer answer: whether there was more to tell."""
    for keys in wider.ring:
        if len(seen.uids) <= received:
            seen.uids |= (await asking.ask(keys, level=wider.level)).uids
    return len(seen.uids) > received


def _said(received: int, cut: str, seen: _Seen) -> Limit:
    if received:
        return Limit(received, max(received, seen.longest), f"a cut is said: {cut}")
    return Limit(None, seen.longest, f"a cut is said, and nothing given: {cut}")


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return FIRST_DAY if days < 0 else LAST_DAY
