"""Files at hand: brought, worked on by the exporter, taken away by whoever brought them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import and_, delete, or_, select, tuple_, update

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.delivery_tables import file_jobs
from radquarry.api.destinations import Destinations
from radquarry.api.exchange import Exchange, Incoming
from radquarry.api.file_job_orders import FilesOrder, JobKind
from radquarry.api.file_job_views import SETTLED, FileJobView, RefusedFile, refused_in, view_of
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.multipart import drained, read_form
from radquarry.api.orders import Orders
from radquarry.api.problems import Problem, unknown
from radquarry.api.security.rights import Rights
from radquarry.errors import PeerAway
from radquarry.messages import CancelFiles, ConvertFiles, DeidentifyFiles, PreviewFiles
from radquarry.state.steady import to_its_end
from radquarry.state.store import State

log = structlog.get_logger(__name__)

KEPT = timedelta(hours=24)
"""From the end of the work on; what nobody ends goes after `LONGEST`, counted from the order."""
LONGEST = timedelta(days=7)
ANNOUNCE_AFTER = timedelta(seconds=30)
KEEP_SECONDS = 60.0
Announced = DeidentifyFiles | PreviewFiles | ConvertFiles
KINDS: dict[JobKind, type[Announced]] = {
    "deidentification": DeidentifyFiles,
    "preview": PreviewFiles,
    "conversion": ConvertFiles,
}


@dataclass(frozen=True)
class Upload:
    """A form with files on its way in, and who sends it; the same `key` is the same order."""

    content_type: str
    body: AsyncIterator[bytes]
    user: str = ""
    key: str | None = None


class FileJobs:
    """`destinations` knows the profiles, `exchange` is the folder shared with the exporter."""

    def __init__(
        self, state: State, orders: Orders, exchange: Exchange, destinations: Destinations, rights: Rights
    ) -> None:
        self._state = state
        self._orders = orders
        self._exchange = exchange
        self._destinations = destinations
        self._rights = rights

    async def bring(self, kind: JobKind, upload: Upload) -> UUID:
        """Take files in, all or none, and order the work on them. Raises `Problem`.

        When everything has come, the order is written down, then published: a bus that is away gets it later.
        """
        try:
            return await self._bring(kind, upload)
        except Problem:
            await drained(upload.body)
            raise

    async def _bring(self, kind: JobKind, upload: Upload) -> UUID:
        incoming = await asyncio.to_thread(self._exchange.receive)
        try:
            form = await read_form(upload.content_type, upload.body, incoming)
            order = FilesOrder.of(kind, form, incoming.names, incoming.sizes)
            self._check(order, upload.user)
            job_id = await self._named(order, upload)
            if upload.key is not None and await self._row(job_id) is not None:
                return job_id
            command = order.command(job_id, upload.user)
            await asyncio.to_thread(self._exchange.settle, incoming)  # before it is ordered: see `ANNOUNCE_AFTER`
            await self._write(command, order)
            await self._take(incoming, job_id)
        finally:
            await to_its_end(asyncio.to_thread(incoming.drop))
        audit(command.topic, upload.user, job_id=str(job_id), files=len(order.names), bytes=sum(order.sizes))
        try:
            await self._announce(command)
        except PeerAway:
            log.warning("the files are here and the bus is away: the order goes out later", job_id=str(job_id))
        return job_id

    async def watched(self, job_id: UUID) -> FileJobView:
        """A job for those who were let in to watch it; raises the problem to show."""
        row = await self._row(job_id)
        if row is None:
            raise unknown("job", job_id)
        return view_of(row)

    async def get(self, kind: JobKind | None, job_id: UUID, user: str = "") -> FileJobView:
        """A job of this user, or any for administrators; raises the problem to show."""
        row = await self._row(job_id)
        if row is None or (kind is not None and row.kind != kind):
            raise unknown(kind or "job", job_id)
        if not self._may(row.requested_by, user):
            audit("files refused", user, job_id=str(job_id))
            detail = "Files are for whoever brought them, and for administrators."
            raise Problem(403, "not-yours", "Not for you", detail)
        return view_of(row)

    async def list(
        self, user: str = "", limit: int = 50, after: str | None = None, *, kind: JobKind | None = None
    ) -> Listed[FileJobView]:
        """Newest first: this user's, or all for administrators; without what was removed."""
        table = file_jobs.c
        chosen = select(file_jobs).where(table.requested_at.is_not(None), table.removed_at.is_(None))
        if not self._rights.administers(user):
            chosen = chosen.where(table.requested_by == user[:200])
        if kind is not None:
            chosen = chosen.where(table.kind == kind)
        if after is not None:
            chosen = chosen.where(tuple_(table.requested_at, table.job_id) < tuple_(*position(after)))
        chosen = chosen.order_by(table.requested_at.desc(), table.job_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        views = tuple(map(view_of, rows[:limit]))
        more = cursor(views[-1].requested_at, views[-1].id) if len(rows) > limit else None
        return Listed(views, more)

    async def made(self, view: FileJobView, name: str, user: str = "") -> Path:
        """`result.zip`, `report.json` or `preview.json` of a job; raises the problem to show where it is not there."""
        if view.is_removed:
            raise Problem(410, "removed", "Removed", "What was uploaded and made has been removed.")
        file = await asyncio.to_thread(self._exchange.made, view.id, name)
        if file is None or not view.has_result:
            detail = f"{name} is not there: the work is {view.state}."
            raise Problem(409, "not-ready", "Not ready", detail)
        audit("files taken", user, job_id=str(view.id), name=name)
        return file

    async def refused(self, view: FileJobView) -> tuple[RefusedFile, ...]:
        """The files that its report holds back, by the names they were brought under."""
        file = await asyncio.to_thread(self._exchange.made, view.id, "report.json")
        if file is None:
            return ()
        names = view.names if view.total == len(view.names) else ()
        return await asyncio.to_thread(refused_in, file, names)

    async def remove(self, kind: JobKind | None, job_id: UUID, user: str = "") -> None:
        """Stop the work, and have everything removed; twice is once."""
        view = await self.get(kind, job_id, user)
        if not view.is_removed:
            await self._remove(job_id)
            audit(CancelFiles.topic, user, job_id=str(job_id))

    async def keep(self) -> None:
        """For ever: announce what the bus did not take, remove what is old and what broke off."""
        while True:
            try:
                await self.look_after(self._orders.clock())
            except PeerAway as error:
                log.warning("files at hand could not be looked after", reason=str(error))
            await asyncio.sleep(KEEP_SECONDS)

    async def look_after(self, now: datetime) -> None:
        """One round of `keep`."""
        await asyncio.to_thread(self._exchange.sweep)
        table = file_jobs.c
        waiting = select(table.kind, table.command).where(
            table.is_announced.is_(False), table.command.is_not(None), table.requested_at < now - ANNOUNCE_AFTER
        )
        is_over = and_(table.state.in_(SETTLED), table.progressed_at < now - KEPT)
        old = select(table.job_id).where(
            or_(is_over, table.requested_at < now - LONGEST),
            table.requested_at.is_not(None),
            table.removed_at.is_(None),
        )
        async with self._state.reading() as connection:
            unsaid = (await connection.execute(waiting.limit(100))).all()
            over = (await connection.execute(old.limit(100))).all()
        for row in unsaid:
            await self._announce(KINDS[row.kind].model_validate_json(row.command))
        for row in over:
            await self._remove(row.job_id)

    def _may(self, owner: str, user: str) -> bool:
        return owner == user[:200] or self._rights.administers(user)

    def _check(self, order: FilesOrder, user: str) -> None:
        self._destinations.check_profile(order.profile)
        if order.mapping:
            self._destinations.check_mapping(user)

    async def _named(self, order: FilesOrder, upload: Upload) -> UUID:
        if upload.key is None:
            return uuid4()
        return await self._orders.named(f"{order.kind}s", upload.user, upload.key, order)

    async def _write(self, command: Announced, order: FilesOrder) -> None:
        row: dict[str, Any] = {
            "job_id": command.job_id,
            "kind": order.kind,
            "command": command.model_dump_json(),
            "about": json.dumps(order.about),
            "names": json.dumps(order.names),
            "requested_by": command.requested_by[:200],
            "requested_at": self._orders.clock(),
            "files": len(order.names),
            "bytes": sum(order.sizes),
        }
        async with self._state.writing() as connection:
            await self._state.upsert(connection, file_jobs, [row], *(name for name in row if name != "job_id"))

    async def _take(self, incoming: Incoming, job_id: UUID) -> None:
        """What is not written to the disk is not ordered."""
        try:
            await asyncio.to_thread(self._exchange.take, incoming, job_id)
        except (Problem, PeerAway):
            async with self._state.writing() as connection:
                await connection.execute(delete(file_jobs).where(file_jobs.c.job_id == job_id))
            raise

    async def _announce(self, command: Announced) -> None:
        await self._orders.publish(command)
        said = update(file_jobs).where(file_jobs.c.job_id == command.job_id)
        async with self._state.writing() as connection:
            await connection.execute(said.values(is_announced=True, command=None))

    async def _remove(self, job_id: UUID) -> None:
        await self._orders.publish(CancelFiles(trail=job_id, job_id=job_id))
        gone = {"removed_at": self._orders.clock(), "is_announced": True, "command": None, "names": "[]"}
        async with self._state.writing() as connection:
            await connection.execute(update(file_jobs).where(file_jobs.c.job_id == job_id).values(gone))
            forgotten = self._orders.clock() - 10 * LONGEST
            late = or_(file_jobs.c.removed_at < forgotten, file_jobs.c.progressed_at < forgotten)
            await connection.execute(delete(file_jobs).where(late))

    async def _row(self, job_id: UUID) -> "bulk.Found | None":
        chosen = select(file_jobs).where(file_jobs.c.job_id == job_id, file_jobs.c.requested_at.is_not(None))
        async with self._state.reading() as connection:
            return next(iter(await bulk.fetch(connection, chosen)), None)
