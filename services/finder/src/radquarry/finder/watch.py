"""What a PACS does otherwise than its profile says, noticed in passing while it is asked for other reasons."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from radquarry.finder.pages import Pages, Told
from radquarry.messages import PacsProfile
from radquarry.messages.profiles import QueryLevel

OF_THE_LIMIT = {"longer", "shorter"}
Noticed = tuple[str, UUID | None]
"""What kind of thing contradicts a profile, and the crawl that it was asked for, if it was for one."""
ASKED_FOR: ContextVar[UUID | None] = ContextVar("ASKED_FOR", default=None)
"""The crawl that this task asks for."""


@dataclass(frozen=True)
class Contradiction:
    """`kind` is the same when the same thing is seen again; `probed_at` tells which profile is contradicted.

    `crawl_id` is the crawl that met it.
    """

    pacs: str
    kind: str
    reason: str
    probed_at: datetime
    seen_at: datetime
    crawl_id: UUID | None = None


async def _leave() -> None:
    """For a PACS that nobody looks after: what was noticed waits."""


class Watch:
    """Of one PACS; each kind of contradiction is noticed once for each profile and crawl. Without a profile nothing is.

    A limit that was contradicted is not believed any more, and so only one crawl contradicts it.
    """

    def __init__(self, pacs: str, pages: Pages) -> None:
        self._pacs = pacs
        self._pages = pages
        self._profile: PacsProfile | None = None
        self._known: set[Noticed] = set()
        self.noticed: list[Contradiction] = []
        """What nobody has taken care of yet: whoever does removes it."""
        self.take_care: Callable[[], Awaitable[None]] = _leave
        pages.notice = self._notice

    @asynccontextmanager
    async def during(self, crawl_id: UUID) -> AsyncIterator[None]:
        """What is asked within is asked for this crawl; what was noticed is taken care of before its end is told."""
        token = ASKED_FOR.set(crawl_id)
        try:
            yield
        finally:
            ASKED_FOR.reset(token)
        if self.noticed:
            await self.take_care()

    def take(self, profile: PacsProfile, contradicted: Iterable[Noticed] = ()) -> None:
        """From now on this profile holds, unless a later one does, but for the contradictions seen already."""
        if self._profile is not None and profile.probed_at < self._profile.probed_at:
            return
        if self._profile is None or self._profile.probed_at != profile.probed_at:
            self._profile, self._known = profile, set()
            self._pages.tell(Told(profile.find_limit, profile.longest_answer))
        self._known |= set(contradicted)
        if OF_THE_LIMIT & {kind for kind, _ in self._known}:
            self._pages.told = None

    def refused(self, level: QueryLevel, words: str) -> None:
        """A question at this level was not taken."""
        if self._profile and level in self._profile.levels:
            self._notice(f"level {level}", f"{words}, its profile says that the level {level} is answered")

    def refused_keys(self, keywords: Collection[str]) -> None:
        """A question with these keys was not taken, and the same without them was."""
        for keyword in keywords:
            if self._is_matched(keyword):
                self._notice(f"key {keyword}", f"a question by {keyword} was refused, its profile says that it matches")

    def ignored(self, keywords: Collection[str]) -> None:
        """By these keys, asked for exactly, rows came that do not have the value."""
        for keyword in keywords:
            if self._is_matched(keyword):
                self._notice(f"key {keyword}", f"{keyword} narrowed no answer, its profile says that it does")

    def ignored_in_parts(self, keywords: Collection[str]) -> None:
        """The same while a day was split: by ranges of time, and by `*` in text.

        Modalities are left out: that `*` works in one key of text was found with another one.
        """
        for keyword in keywords:
            if keyword == "StudyTime" and self._profile and self._profile.time_ranges:
                self._notice("time ranges", "a range of times narrowed no answer, its profile says that it does")
            elif keyword in ("PatientID", "AccessionNumber") and self._is_wild(keyword):
                self._notice(f"key {keyword}", f"{keyword} with * narrowed no answer, its profile says that it does")

    def _is_matched(self, keyword: str) -> bool:
        return self._profile is not None and self._profile.keys.get(keyword) == "matched"

    def _is_wild(self, keyword: str) -> bool:
        return self._is_matched(keyword) and self._profile is not None and "*" in self._profile.wildcards

    def _notice(self, kind: str, words: str) -> None:
        crawl_id = ASKED_FOR.get()
        if self._profile is None or (kind, crawl_id) in self._known:
            return
        self._known.add((kind, crawl_id))
        seen = Contradiction(self._pacs, kind, words, self._profile.probed_at, datetime.now(UTC), crawl_id)
        self.noticed.append(seen)
