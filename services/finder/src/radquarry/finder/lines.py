"""A few associations to one PACS, kept while there is work and given back so that others get their turn."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self, TypeVar

from radquarry.dicom.load import ASK_AGAIN_SECONDS, Load
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import OutsideWindows, PacsAway, PacsRefuses, PacsStopped, Peer
from radquarry.errors import Postponed, Transient
from radquarry.finder.line import BACK_OFF_SECONDS, Line

__all__ = ["Line", "Lines", "LinesBusy"]

Answer = TypeVar("Answer")

IDLE_SECONDS = 1.0
TURN_SECONDS = 30.0
REST_SECONDS = 5.0
"""A pause of back-off that is waited for; a longer one the visits wait for elsewhere."""
QUEUE_SECONDS = 600.0
"""A visit whose turn has not come by then is put off: a message must not be kept for ever."""
LATER_SECONDS = 60.0
REFUSED_SECONDS = 10.0
"""A PACS that refuses us as configured is not asked again for so long."""


class LinesBusy(Transient):
    """No association was free in time."""


class NotItsTurn(Postponed):
    """Many were before it: nothing is wrong, and it does not count as an attempt."""


Visit = Callable[[Line], Awaitable[Any]]


@dataclass(eq=False)
class _Job:
    """A visit that waits, its work once that has `begun`, and why that was cut off, if it was.

    It works in the context of whoever asked for it, not of the keeper.
    """

    visit: Visit
    begun: "asyncio.Future[asyncio.Task[Any]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    lost: Exception | None = None
    context: Context = field(default_factory=copy_context)

    def work(self, line: Line) -> "asyncio.Task[Any]":
        """Begin it over this line."""

        async def visited() -> Any:
            return await self.visit(line)

        return asyncio.get_running_loop().create_task(visited(), context=self.context)


class Lines:
    """As many lines to one PACS as its load allows, each with a slot of that; visits wait their turn.

    Use within `async with`; its end aborts what is under way.
    """

    def __init__(self, peer: Peer, load: Load) -> None:
        self._peer = peer
        self._load = load
        self._waiting: deque[_Job] = deque()
        self._arrived = asyncio.Condition()
        self._idle = 0
        self._open = 0
        self._keepers: set[asyncio.Task[None]] = set()
        self._refusal: tuple[float, PacsRefuses] | None = None

    async def __aenter__(self) -> Self:
        """Opens nothing yet."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """End every line."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        for job in self._waiting:
            job.begun.cancel()

    @property
    def open(self) -> int:
        """How many associations are open now."""
        return self._open

    @property
    def width(self) -> int:
        """How many there may be now."""
        return max(1, self._load.associations(self._peer.name))

    async def use(self, visit: Callable[[Line], Awaitable[Answer]], patience: float | None = None) -> Answer:
        """What `visit` returns, once a line was free for it; one with `patience` (seconds) is the next.

        Raises what `visit` raises, `LinesBusy` when patience ran out, and, before or meanwhile, what keeps the PACS
        from being asked: `PacsStopped`, `OutsideWindows`, `NotItsTurn` after a long wait, `PacsAway`.
        """
        self._raise_recent_refusal()
        job = _Job(visit)
        (self._waiting.appendleft if patience else self._waiting.append)(job)
        await self._wake_keeper()
        try:
            async with asyncio.timeout(patience or QUEUE_SECONDS):
                work = await job.begun
        except TimeoutError:
            if patience is None:
                raise NotItsTurn(f"others ask {self._peer.name} first", after=LATER_SECONDS) from None
            raise LinesBusy(f"all associations to {self._peer.name} are in use") from None
        except PacsRefuses as error:
            self._refusal = (monotonic() + REFUSED_SECONDS, error)
            raise
        finally:
            if job in self._waiting:
                self._waiting.remove(job)
        return await self._outcome(work, job)

    async def use_for_a_person(self, visit: Callable[[Line], Awaitable[Answer]], patience: float) -> Answer:
        """The same for a C-ECHO that a person waits for: outside the windows it gets an association of its own."""
        try:
            return await self.use(visit, patience)
        except OutsideWindows:
            pass
        try:
            async with (
                asyncio.timeout(patience),
                self._load.slot(self._peer.name, for_a_person=True) as gate,
                Line(self._peer, gate) as line,
            ):
                return await visit(line)
        except TimeoutError:
            raise LinesBusy(f"all associations to {self._peer.name} are in use") from None

    async def _outcome(self, work: "asyncio.Task[Answer]", job: _Job) -> Answer:
        try:
            return await work
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
            raise job.lost or PacsStopped(f"asking {self._peer.name} was ended") from None

    def _raise_recent_refusal(self) -> None:
        if self._refusal is not None and monotonic() < self._refusal[0]:
            raise PacsRefuses(str(self._refusal[1]))

    async def _wake_keeper(self) -> None:
        async with self._arrived:
            self._arrived.notify()
        self._hire()

    def _hire(self) -> None:
        if len(self._waiting) > self._idle and len(self._keepers) < self.width:
            keeper = asyncio.create_task(self._keep())
            self._keepers.add(keeper)
            keeper.add_done_callback(self._let_go)

    def _let_go(self, keeper: asyncio.Task[None]) -> None:
        """One that failed must not leave its visits waiting, nor one that went just as another visit came."""
        self._keepers.discard(keeper)
        if keeper.cancelled():
            return
        error = keeper.exception()
        if isinstance(error, PacsAway) and self._open:
            return  # others ask on; there are fewer of us for now
        while error is not None and self._waiting:
            job = self._waiting.popleft()
            if not job.begun.done():
                job.begun.set_exception(error)
        self._hire()

    async def _keep(self) -> None:
        """Hold a slot and a line while there are visits, a turn at a time."""
        failures = 0
        while self._waiting:
            try:
                await self._hold_a_line()
                failures = 0
            except PacsAway as away:
                wait = max(away.after, *BACK_OFF_SECONDS[failures : failures + 1], 0.0)
                failures += 1
                if self._open or failures > len(BACK_OFF_SECONDS) or wait > REST_SECONDS:
                    raise
                await asyncio.sleep(wait)
                continue
            if self._waiting:
                await asyncio.sleep(2 * ASK_AGAIN_SECONDS)  # others ask this often whether a slot is free

    async def _hold_a_line(self) -> None:
        async with self._load.slot(self._peer.name) as gate, Line(self._peer, gate) as line:
            await line.open()
            self._open += 1
            try:
                await self._take_turn(line, gate)
            finally:
                self._open -= 1

    async def _take_turn(self, line: Line, gate: Gate) -> None:
        end = monotonic() + TURN_SECONDS
        while monotonic() < end and not gate.is_wanted_back and await self._is_anything_waiting():
            job = self._waiting.popleft()
            if job.begun.done():
                continue
            work = job.work(line)
            job.begun.set_result(work)
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:
                job.lost = gate.lost
                work.cancel()
                await asyncio.wait([work])
                raise
            finally:
                if work.done() and not work.cancelled():
                    work.exception()  # looked at: whoever asked may have gone

    async def _is_anything_waiting(self) -> bool:
        if self._waiting:
            return True
        self._idle += 1
        try:
            # not wait_for: on Python 3.11 it swallows a cancellation that comes as the work arrives
            async with self._arrived, asyncio.timeout(IDLE_SECONDS):
                await self._arrived.wait()
        except TimeoutError:
            return False
        finally:
            self._idle -= 1
        return bool(self._waiting)
