"""Retrievals as people see and order them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import func, select, tuple_

from radquarry.api import bulk
from radquarry.api.audit import audit
from radquarry.api.departures import has_left, left_at
from radquarry.api.holdings import held
from radquarry.api.listed import Listed, cursor, page_size, position
from radquarry.api.orders import Orders
from radquarry.api.problems import already_settled, unknown
from radquarry.api.retrieval_facts import SETTLED, RetrievalFact
from radquarry.api.retrieval_views import (
    MOST_INSTANCES,
    MOST_STUDIES,
    ManifestRow,
    RetrievalOrder,
    RetrievalStudy,
    RetrievalView,
    manifest_row_of,
    study_of,
    view_of,
)
from radquarry.api.tables import retrieval_instances, retrieval_studies, retrievals
from radquarry.errors import PeerAway
from radquarry.index.document import Document
from radquarry.index.port import Index
from radquarry.messages import (
    CancelRetrieval,
    ListedSeries,
    PauseRetrieval,
    ResumeRetrieval,
    RetrievalRequested,
    RetrievalState,
    SeriesChoice,
    WantedStudy,
)
from radquarry.state.store import State

__all__ = [
    "MOST_INSTANCES",
    "MOST_STUDIES",
    "ManifestRow",
    "RetrievalOrder",
    "RetrievalState",
    "RetrievalStudy",
    "RetrievalView",
    "Retrievals",
]

log = structlog.get_logger(__name__)

PORTION = 500
MOST_SERIES = 40_000
"""That one order tells of: some 150 bytes each, in a message of at most 16 MiB (RabbitMQ's limit)."""
Control = type[PauseRetrieval] | type[ResumeRetrieval] | type[CancelRetrieval]


class Retrievals:
    """`write` is the ledger's; the index says which PACS holds a study."""

    def __init__(
        self, state: State, orders: Orders, write: Callable[[RetrievalFact], Awaitable[None]], index: Index
    ) -> None:
        self._state = state
        self._orders = orders
        self._write = write
        self._index = index

    async def request(self, order: RetrievalOrder, user: str = "", key: str | None = None) -> UUID:
        """Order a retrieval: publish, then write. Raises `Problem`, or `PeerAway` when nothing was ordered."""
        order.check()
        retrieval_id = await self._orders.named("retrievals", user, key, order)
        if key is not None and await self._row(retrieval_id) is not None:
            return retrieval_id
        message = RetrievalRequested(
            trail=retrieval_id,
            sent_at=self._orders.clock(),
            retrieval_id=retrieval_id,
            studies=await self._wanted(order),
            series=order.series,
            priors=order.priors,
            priority=order.priority,
            requested_by=user,
            not_before=order.not_before,
            estimated_bytes=order.estimated_bytes,
            windows=order.windows,
        )
        await self._orders.publish(message)
        audit("retrieval requested", user, retrieval_id=str(retrieval_id), studies=len(message.studies))
        try:
            await self._write(message)
        except PeerAway:
            log.warning("the order is on its way and is shown when it comes back", retrieval_id=str(retrieval_id))
        return retrieval_id

    async def get(self, retrieval_id: UUID) -> RetrievalView:
        """One retrieval with its studies."""
        row = await self._row(retrieval_id)
        if row is None:
            raise unknown("retrieval", retrieval_id)
        chosen = (
            select(retrieval_studies)
            .where(retrieval_studies.c.retrieval_id == retrieval_id)
            .order_by(retrieval_studies.c.position, retrieval_studies.c.study_instance_uid)
        )
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen)
        return view_of(row, self._orders.clock(), tuple(study_of(each, row.refused) for each in rows))

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[RetrievalView]:
        """Newest first."""
        key = tuple_(retrievals.c.requested_at, retrievals.c.retrieval_id)
        chosen = select(retrievals).where(retrievals.c.requested_at.is_not(None))
        if after is not None:
            chosen = chosen.where(key < tuple_(*position(after)))
        chosen = chosen.order_by(retrievals.c.requested_at.desc(), retrievals.c.retrieval_id.desc())
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen.limit(page_size(limit) + 1))
        now = self._orders.clock()
        views = tuple(view_of(row, now) for row in rows[:limit])
        more = cursor(views[-1].requested_at, views[-1].id) if len(rows) > limit else None
        return Listed(views, more)

    async def pause(self, retrieval_id: UUID, user: str = "") -> None:
        """Begin no further move."""
        await self._control(PauseRetrieval, retrieval_id, user)

    async def resume(self, retrieval_id: UUID, user: str = "") -> None:
        """Go on after a pause."""
        await self._control(ResumeRetrieval, retrieval_id, user)

    async def cancel(self, retrieval_id: UUID, user: str = "") -> None:
        """Stop for good; what has arrived stays."""
        await self._control(CancelRetrieval, retrieval_id, user)

    async def manifest(self, retrieval_id: UUID) -> AsyncIterator[ManifestRow]:
        """Every instance that is known to belong to the retrieval, in portions: flat memory."""
        if await self._row(retrieval_id) is None:
            raise unknown("retrieval", retrieval_id)
        table = retrieval_instances.c
        key = tuple_(table.study_instance_uid, table.sop_instance_uid)
        last: tuple[str, str] = ("", "")
        while True:
            chosen = select(retrieval_instances, left_at()).where(
                table.retrieval_id == retrieval_id, key > tuple_(*last)
            )
            chosen = chosen.order_by(table.study_instance_uid, table.sop_instance_uid).limit(PORTION)
            async with self._state.reading() as connection:
                rows = await bulk.fetch(connection, chosen)
            for row in rows:
                yield manifest_row_of(row)
            if len(rows) < PORTION:
                return
            last = rows[-1].study_instance_uid, rows[-1].sop_instance_uid

    async def of_study(self, study_instance_uid: str) -> tuple[RetrievalStudy, ...]:
        """Where this study stands in each retrieval that wants it, newest first."""
        same = retrievals.c.retrieval_id == retrieval_studies.c.retrieval_id
        chosen = (
            select(retrieval_studies, retrievals.c.refused)
            .join_from(retrieval_studies, retrievals, same)
            .where(retrieval_studies.c.study_instance_uid == study_instance_uid)
            .order_by(retrievals.c.requested_at.desc())
            .limit(50)
        )
        async with self._state.reading() as connection:
            return tuple(study_of(row, row.refused) for row in await bulk.fetch(connection, chosen))

    async def instances_here(self, study_instance_uid: str) -> Mapping[str, int]:
        """SeriesInstanceUID → how many of its instances are in the archive now, over all retrievals."""
        table = retrieval_instances.c
        chosen = (
            select(table.series_instance_uid, func.count(table.sop_instance_uid.distinct()).label("here"))
            .where(table.study_instance_uid == study_instance_uid, table.received, ~has_left())
            .group_by(table.series_instance_uid)
        )
        async with self._state.reading() as connection:
            return {row.series_instance_uid: row.here for row in await bulk.fetch(connection, chosen)}

    async def _control(self, control: Control, retrieval_id: UUID, user: str) -> None:
        row = await self._row(retrieval_id)
        if row is None:
            raise unknown("retrieval", retrieval_id)
        if row.state in SETTLED:
            if (control, row.state) == (CancelRetrieval, "cancelled"):
                return
            raise already_settled("retrieval", row.state)
        await self._orders.publish(control(trail=retrieval_id, retrieval_id=retrieval_id))
        audit(control.topic, user, retrieval_id=str(retrieval_id))

    async def _wanted(self, order: RetrievalOrder) -> tuple[WantedStudy, ...]:
        """The studies with the PACS that holds each; raises the problem when the index knows some not."""
        known = await held(self._index, order.studies, partial(_wanted, order=order))
        left, wanted = MOST_SERIES, []
        for study in known.values():
            left -= len(study.series)
            wanted.append(study if left >= 0 else study.model_copy(update={"series": ()}))
        return tuple(wanted)

    async def _row(self, retrieval_id: UUID) -> "bulk.Found | None":
        same = retrievals.c.retrieval_id == retrieval_id
        chosen = select(retrievals).where(same, retrievals.c.requested_at.is_not(None))
        async with self._state.reading() as connection:
            return next(iter(await bulk.fetch(connection, chosen)), None)


def _wanted(document: Document, order: RetrievalOrder) -> WantedStudy:
    """With its series, where all are wanted and the index knows how many instances each of them has."""
    study, only = document.study, order.instances.get(document.study_instance_uid, ())
    series: tuple[ListedSeries, ...] = ()
    if study and not only and order.series == SeriesChoice():
        series = tuple(
            ListedSeries(
                series_instance_uid=each.series_instance_uid,
                modality=each.modality,
                number_of_series_related_instances=each.number_of_series_related_instances,
            )
            for each in study.series
            if each.number_of_series_related_instances
        )
        if len(series) != max(len(study.series), study.number_of_study_related_series or 0):
            series = ()
    return WantedStudy(
        study_instance_uid=document.study_instance_uid, pacs=document.pacs, sop_instance_uids=only, series=series
    )
