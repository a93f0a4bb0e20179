"""A PACS as a peer, as people see it: what it is, what it may get, what was found out about it, how it stands now."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from radquarry.api.traffic import Recent, Span
from radquarry.configuration.week import Hours
from radquarry.messages import LoadLimits, PacsProfile

ArchiveState = Literal["unknown", "up", "down", "stopped"]
Condition = Literal["stopped", "closed", "down", "held", "slowed", "working", "idle", "unknown"]


@dataclass(frozen=True)
class HeldLimits:
    """The limits in force; where a person changed them, who and when. `ordered_at`: a change nobody confirmed yet."""

    limits: LoadLimits = field(default_factory=LoadLimits)
    is_configured: bool = True
    changed_by: str = ""
    changed_at: datetime | None = None
    ordered_at: datetime | None = None


@dataclass(frozen=True)
class Probing:
    """What was found out by asking, and since when that no longer holds.

    `ordered_at` is set while an order waits for its answer; `problem` is why the last probing gave no profile.
    """

    profile: PacsProfile | None = None
    ordered_by: str = ""
    ordered_at: datetime | None = None
    problem: str = ""
    problem_at: datetime | None = None
    contradiction: str = ""
    contradicted_at: datetime | None = None


@dataclass(frozen=True)
class ArchiveView:
    """One PACS. `problem` is what to mend when its last C-ECHO found no answer; later traffic may have had one."""

    name: str
    ae_title: str
    host: str
    port: int
    state: ArchiveState
    stopped_by: str = ""
    stopped_at: datetime | None = None
    started_at: datetime | None = None
    echoed_at: datetime | None = None
    milliseconds: float | None = None
    problem: str = ""
    load: HeldLimits = HeldLimits()
    probing: Probing = Probing()


@dataclass(frozen=True)
class Now:
    """How a PACS stands: the condition, why, since when or by whom; `until` is when its hours begin again.

    `allowed` is what back-off leaves of the associations.
    """

    condition: Condition
    reason: str = ""
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    allowed: int | None = None


@dataclass(frozen=True)
class Day:
    """The last 24 hours in one line."""

    requests: int = 0
    refused: int = 0
    failed: int = 0
    milliseconds: float | None = None
    slowest: float | None = None


@dataclass(frozen=True)
class ArchiveAtWork:
    """One PACS with its traffic; `spans` are the stretches of the last 24 hours in which anything was said."""

    view: ArchiveView
    now: Now
    day: Day = Day()
    spans: tuple[Span, ...] = ()


def at_work(view: ArchiveView, spans: tuple[Span, ...], recent: Recent, now: datetime, zone: ZoneInfo) -> ArchiveAtWork:
    """A PACS with what was said of its traffic; `zone` is that of its windows."""
    return ArchiveAtWork(view, now_of(view, recent, now, zone), _day(spans), spans)


def now_of(view: ArchiveView, recent: Recent, now: datetime, zone: ZoneInfo) -> Now:
    """The first that holds: stopped, outside its hours, not answering, slowed down, at work, held back, idle."""
    hours = Hours(view.load.limits.windows, view.load.limits.holidays, zone)
    if view.state == "stopped":
        return Now("stopped", by=view.stopped_by, since=view.stopped_at)
    if not hours.is_open(now):
        return Now("closed", until=hours.next_change(now), reason=recent.reason)
    if view.state == "down":
        return Now("down", reason=view.problem, since=view.echoed_at)
    reason = recent.reason if _still_holds(view, recent, hours) else ""
    working = Now("working", reason=reason, since=recent.said_at, allowed=recent.allowed)
    if reason and recent.allowed is not None and recent.allowed < view.load.limits.associations:
        return replace(working, condition="slowed" if recent.allowed else "held", reason=_without_numbers(reason))
    if recent.requests:
        return working
    if reason:
        return replace(working, condition="held")
    return Now("unknown" if view.state == "unknown" else "idle")


def _without_numbers(reason: str) -> str:
    """`2 of 4 associations for now: it refused one` begins with what `allowed` tells in every language."""
    return reason.partition(" for now: ")[2] or reason


def _still_holds(view: ArchiveView, recent: Recent, hours: Hours) -> bool:
    """Whether what was said of a minute is not about a stop or a window that has ended since."""
    if recent.said_at is None or not hours.is_open(recent.said_at):
        return False
    return view.started_at is None or recent.said_at >= view.started_at


def _day(spans: tuple[Span, ...]) -> Day:
    timed = [(span.milliseconds, span.requests) for span in spans if span.milliseconds is not None]
    weight = sum(requests for _, requests in timed)
    return Day(
        requests=sum(span.requests for span in spans),
        refused=sum(span.refused for span in spans),
        failed=sum(span.failed for span in spans),
        milliseconds=sum(each * requests for each, requests in timed) / weight if weight else None,
        slowest=max((span.slowest for span in spans if span.slowest is not None), default=None),
    )
