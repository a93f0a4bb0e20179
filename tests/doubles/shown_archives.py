"""PACS as a test wants them: their views and traffic are set, every order is written down."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from radquarry.api.archive_views import ArchiveAtWork, ArchiveView, HeldLimits, at_work
from radquarry.api.problems import unknown
from radquarry.api.traffic import Recent, Span
from radquarry.configuration.week import WeekWindows
from radquarry.messages import LoadLimits, PacsProfile

NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Zurich")
NIGHTS = WeekWindows(["mon-fri 20:00-08:00", "sat-sun 00:00-24:00"])
LIMITS = LoadLimits(
    associations=2, requests_per_hour=3600, studies_per_hour=600, holidays=(date(2025, 12, 25),)
).model_copy(update={"windows": NIGHTS})
PROFILE = PacsProfile(
    probed_at=NOW - timedelta(days=3),
    find_limit=200,
    longest_answer=200,
    models=("patient-root", "study-root"),
    levels=("PATIENT", "STUDY", "SERIES", "IMAGE"),
    keys={"ModalitiesInStudy": "matched", "InstitutionName": "returned", "StudyComments": "ignored"},
    wildcards="*?",
    date_ranges=True,
    time_ranges=False,
    charset="ISO_IR 100",
    associations=4,
    associations_tried=8,
    c_get=False,
    c_move=True,
    storage_contexts=("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"),
    milliseconds=61.4,
)


def archive(name: str = "main", **changes: Any) -> ArchiveView:
    """A PACS that answered a minute ago and may be asked at any time."""
    usual: dict[str, Any] = {
        "name": name, "ae_title": "HOSPITAL", "host": "127.0.0.1", "port": 4242, "state": "up",
        "echoed_at": NOW - timedelta(minutes=1), "milliseconds": 12.4,
        "load": HeldLimits(LoadLimits(associations=2, studies_per_hour=600)),
    }  # fmt: skip
    return ArchiveView(**(usual | changes))


def a_day(requests: int = 600, every: int = 30) -> tuple[Span, ...]:
    """24 hours of traffic that swells and fades, refused in the busiest hour."""
    first = NOW - timedelta(hours=23, minutes=30)
    return tuple(
        Span(
            begun_at=first + timedelta(minutes=every * place),
            minutes=every,
            requests=requests * (1 + place % 9),
            refused=3 if place == 40 else 0,
            milliseconds=40.0 + 12 * (place % 7),
            slowest=900.0,
            allowed=2,
        )
        for place in range(24 * 60 // every)
        if place not in (11, 12)
    )


@dataclass
class ListedArchives:
    """`spans` and `recent` are the traffic of the PACS of this name."""

    views: list[ArchiveView] = field(default_factory=lambda: [archive()])
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    recent: dict[str, Recent] = field(default_factory=dict)
    orders: list[tuple[str, str]] = field(default_factory=list)
    limits: list[LoadLimits | None] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(view.name for view in self.views)

    async def list(self) -> tuple[ArchiveView, ...]:
        return tuple(self.views)

    async def get(self, name: str) -> ArchiveView:
        for view in self.views:
            if view.name == name:
                return view
        raise unknown("pacs")

    async def at_work(self) -> tuple[ArchiveAtWork, ...]:
        return tuple(self._at_work(view) for view in self.views)

    async def one_at_work(self, name: str) -> ArchiveAtWork:
        return self._at_work(await self.get(name))

    def _at_work(self, view: ArchiveView) -> ArchiveAtWork:
        return at_work(view, self.spans.get(view.name, ()), self.recent.get(view.name, Recent()), NOW, ZONE)

    async def echo(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        return await self._ordered("echo", name)

    async def stop(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        return await self._ordered("stop", name)

    async def start(self, name: str, user: str = "", wait: float = 0) -> ArchiveView:
        return await self._ordered("start", name)

    async def probe(self, name: str, user: str = "") -> ArchiveView:
        return await self._ordered("probe", name)

    async def limit(self, name: str, limits: LoadLimits | None, user: str = "", wait: float = 0) -> ArchiveView:
        self.limits.append(limits)
        return await self._ordered("limit", name)

    async def _ordered(self, what: str, name: str) -> ArchiveView:
        view = await self.get(name)
        self.orders.append((what, name))
        return view
