"""The load's tables: what all parts that talk to a PACS have to know of each other."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Text, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.dicom.load_backoff import Ease
from radquarry.messages import LoadLimits

tables = MetaData()

slots = Table(
    "load_slots",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""Associations that somebody holds."""

waiting = Table(
    "load_waiting",
    tables,
    Column("holder", String(36), primary_key=True),
    Column("pacs", String(64), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""Who wants one when none is free: they get it in the order of `since`."""

stops = Table(
    "load_stops",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("stopped_at", DateTime(timezone=True), nullable=False),
    Column("requested_by", String(200), nullable=False),
)

limits = Table(
    "load_limits",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("limits", Text, nullable=False),
    Column("requested_by", String(200), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
"""What an administrator set instead of the configured limits, as JSON."""

eases = Table(
    "load_eases",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("allowed", Integer, nullable=False),
    Column("pauses", Integer, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
)
"""What back-off leaves; no row when it takes nothing."""

paces = Table(
    "load_paces",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("next_at", DateTime(timezone=True), nullable=False),
)
"""When the next request, or the next study, would be due if all came evenly."""


@dataclass(frozen=True)
class Written:
    """What the tables say of one PACS; `limits` are those an administrator set, if any."""

    is_stopped: bool
    limits: LoadLimits | None
    requested_by: str
    ease: Ease | None


async def read(connection: AsyncConnection, pacs: str) -> Written:
    """One row of all tables."""
    one = select(literal(pacs, String(64)).label("pacs")).subquery()
    joined = one.outerjoin(stops, stops.c.pacs == one.c.pacs)
    joined = joined.outerjoin(limits, limits.c.pacs == one.c.pacs).outerjoin(eases, eases.c.pacs == one.c.pacs)
    stopped = stops.c.stopped_at.label("stopped_at")
    query = select(stopped, limits.c.limits, limits.c.requested_by, *eases.c).select_from(joined)
    row = (await connection.execute(query)).one()
    ease = None
    if row.allowed is not None:
        ease = Ease(row.allowed, row.pauses, as_utc(row.not_before), as_utc(row.changed_at), row.reason)
    own = LoadLimits.model_validate_json(row.limits) if row.limits is not None else None
    return Written(row.stopped_at is not None, own, row.requested_by or "", ease)


def as_utc(moment: datetime) -> datetime:
    """A moment as it was written: SQLite forgets the time zone, and all of ours are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
