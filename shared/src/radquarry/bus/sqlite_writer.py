"""One thread writes what hundreds of tasks want written, in one transaction and with one fsync."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import structlog

from radquarry.bus import sqlite_store as store
from radquarry.bus.sqlite_file import away, connect
from radquarry.errors import PeerAway

log = structlog.get_logger(__name__)

SECONDS_BETWEEN_TRIES = 1.0

Answer = TypeVar("Answer")
Call = Callable[[sqlite3.Connection], Any]


@dataclass
class Changes:
    """What is written together. `settled` are let go of after `delayed` and `parked` have copied theirs."""

    published: list[tuple[str, bytes]] = field(default_factory=list)
    delayed: list[store.Delay] = field(default_factory=list)
    parked: list[store.Parking] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    calls: list[tuple[Call, asyncio.Future[Any]]] = field(default_factory=list)
    when_written: list[Callable[[], None]] = field(default_factory=list)
    answers: list[asyncio.Future[None]] = field(default_factory=list)
    durable: bool = False

    def write(self, connection: sqlite3.Connection) -> list[Any]:
        """Carry everything out in one transaction; what the calls answered."""
        # A lost acknowledgement is a message delivered twice, a lost message is lost: only the latter waits for fsync.
        connection.execute(f"PRAGMA synchronous = {'FULL' if self.durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            store.publish(connection, self.published)
            store.delay(connection, self.delayed)
            store.park(connection, self.parked)
            if self.settled:
                store.forget(connection, self.settled)
            answers = [call(connection) for call, _ in self.calls]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return answers


class Writer:
    """Gathers changes while the thread writes the ones before."""

    def __init__(self, path: Path, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._path = path
        self._connection = connection
        self._thread = thread
        self._next = Changes()
        self._asked = asyncio.Event()
        self._closing = False
        self._writing = asyncio.create_task(self._write_on(), name="bus-writer")

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Create the file where it is new; raises PeerAway."""
        thread = ThreadPoolExecutor(1, "bus")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(thread, connect, path)
        except (sqlite3.Error, OSError) as error:
            thread.shutdown(wait=False)
            raise away(path, error) from error
        return cls(path, connection, thread)

    async def publish(self, messages: list[tuple[str, bytes]], when_written: Callable[[], None]) -> None:
        """Return when the (topic, body)s are on disk; `when_written` is called even if nobody waits any more."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        changes = self._ask()
        changes.durable = True
        changes.published += messages
        changes.when_written.append(when_written)
        changes.answers.append(answer)
        await answer

    def settle(self, row_id: int, copy: store.Delay | store.Parking | None, settled: Callable[[], None]) -> None:
        """Let go of a waiting message, after its copy is written; tried until it succeeds, then `settled`."""
        if self._closing:
            return
        changes = self._ask()
        changes.settled.append(row_id)
        changes.when_written.append(settled)
        match copy:
            case store.Delay():
                changes.delayed.append(copy)
            case store.Parking():
                changes.parked.append(copy)

    def call(self, call: Callable[[sqlite3.Connection], Answer], *, durable: bool = False) -> asyncio.Future[Answer]:
        """What `call` answers, in the transaction of everything asked before; it may be run again after a failure."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        changes = self._ask()
        changes.durable |= durable
        changes.calls.append((call, answer))
        return answer

    async def close(self) -> None:
        """Write what was asked so far, then let go of the file."""
        self._closing = True
        self._asked.set()
        try:
            await self._writing
        finally:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
            self._thread.shutdown(wait=False)

    def _ask(self) -> Changes:
        if self._closing:
            raise PeerAway("the bus is closed")
        self._asked.set()
        return self._next

    async def until_it_breaks(self) -> None:
        """Return when the bus is closed; raises what a fault of ours raised in the thread."""
        await asyncio.shield(self._writing)

    async def _write_on(self) -> None:
        changes = Changes()
        try:
            while not self._closing or self._asked.is_set():
                await self._asked.wait()
                await asyncio.sleep(0)  # whoever is ready now joins
                self._asked.clear()
                changes, self._next = self._next, Changes()
                await self._write(changes)
        finally:
            self._closing = True
            self._failed(changes, PeerAway("the bus is closed"))
            self._failed(self._next, PeerAway("the bus is closed"))

    async def _write(self, changes: Changes) -> None:
        try:
            answers = await asyncio.get_running_loop().run_in_executor(self._thread, changes.write, self._connection)
        except (sqlite3.Error, OSError) as error:
            problem = away(self._path, error)
            log.warning("the bus cannot write", reason=str(problem), messages=len(changes.published))
            self._failed(changes, problem)
        else:
            if not self._closing:  # else nobody reads on
                for written in changes.when_written:
                    written()
            _answer(changes, answers)

    def _failed(self, changes: Changes, error: PeerAway) -> None:
        for answer in (*changes.answers, *(answer for _, answer in changes.calls)):
            if not answer.done():
                answer.set_exception(error)
        if changes.settled and not self._closing:
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_TRIES, self._settle_again, changes)

    def _settle_again(self, failed: Changes) -> None:
        if not self._closing:
            changes = self._ask()
            changes.settled += failed.settled
            changes.delayed += failed.delayed
            changes.parked += failed.parked
            changes.when_written += failed.when_written


def _answer(changes: Changes, answers: list[Any]) -> None:
    for waiting in changes.answers:
        if not waiting.done():
            waiting.set_result(None)
    for (_, asked), answer in zip(changes.calls, answers, strict=True):
        if not asked.done():
            asked.set_result(answer)
