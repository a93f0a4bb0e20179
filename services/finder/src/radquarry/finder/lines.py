"""A few associations to one PACS, kept while there is work and given back so that others get their turn."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.echo import VERIFICATION
from radquarry.dicom.finding import PATIENT_ROOT, STUDY_ROOT
from radquarry.dicom.load import ASK_AGAIN_SECONDS, Load
from radquarry.dicom.peer import PacsAway, PacsRefuses, PacsStopped, Peer
from radquarry.errors import Transient

Answer = TypeVar("Answer")

IDLE_SECONDS = 1.0
TURN_SECONDS = 30.0
BACK_OFF_SECONDS = (0.2, 0.6, 1.5)
STOPPED_SECONDS = 30.0
"""How often a window asks whether a stopped PACS was started again."""
REFUSED_SECONDS = 10.0
"""A PACS that refuses us as configured is not asked again for so long."""


class LinesBusy(Transient):
    """No association was free in time."""


class Line:
    """One association at a time, opened when it is needed and again when it was lost."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._stack = AsyncExitStack()
        self._association: Association | None = None

    async def __aenter__(self) -> Self:
        """Opens nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the association, or abort it on an error."""
        await self._stack.__aexit__(kind, error, traceback)

    async def run(self, call: Callable[[Association], Answer]) -> Answer:
        """Run a blocking use of the association. Raises `PacsAway`, `PacsRefuses` and what `call` raises."""
        association = await self._open()
        return await in_thread(association, partial(call, association))

    async def _open(self) -> Association:
        if self._association is not None and self._association.is_established:
            return self._association
        self._association = None
        await self._stack.aclose()
        for wait in BACK_OFF_SECONDS:
            try:
                return await self._associate()
            except PacsAway:
                await asyncio.sleep(wait)
        return await self._associate()

    async def _associate(self) -> Association:
        opening = open_association(self._peer, (STUDY_ROOT, PATIENT_ROOT, VERIFICATION))
        self._association = await self._stack.enter_async_context(opening)
        return self._association


Visit = Callable[[Line], Awaitable[Any]]


class Lines:
    """At most `width` lines to one PACS, each with a slot of its load; visits wait their turn.

    Use within `async with`; its end aborts what is under way.
    """

    def __init__(self, peer: Peer, load: Load, width: int) -> None:
        self._peer = peer
        self._load = load
        self._width = width
        self._waiting: deque[tuple[Visit, asyncio.Future[asyncio.Task[Any]]]] = deque()
        self._arrived = asyncio.Condition()
        self._idle = 0
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
        for _visit, begun in self._waiting:
            begun.cancel()

    async def use(self, visit: Callable[[Line], Awaitable[Answer]], patience: float | None = None) -> Answer:
        """What `visit` returns, once a line was free for it; one with `patience` (seconds) is the next.

        Raises what `visit` raises, `LinesBusy` when patience ran out, and `PacsStopped` when traffic to the PACS
        is stopped before or meanwhile.
        """
        self._raise_recent_refusal()
        begun: asyncio.Future[asyncio.Task[Answer]] = asyncio.get_running_loop().create_future()
        job = (visit, begun)
        (self._waiting.appendleft if patience else self._waiting.append)(job)
        await self._wake_keeper()
        try:
            async with asyncio.timeout(patience):
                work = await begun
        except TimeoutError:
            raise LinesBusy(f"all {self._width} associations to {self._peer.name} are in use") from None
        finally:
            if job in self._waiting:
                self._waiting.remove(job)
        return await self._outcome(work)

    async def _outcome(self, work: "asyncio.Task[Answer]") -> Answer:
        try:
            return await work
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
            raise PacsStopped(f"traffic to {self._peer.name} is stopped", after=STOPPED_SECONDS) from None
        except PacsRefuses as error:
            self._refusal = (monotonic() + REFUSED_SECONDS, error)
            raise

    def _raise_recent_refusal(self) -> None:
        if self._refusal is not None and monotonic() < self._refusal[0]:
            raise PacsRefuses(str(self._refusal[1]))

    async def _wake_keeper(self) -> None:
        async with self._arrived:
            self._arrived.notify()
        self._hire()

    def _hire(self) -> None:
        if len(self._waiting) > self._idle and len(self._keepers) < self._width:
            keeper = asyncio.create_task(self._keep())
            self._keepers.add(keeper)
            keeper.add_done_callback(self._let_go)

    def _let_go(self, keeper: asyncio.Task[None]) -> None:
        """One that failed must not leave its visits waiting, nor one that went just as another visit came."""
        self._keepers.discard(keeper)
        if keeper.cancelled():
            return
        error = keeper.exception()
        while error is not None and self._waiting:
            _visit, begun = self._waiting.popleft()
            if not begun.done():
                begun.set_exception(error)
        self._hire()

    async def _keep(self) -> None:
        """Hold a slot and a line while there are visits, a turn at a time."""
        while self._waiting:
            try:
                async with self._load.slot(self._peer.name), Line(self._peer) as line:
                    await self._take_turn(line)
            except PacsStopped as error:
                raise PacsStopped(str(error), after=STOPPED_SECONDS) from None
            if self._waiting:
                await asyncio.sleep(2 * ASK_AGAIN_SECONDS)  # others ask this often whether a slot is free

    async def _take_turn(self, line: Line) -> None:
        end = monotonic() + TURN_SECONDS
        while monotonic() < end and await self._is_anything_waiting():
            visit, begun = self._waiting.popleft()
            if begun.done():
                continue
            work = asyncio.ensure_future(visit(line))
            begun.set_result(work)
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:
                work.cancel()
                await asyncio.wait([work])
                raise

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
