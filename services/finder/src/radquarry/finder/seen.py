"""The tables of what days held: read before a window is compared, written with what became different."""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.finder.sights import Sights, in_utc, packed, packed_study, unpacked, unpacked_study
from radquarry.messages import FindWindow, Study, StudyChanged
from radquarry.state.store import State

tables = MetaData()
seen = Table(
    "finder_seen",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sights", LargeBinary, nullable=False),
)
gone = Table(
    "finder_gone",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("gone_at", DateTime(timezone=True), nullable=False),
    Column("former", LargeBinary, nullable=False),
)
changes = Table(
    "finder_changes",
    tables,
    Column("crawl_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("modality", String(16), primary_key=True),
    Column("study_instance_uid", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("message", LargeBinary, nullable=False),
)
UIDS_AT_ONCE = 500


@dataclass(frozen=True)
class Tombstone:
    """A study that was gone at `gone_at`, as it was known before."""

    former: Study
    gone_at: datetime


@dataclass(frozen=True)
class Known:
    """What a day held when it was last listed; `version` is 0 before that.

    `has_gone`: the PACS has tombstones. `has_unsaid`: the window found changes before that may not be published.
    """

    sights: Sights = field(default_factory=dict)
    version: int = 0
    has_gone: bool = False
    has_unsaid: bool = False


@dataclass(frozen=True)
class Lesson:
    """What a visit taught: the day's sights from now on, what is gone and what is there again, and what to say."""

    sights: Sights
    gone: Collection[Tombstone] = ()
    returned: Collection[str] = ()
    changes: Collection[StudyChanged] = ()


class Seen:
    """The finder's memory of days. Every write may come twice."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def known(self, order: FindWindow) -> Known:
        """What is known of the window's day."""
        day = select(seen.c.sights, seen.c.version).where(*_is(seen, {"pacs": order.pacs, "day": order.day}))
        has_gone = exists().where(gone.c.pacs == order.pacs)
        has_unsaid = exists().where(*_is(changes, _window(order)))
        async with self._state.reading() as connection:
            row = (await connection.execute(day)).first()
            flags = (await connection.execute(select(has_gone, has_unsaid))).one()
        if row is None:
            return Known({}, 0, *flags)
        return Known(await asyncio.to_thread(unpacked, row.sights), row.version, *flags)

    async def tombstones(self, pacs: str, uids: Collection[str]) -> dict[str, Tombstone]:
        """Those of `uids` that were gone from the PACS."""
        found: dict[str, Tombstone] = {}
        async with self._state.reading() as connection:
            for some in _portions(sorted(uids)):
                wanted = select(gone).where(gone.c.pacs == pacs, gone.c.study_instance_uid.in_(some))
                for row in await connection.execute(wanted):
                    tombstone = Tombstone(unpacked_study(row.former), in_utc(row.gone_at))
                    found[row.study_instance_uid] = tombstone
        return found

    async def keep(self, order: FindWindow, version: int, lesson: Lesson) -> bool:
        """Keep all of a lesson at once; False, and nothing is kept, when the day is not at `version` any more."""
        row = {"pacs": order.pacs, "day": order.day, "version": version + 1}
        row["sights"] = await asyncio.to_thread(packed, lesson.sights)
        async with self._state.writing() as connection:
            if not await self._swap(connection, row, version):
                return False
            buried = [
                {
                    "pacs": order.pacs,
                    "study_instance_uid": tombstone.former.study_instance_uid,
                    "gone_at": tombstone.gone_at,
                    "former": packed_study(tombstone.former),
                }
                for tombstone in lesson.gone
            ]
            await self._state.upsert(connection, gone, buried, "gone_at", "former")
            for some in _portions(sorted(lesson.returned)):
                which = gone.c.pacs == order.pacs, gone.c.study_instance_uid.in_(some)
                await connection.execute(delete(gone).where(*which))
            await self._state.upsert(connection, changes, [_unsaid(order, change) for change in lesson.changes])
            return True

    async def unsaid(self, order: FindWindow) -> list[StudyChanged]:
        """The changes a window found that may not have been published."""
        async with self._state.reading() as connection:
            stored = await connection.scalars(select(changes.c.message).where(*_is(changes, _window(order))))
            return [StudyChanged.model_validate_json(message) for message in stored]

    async def said(self, order: FindWindow) -> None:
        """They have been published."""
        async with self._state.writing() as connection:
            await connection.execute(delete(changes).where(*_is(changes, _window(order))))

    async def _swap(self, connection: AsyncConnection, row: dict[str, Any], version: int) -> bool:
        if version:
            place = [*_is(seen, {"pacs": row["pacs"], "day": row["day"]}), seen.c.version == version]
            return bool((await connection.execute(update(seen).where(*place).values(row))).rowcount)
        insert = (postgresql if self._state.dialect == "postgresql" else sqlite).insert(seen)
        statement = insert.values(row).on_conflict_do_nothing().returning(seen.c.version)
        return (await connection.execute(statement)).first() is not None


def _window(order: FindWindow) -> dict[str, Any]:
    return {"crawl_id": order.crawl_id, "day": order.day, "modality": order.modality}


def _unsaid(order: FindWindow, change: StudyChanged) -> dict[str, Any]:
    about = {"study_instance_uid": change.study_instance_uid, "kind": change.kind}
    return {**_window(order), **about, "message": change.model_dump_json().encode()}


def _is(table: Table, values: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]


def _portions(items: list[str]) -> Iterator[Iterable[str]]:
    for start in range(0, len(items), UIDS_AT_ONCE):
        yield items[start : start + UIDS_AT_ONCE]
