"""What is known of days, as a test wants it: the same for every PACS and modality."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from radquarry.api.coverage import CoverageDay, CoverageView, CoverageWindow
from radquarry.api.coverage_reach import PacsReach, Reach
from tests.doubles.shown_archives import NOW


@dataclass
class ListedCoverage:
    """`known` are the days that were asked, `names` the PACS that `reach` counts them for, but for `never_asked`."""

    known: dict[date, CoverageDay] = field(default_factory=dict)
    names: tuple[str, ...] = ("main",)
    never_asked: tuple[str, ...] = ()
    asked_modalities: tuple[str, ...] = ()
    asked_windows: dict[date, tuple[CoverageWindow, ...]] = field(default_factory=dict)

    async def seen(self, pacs: str) -> tuple[date, date] | None:
        return (min(self.known), max(self.known)) if self.known else None

    async def modalities(self, pacs: str) -> tuple[str, ...]:
        return self.asked_modalities

    async def windows(self, pacs: str, day: date) -> tuple[CoverageWindow, ...]:
        return self.asked_windows.get(day, ())

    async def days(self, pacs: str, start_date: date, end_date: date, modality: str = "") -> CoverageView:
        days = self._days(start_date, end_date)
        states = [day.state for day in days]
        return CoverageView(
            pacs=pacs,
            start_date=start_date,
            end_date=end_date,
            modality=modality,
            days=days,
            complete=states.count("complete"),
            gaps=states.count("gap"),
            unseen=states.count("unseen"),
            studies=sum(day.studies for day in days),
        )

    async def reach(
        self, pacs: Collection[str], first: date | None, last: date | None, modalities: Sequence[str] = ()
    ) -> Reach:
        names = [name for name in self.names if not pacs or name in pacs]
        first = first or min(self.known, default=None)
        last = last or max(self.known, default=NOW.date())
        if first is None:
            return Reach(tuple(map(PacsReach, names)), may_grow=False)
        states = [day.state for day in self._days(first, last)]
        counts = (states.count("complete"), states.count("gap"), states.count("unseen"))
        every = (PacsReach(name, *(() if name in self.never_asked else (*counts, first, last))) for name in names)
        return Reach(tuple(every), may_grow=last >= NOW.date())

    def _days(self, first: date, last: date) -> tuple[CoverageDay, ...]:
        span = (first + timedelta(days=i) for i in range((last - first).days + 1))
        return tuple(self.known.get(day, CoverageDay(day, "unseen")) for day in span)
