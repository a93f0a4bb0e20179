"""What holds for one PACS, as this process last read it, in memory: asked for every request, by many threads."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Lock

import structlog

from radquarry.configuration.week import Hours
from radquarry.dicom.load_backoff import Ease
from radquarry.dicom.load_meter import Meter
from radquarry.dicom.load_pace import Portion
from radquarry.dicom.load_tables import Written
from radquarry.dicom.peer import FewerAssociations, OutsideWindows, PacsAway, PacsStopped
from radquarry.errors import Postponed
from radquarry.messages import LoadLimits

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
"""The time, aware."""

STOPPED_SECONDS = 30.0
"""How often what waits asks whether a stopped PACS was started again."""
ASKS_AGAIN_SECONDS = (120.0, 600.0)
"""How often what waits for a window looks, since windows are changed: when it is near, and while it is far."""
SPREAD_SECONDS = 5.0
CLOSING_SECONDS = 3.0
"""What is under way at a window's end may take so much longer to end by itself; with the looks that is 5 s at most."""
SLEEP_SECONDS = 0.05
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Span:
    """Between two changes of some hours."""

    hours: Hours
    begin: datetime
    end: datetime
    is_open: bool


class Standing:
    """Of one PACS. `refill` fetches a portion of leave from the store; it blocks, and is called from threads."""

    def __init__(self, pacs: str, configured: LoadLimits, zone: tzinfo, clock: Clock) -> None:
        self.pacs = pacs
        self.configured = configured
        self.limits = configured
        self.requested_by = ""
        self.is_configured = True
        self.ease: Ease | None = None
        self.is_stopped = False
        self.meter = Meter()
        self.portion = Portion()
        self.refill: Callable[[], None] = lambda: None
        self.read_at = float("-inf")
        self.held_back = ""
        self._zone = zone
        self._clock = clock
        self._hours = Hours(configured.windows, configured.holidays, zone)
        self._span: _Span | None = None
        self._refilling = Lock()
        self._said = ""

    def take(self, written: Written) -> None:
        """What the store says."""
        limits = written.limits or self.configured
        if limits != self.limits:
            self._hours, self.portion = Hours(limits.windows, limits.holidays, self._zone), Portion()
            log.info("the limits of a PACS", pacs=self.pacs, limits=limits.model_dump(mode="json"))
        self.limits = limits
        self.is_configured, self.requested_by = written.limits is None, written.requested_by
        self.is_stopped, self.ease = written.is_stopped, written.ease
        self.read_at = time.monotonic()

    @property
    def now(self) -> datetime:
        """The time."""
        return self._clock()

    @property
    def allowed(self) -> int:
        """Associations, after what back-off takes."""
        return min(self.limits.associations, self.ease.allowed) if self.ease else self.limits.associations

    @property
    def reason(self) -> str:
        """Why fewer associations are allowed, or nothing leaves, in plain words."""
        if error := self.forbidden():
            return str(error)
        if self.ease is not None:
            return f"{self.allowed} of {self.limits.associations} associations for now: {self.ease.reason}"
        return self.held_back

    def forbidden(self) -> Postponed | None:
        """Why nothing may be asked now, with the wait after which to ask again; said in the log once."""
        error: Postponed | None = None
        if self.is_stopped:
            error = PacsStopped(f"traffic to {self.pacs} is stopped", after=STOPPED_SECONDS)
        elif not self.is_open:
            error = self._outside()
        said = str(error) if error else ""
        if said != self._said:
            log.info("a PACS is left alone" if said else "a PACS may be asked again", pacs=self.pacs, reason=said)
            self._said = said
        if said:
            self.held_back = said
        return error

    @property
    def is_open(self) -> bool:
        """Whether this moment lies in a window."""
        return self._current().is_open

    def _current(self) -> "_Span":
        now, hours, span = self._clock(), self._hours, self._span
        if span is None or span.hours is not hours or not span.begin <= now < span.end:
            span = _Span(hours, now, hours.next_change(now) or NEVER, hours.is_open(now))
            self._span = span
        return span

    def _outside(self) -> OutsideWindows:
        opens, (near, far) = self._current().end, ASKS_AGAIN_SECONDS
        if opens == NEVER:
            return OutsideWindows(f"{self.pacs} may not be asked on any day of this year", after=far)
        left = (opens - self._clock()) / timedelta(seconds=1) + random.uniform(0, SPREAD_SECONDS)  # noqa: S311 - no secret
        after = left if left <= near else near if left < far else far
        local = opens.astimezone(self._zone)
        return OutsideWindows(f"waits until {local:%a %d %b %H:%M}, when {self.pacs} may be asked", after=after)

    def wait_for_a_request(self) -> float:
        """0.0 when one may leave by pace and back-off, and it counts; else seconds until it is worth asking again."""
        now, ease, per_hour = self._clock(), self.ease, self.limits.requests_per_hour
        if ease is not None and now < ease.not_before:
            self.held_back = ease.reason
            return SLEEP_SECONDS
        if per_hour is None or self.portion.use_one(now):
            return 0.0
        if (self.portion.next_try is None or now >= self.portion.next_try) and self._refilling.acquire(blocking=False):
            try:
                self.refill()
            finally:
                self._refilling.release()
            if self.portion.use_one(now):
                return 0.0
        self.held_back = f"{per_hour} requests an hour are used up for now"
        return SLEEP_SECONDS

    def check(self, *, for_a_person: bool) -> None:
        """Raise what keeps a new association from being opened now; a person may outside the windows."""
        error = self.forbidden()
        if error is not None and not (for_a_person and isinstance(error, OutsideWindows)):
            raise error
        if self.ease is not None and (left := (self.ease.not_before - self._clock()) / timedelta(seconds=1)) > 0:
            raise PacsAway(f"{self.pacs} is given a rest: {self.ease.reason}", after=left)


