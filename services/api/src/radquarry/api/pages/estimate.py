"""The page between choosing studies and having them fetched: what that would bring and take, and whether it fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from radquarry.api.pages.crawl_forms import fresh_key
from radquarry.api.pages.study_line import StudyLine
from radquarry.api.pages.visit import local
from radquarry.api.retrievals import RetrievalOrder
from radquarry.messages import RetrievalEstimated

MOST_PICKED = 500
"""As many as an address holds with ease."""
MOST_LINES = 60


@dataclass(frozen=True)
class EstimatePage:
    """The studies, by UID; `said` is None when nobody reckoned in time.

    `back` leads to where they were picked; `windows` are the order's own hours; `key` makes a second click the same
    order.
    """

    studies: tuple[str, ...]
    lines: tuple[tuple[str, StudyLine | None], ...]
    said: RetrievalEstimated | None
    back: str = "/"
    windows: tuple[str, ...] = ()
    key: str = field(default_factory=fresh_key)

    @property
    def more(self) -> int:
        """Studies without a line."""
        return len(self.studies) - len(self.lines)

    @property
    def fits(self) -> bool:
        """Whether it may be started: what nobody has reckoned is reckoned when its turn comes."""
        return self.said is None or self.said.fits

    @property
    def doubts(self) -> tuple[str, ...]:
        """What was assumed; why it does not fit comes last, and is said by the page itself."""
        if self.said is None:
            return ()
        return self.said.problems if self.said.fits else self.said.problems[:-1]


def estimate_page(
    order: RetrievalOrder, lines: Mapping[str, StudyLine], said: RetrievalEstimated | None, back: str = "/"
) -> EstimatePage:
    """`lines` by StudyInstanceUID."""
    shown = tuple((uid, lines.get(uid)) for uid in order.studies[:MOST_LINES])
    return EstimatePage(order.studies, shown, said, local(back), order.windows)
