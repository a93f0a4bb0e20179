"""Every study of a day, from a PACS that may give only some at a time and not say so.

An answer is believed when the PACS called it complete and it is shorter than another it gave lately, or than the limit
we were told (`pages.py`). Any other is asked for again in smaller parts that leave nothing out: halves of the time down
to a second, then, for what a second holds and for what has no time, by modality (`modalities.py`), patient id and
accession number (`ends.py`). What cannot be split further is a gap with its reason, never silence.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from string import digits

from radquarry.dicom.peer import PacsAway
from radquarry.finder.ends import Ends
from radquarry.finder.modalities import Modalities
from radquarry.finder.page import Ask, Listed, Page
from radquarry.finder.pages import Pages
from radquarry.finder.parts import TEXT_KEYS, Part, TextKey, second_of
from radquarry.messages import Gap, Study

MOST_QUERIES = 5000
"""For one window; a PACS that needs more shows too little at a time."""
WIDER = (1, 15, 365)
"""Days on both sides: a wider question that gets a longer answer proves the narrower one's whole."""
MOST_GAPS = 100
EVERY_STUDY_HAS = ("PatientID",)
"""What pieces by another key hold is not all: a study without an accession number is in none of them."""
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
        self._ignored: set[str] = set()
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
        return Listed(tuple(self._found.values()), gathered(self._gaps), self._queries, frozenset(self._ignored))

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
        if not part.is_whole_day or page.cut or not await self._is_settled_without_a_limit(part, page):
            await self._split(part, page)

    async def _is_settled_without_a_limit(self, part: Part, page: Page) -> bool:
        """Whether an answer that nobody calls cut is proven to be all, or is all that can be got; else it was cut."""
        ways = (self._is_proven_by_wider_questions, self._is_alone, self._is_proven_in_pieces)
        for is_proven in ways:
            if self._pages.hit(page.received):
                return False
            if await is_proven(part, page):
                return True
        if not self._pages.hit(page.received):
            self._gaps.append((part, self._why_not_all(page)))
            return True
        return False

    async def _ask(self, part: Part) -> Page:
        if self._queries >= MOST_QUERIES:
            raise TooManyQueriesError
        self._queries += 1
        page = await self._asker(part)
        self._pages.saw(page.received)
        if page.cut and not page.is_lost:
            self._pages.said_cut(page.received)
        if not part.dates:
            self._found |= {study.study_instance_uid: study for study in page.studies if part.is_of_day(study)}
            self._malformed |= page.malformed
        return page

    def _is_whole(self, page: Page) -> bool:
        return not page.cut and self._pages.prove(page.received)

    async def _is_proven_by_wider_questions(self, part: Part, page: Page) -> bool:
        """Whether a wider question got a longer answer. One that leaves out what the narrow one gave proves a cut."""
        mine = {study.study_instance_uid for study in page.studies}
        try:
            for days in WIDER:
                wider = await self._ask(part.around(days))
                if self._pages.prove(page.received):
                    return True
                is_other = not wider.cut and not mine <= {study.study_instance_uid for study in wider.studies}
                if is_other:
                    self._pages.cut(page.received)
                    return False
            for beside in part.beside(WIDER[-1]):
                if (await self._ask(beside)).received and not self._pages.prove(page.received):
                    self._pages.cut(page.received)
                    return False
        except (PacsAway, OverflowError):
            return False
        return self._pages.prove(page.received)

    async def _is_alone(self, part: Part, page: Page) -> bool:
        """Whether the only study of two years is so at a closer look: no shorter answer can prove it."""
        if page.received != 1:
            return False
        for study in self._known(part):
            for piece in part.around_second(second_of(study.study_time)) if study.study_time else ():
                await self._ask(piece)
        await Modalities(self._ask, self._is_whole, part, self._known(part)).list_all()
        for digit in digits:
            await self._ask(part.having("PatientID", f"*{digit}"))
        if len(self._known(part)) > 1:
            self._pages.cut(1)
        return len(self._known(part)) <= 1

    async def _is_proven_in_pieces(self, part: Part, page: Page) -> bool:
        """Whether an answer that nothing contradicts falls into shorter ones: by a key, or by its times."""
        if await self._is_covered(part):
            is_all = len(self._known(part)) <= page.received
        else:
            gaps = list(self._gaps)
            await self._list_halves(part, page)
            is_all = len(self._known(part)) <= page.received and self._gaps == gaps and not self._is_time_useless
            self._gaps = gaps
        if len(self._known(part)) > page.received:
            self._pages.cut(page.received)
        return is_all

    async def _split(self, part: Part, page: Page) -> None:
        await self._list_halves(part, page)
        if len(self._known(part)) > page.received and not page.cut:
            self._pages.cut(page.received)
        is_left = part.is_whole_day or (part.is_second and not self._is_time_useless)
        if is_left and (self._is_one_by_one(page) or not await self._is_covered(part)):
            self._gaps.append((part, self._why_not_all(page)))

    async def _list_halves(self, part: Part, page: Page) -> None:
        if part.is_second or self._is_time_useless:
            return
        self._is_time_useless = not part.is_whole_day and self._ignores_time(part, page)
        if self._is_time_useless:
            self._ignored.add("StudyTime")
        for half in part.halves():
            if not self._is_time_useless:
                await self._list(half)

    def _ignores_time(self, part: Part, page: Page) -> bool:
        """A full page of which most is not of the time asked for: smaller times will not help."""
        return 2 * sum(part.holds(study) for study in page.studies) < len(page.studies)

    def _is_one_by_one(self, page: Page) -> bool:
        """One answer at a time proves nothing, however small the part is."""
        return page.received == 1 and (bool(page.cut) or self._pages.hit(1))

    def _why_not_all(self, page: Page) -> str:
        if page.cut or self._pages.hit(page.received):
            return page.cut or f"the PACS gives {page.received} answers at once, and no key splits them"
        return f"it cannot be told whether {page.received} answers are all there are, and no key splits them"

    async def _is_covered(self, part: Part) -> bool:
        """Whether pieces by keys, each of them whole, hold all that is known of the part."""
        pieces = [part]
        if not part.modality:
            split = await Modalities(self._ask, self._is_whole, part, self._known(part)).list_all()
            self._note_ignored("ModalitiesInStudy", split.is_ignored)
            if self._are_all_in(split.seen, part):
                if not split.full:
                    return True
                pieces = [piece for piece, _page in split.full] if len(split.full) == 1 else [part]
        return all([await self._is_covered_by_ends(piece, TEXT_KEYS) for piece in pieces])

    async def _is_covered_by_ends(self, part: Part, keys: Sequence[TextKey]) -> bool:
        seen: set[str] = set()
        for number, key in enumerate(keys):
            ends = Ends(self._ask, self._is_whole, part, self._known(part))
            split = await ends.list_all(key)
            self._note_ignored(key, split.is_ignored)
            rest = keys[number + 1 :]
            is_split = all([await self._is_covered_by_ends(piece, rest) for piece, _page in split.full])
            if is_split and key in EVERY_STUDY_HAS:
                seen |= split.seen
            if seen and self._are_all_in(seen, part):
                return True
        return False

    def _note_ignored(self, key: str, is_ignored: bool) -> None:  # noqa: FBT001 - a split's verdict
        if is_ignored:
            self._ignored.add(key)

    def _are_all_in(self, seen: set[str], part: Part) -> bool:
        return all(study.study_instance_uid in seen for study in self._known(part))

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
