"""What a PACS does otherwise than its profile says, noticed in passing while it is asked for other reasons."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from radquarry.finder.pages import Pages, Told
from radquarry.messages import PacsProfile
from radquarry.messages.profiles import QueryLevel

OF_THE_LIMIT = {"longer", "shorter"}


@dataclass(frozen=True)
class Contradiction:
    """`kind` is the same when the same thing is seen again; `probed_at` tells which profile is contradicted."""

    pacs: str
    kind: str
    reason: str
    probed_at: datetime
    seen_at: datetime


class Watch:
    """Of one PACS; each kind of contradiction is noticed once for each profile. Without a profile nothing is."""

    def __init__(self, pacs: str, pages: Pages) -> None:
        self._pacs = pacs
        self._pages = pages
        self._profile: PacsProfile | None = None
        self._known: set[str] = set()
        self.noticed: list[Contradiction] = []
        """What nobody has taken care of yet: whoever does removes it."""
        pages.notice = self._notice

    def take(self, profile: PacsProfile, contradicted: Iterable[str] = ()) -> None:
        """From now on this profile holds, unless a later one does, but for the contradictions seen already."""
        if self._profile is not None and profile.probed_at < self._profile.probed_at:
            return
        if self._profile is None or self._profile.probed_at != profile.probed_at:
            self._profile, self._known = profile, set()
            self._pages.tell(Told(profile.find_limit, profile.longest_answer))
        self._known |= set(contradicted)
        if self._known & OF_THE_LIMIT:
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
        if self._profile is None or kind in self._known:
            return
        self._known.add(kind)
        seen = Contradiction(self._pacs, kind, words, self._profile.probed_at, datetime.now(UTC))
        self.noticed.append(seen)