class SlotGate:
    """The gate of one association (see `Gate`). `for_a_person` lets a C-ECHO pass outside the windows."""

    def __init__(self, standing: Standing, number: int, *, for_a_person: bool) -> None:
        self._standing = standing
        self._number = number
        self._for_a_person = for_a_person
        self._closed_at: float | None = None
        self.lost: Exception | None = None

    @property
    def is_wanted_back(self) -> bool:
        """See `Gate.is_wanted_back`."""
        return self._number >= self._standing.allowed

    def leave(self, kind: str, is_over: Callable[[], bool]) -> None:
        """See `Gate.leave`."""
        while not is_over():
            error = self._standing.forbidden()
            if error is not None and not self._may_pass(error, kind):
                raise error
            if not (wait := self._standing.wait_for_a_request()):
                self._standing.meter.left()
                return
            time.sleep(wait)

    def answered(self, kind: str, seconds: float) -> None:
        """See `Gate.answered`."""
        self._standing.meter.answered(kind, seconds)

    def failed(self) -> None:
        """See `Gate.failed`."""
        self._standing.meter.failed()

    def refused(self, reason: str) -> None:
        """See `Gate.refused`."""
        self._standing.meter.refused(reason)

    def ended(self) -> Exception | None:
        """Why the association must end now, whatever is under way."""
        standing = self._standing
        if standing.is_stopped:
            return standing.forbidden()
        if self._number >= standing.limits.associations:
            return FewerAssociations(f"{standing.pacs} may have {standing.limits.associations} associations now")
        if standing.is_open or self._for_a_person:
            self._closed_at = None
            return None
        self._closed_at = self._closed_at or time.monotonic()
        return standing.forbidden() if time.monotonic() - self._closed_at > CLOSING_SECONDS else None

    def _may_pass(self, error: Postponed, kind: str) -> bool:
        return isinstance(error, OutsideWindows) and self._for_a_person and kind == "C-ECHO"
