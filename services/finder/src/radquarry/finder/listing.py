"""Every study of a day, from a PACS that may give only some at a time and not say so.

An answer is believed when the PACS called it complete and it is shorter than the longest one it is known to
give (`pages.py`). Any other is asked for again in smaller parts: halves of the time down to a second, then, for
what a second holds and for what has no time, by the ends of patient ids and accession numbers (`ends.py`). What
cannot be split further is a gap with its reason, never silence.
"""

from collections import Counter
from collections.abc import Iterable

from radquarry.dicom.peer import PacsAway
from radquarry.finder.ends import Ends
from radquarry.finder.page import Ask, Listed, Page
from radquarry.finder.pages import Pages
from radquarry.finder.parts import TEXT_KEYS, Part, TextKey, second_of
from radquarry.messages import Gap, Study

MOST_QUERIES = 5000
"""For one window; a PACS that needs more shows too little at a time."""
FEW = 20
"""Below this an answer that cannot be proven whole is looked at twice, and from it on split to the end."""
WIDER = (1, 15, 365)
"""Days on both sides: a wider question that gets a longer answer proves the narrower one's whole."""
MOST_GAPS = 100
QUIET_SECOND = 3 * 3600 + 33 * 60 + 33


class TooManyQueriesError(Exception):
    """The window would take more questions than is polite."""


class Listing:
    """One window's work; `pages` is shared by all windows of the PACS."""

    def __init__(self, ask: Ask, pages: Pages) -> None:
        self._asker = ask
        self._pages = pages
        self._found: dict[str, Study] = {}
        self._gaps: list[tuple[Part, str]] = []
        self._malformed: Counter[str] = Counter()
        self._queries = 0
        self._is_time_useless = False

    async def of(self, window: Part) -> Listed:
        """List the window. Raises `PacsAway` when the PACS answers nothing at all any more."""
        try:
            await self._list(window)
        except TooManyQueriesError:
            self._gaps = [(window, f"it would take more than {MOST_QUERIES} queries to list this day")]
        for reason, count in self._malformed.items():
            self._gaps.append((window, f"{count} rows could not be read: {reason}"))
        return Listed(tuple(self._found.values()), gathered(self._gaps), self._queries)

    async def _list(self, part: Part) -> None:
        page = await self._ask(part)
        if self._is_whole(page):
            return
        if page.cut and not page.received and part.is_whole_day:
            small = await self._ask(part.between(QUIET_SECOND, QUIET_SECOND))
            if small.is_lost:
                raise PacsAway(small.cut)
            if small.cut:
                self._gaps.append((part, page.cut))
                return
        if not page.cut and not self._pages.hit(page.received):
            if part.is_whole_day and await self._is_more_in_a_wider_question(part, page.received):
                return
            if page.received < FEW and not await self._is_more_on_a_closer_look(part, page.received):
                return
        await self._split(part, page)

    async def _ask(self, part: Part) -> Page:
        if self._queries >= MOST_QUERIES:
            raise TooManyQueriesError
        self._queries += 1
        page = await self._asker(part)
        self._pages.saw(page.received)
        if not part.around:
            self._found |= {study.study_instance_uid: study for study in page.studies if part.is_of_day(study)}
            self._malformed |= page.malformed
        return page

    def _is_whole(self, page: Page) -> bool:
        return not page.cut and self._pages.prove(page.received)

    async def _is_more_in_a_wider_question(self, part: Part, received: int) -> bool:
        for days in () if self._pages.configured else WIDER:
            try:
                await self._ask(Part(part.day, part.modality, around=days))
            except (PacsAway, OverflowError):
                return False
            if self._pages.prove(received):
                return True
        return False

    async def _is_more_on_a_closer_look(self, part: Part, received: int) -> bool:
        """Ask for the same few studies in pieces: only a PACS that hid some then shows others."""
        seconds = sorted(second_of(study.study_time) for study in self._known(part) if study.study_time)
        if seconds:
            for piece in part.around_second(seconds[len(seconds) // 2]):
                await self._ask(piece)
        if len(self._known(part)) <= received:
            await Ends(self._ask, self._is_whole, part, self._known(part)).first_look(TEXT_KEYS[0])
        if len(self._known(part)) > received:
            self._pages.cut(received)
            return True
        return False

    async def _split(self, part: Part, page: Page) -> None:
        if not part.is_second and not self._is_time_useless:
            self._is_time_useless = not part.is_whole_day and self._ignores_time(part, page)
            for half in part.halves():
                if not self._is_time_useless:
                    await self._list(half)
        if len(self._known(part)) > page.received and not page.cut:
            self._pages.cut(page.received)
        if part.is_whole_day or (part.is_second and not self._is_time_useless):
            await self._list_by_ends(part, page, TEXT_KEYS)

    def _ignores_time(self, part: Part, page: Page) -> bool:
        """A full page in which nothing is of the time asked for: smaller times will not help."""
        return page.received > 0 and not any(part.holds(study) for study in page.studies)

    async def _list_by_ends(self, part: Part, page: Page, keys: tuple[TextKey, ...]) -> None:
        seen: set[str] = set()
        for number, key in enumerate(keys):
            ends = Ends(self._ask, self._is_whole, part, self._known(part))
            await ends.list_all(key)
            for piece, full in ends.full:
                await self._list_by_ends(piece, full, keys[number + 1 :] if full.received != 1 else ())
            seen |= ends.seen
            if all(study.study_instance_uid in seen for study in self._known(part)):
                return
        self._gaps.append((part, page.cut or f"the PACS gives {page.received} answers at once, and no key splits them"))

    def _known(self, part: Part) -> list[Study]:
        return [study for study in self._found.values() if part.holds(study)]


def gathered(gaps: Iterable[tuple[Part, str]]) -> tuple[Gap, ...]:
    """Gaps with one reason as one where they overlap; at most `MOST_GAPS`, the rest as one over the day."""
    merged: list[Gap] = []
    for part, reason in sorted(gaps, key=lambda gap: (gap[1], gap[0].clock_range)):
        begin, end = part.clock_range
        last = merged[-1] if merged else None
        if last and last.reason == reason and begin <= last.end:
            merged[-1] = Gap(begin=last.begin, end=max(last.end, end), reason=reason)
        else:
            merged.append(Gap(begin=begin, end=end, reason=reason))
    if len(merged) <= MOST_GAPS:
        return tuple(merged)
    rest = f"{len(merged) - MOST_GAPS + 1} more stretches of this day"
    return (*merged[: MOST_GAPS - 1], Gap(begin="00:00:00", end="23:59:59", reason=rest))
