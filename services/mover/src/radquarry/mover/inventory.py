"""What the ledger knows to lie in the archive: sums over every instance, taken at most once a minute."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, cast, extract, func, select

from radquarry.bus.port import Publish
from radquarry.messages import ArchiveMeasured, MeasureArchive, StoredMonth, StoredStudy
from radquarry.mover.room import Room
from radquarry.mover.tables import instances
from radquarry.state.store import State

FRESH = timedelta(minutes=1)
MOST_STUDIES = 20
MOST_MONTHS = 120


@dataclass(frozen=True)
class Stock:
    """Sums at `measured_at`."""

    studies: int
    instances: int
    bytes: int
    largest: tuple[StoredStudy, ...]
    by_month: tuple[StoredMonth, ...]
    measured_at: datetime


class Inventory:
    """Of the table of instances. Who asks while it is being summed up waits for the same sums."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock
        self._stock: Stock | None = None
        self._taking = asyncio.Lock()

    async def stock(self) -> Stock:
        """At most a minute old."""
        async with self._taking:
            if self._stock is None or self._clock() - self._stock.measured_at > FRESH:
                self._stock = await self._take()
            return self._stock

    async def _take(self) -> Stock:
        count, weight = func.count().label("instances"), func.coalesce(func.sum(instances.c.bytes), 0).label("bytes")
        studies = func.count(instances.c.study_instance_uid.distinct()).label("studies")
        here = instances.c.bytes.is_not(None)
        of_study = select(instances.c.study_instance_uid, count, weight).where(here)
        of_study = of_study.group_by(instances.c.study_instance_uid)
        largest = of_study.order_by(weight.desc(), instances.c.study_instance_uid).limit(MOST_STUDIES)
        year, month = (cast(extract(part, self._stored_at()), Integer).label(part) for part in ("year", "month"))
        by_month = select(year, month, studies, count, weight).where(here, instances.c.stored_at.is_not(None))
        by_month = by_month.group_by(year, month).order_by(year.desc(), month.desc()).limit(MOST_MONTHS)
        async with self._state.reading() as connection:
            whole = (await connection.execute(select(studies, count, weight).where(here))).one()
            large = (await connection.execute(largest)).all()
            months = (await connection.execute(by_month)).all()
        return Stock(
            studies=whole.studies,
            instances=whole.instances,
            bytes=int(whole.bytes),
            largest=tuple(
                StoredStudy(study_instance_uid=row.study_instance_uid, instances=row.instances, bytes=int(row.bytes))
                for row in large
            ),
            by_month=tuple(
                StoredMonth(
                    month=f"{row.year:04}-{row.month:02}",
                    studies=row.studies,
                    instances=row.instances,
                    bytes=int(row.bytes),
                )
                for row in months
            ),
            measured_at=self._clock().astimezone(UTC),
        )

    def _stored_at(self) -> Any:
        """In UTC, whatever time zone the store's session has."""
        moment = instances.c.stored_at
        return func.timezone("UTC", moment) if self._state.dialect == "postgresql" else moment


async def measure(order: MeasureArchive, *, inventory: Inventory, room: Room, publish: Publish) -> None:
    """Say what is there, and how much more fits."""
    stock, disk = await inventory.stock(), await room.disk()
    await publish(
        ArchiveMeasured.after(
            order,
            **vars(stock),
            reserve_bytes=round(room.reserve_bytes),
            disk_bytes=None if disk is None else disk.bytes,
            free_bytes=None if disk is None else disk.free,
        )
    )
