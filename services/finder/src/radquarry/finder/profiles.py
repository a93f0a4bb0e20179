"""The tables of what each PACS was found to be by probing it, and of what contradicted that since."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    delete,
    inspect,
    select,
    update,
)

from radquarry.finder.sights import in_utc
from radquarry.finder.watch import Contradiction, Noticed
from radquarry.messages import PacsProfile
from radquarry.state.store import State

tables = MetaData()
profiles = Table(
    "finder_profiles",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("profile", Text),  # the newest; a probing that failed leaves it
    Column("order_id", Uuid),  # the order that was answered last, with this profile or this problem
    Column("problem", Text, nullable=False),
    Column("is_said", Boolean, nullable=False),
)
contradictions = Table(
    "finder_contradictions",
    tables,
    Column("pacs", String(64), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("crawl_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("is_said", Boolean, nullable=False),
)
NO_CRAWL = UUID(int=0)


@dataclass(frozen=True)
class Outcome:
    """What a probing came to: a profile, or a problem in plain words."""

    profile: PacsProfile | None = None
    problem: str = ""


@dataclass(frozen=True)
class Known:
    """A PACS's profile, what was seen to contradict it, and whether it was announced."""

    profile: PacsProfile
    contradicted: frozenset[Noticed]
    is_said: bool


class Profiles:
    """What is known of each PACS. Every write may come twice."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.saying = asyncio.Lock()
        """Held by whoever announces what is unsaid, so that one process says it once."""

    async def at_hand(self) -> dict[str, Known]:
        """What is known, for whom this store is not: nothing without our tables, or where they are of another version.

        Writes nothing.
        """
        async with self._state.reading() as connection:
            if not await connection.run_sync(_are_there):
                return {}
        return await self.known()

    async def known(self) -> dict[str, Known]:
        """By the PACS's name."""
        async with self._state.reading() as connection:
            rows = (await connection.execute(select(profiles).where(profiles.c.profile.is_not(None)))).all()
            noticed = (await connection.execute(select(contradictions))).all()
        return {
            row.pacs: Known(
                _profile(row),
                frozenset((each.kind, _crawl(each)) for each in noticed if each.pacs == row.pacs),
                row.is_said,
            )
            for row in rows
        }

    async def outcome(self, pacs: str, order_id: UUID) -> Outcome | None:
        """What became of this order, when it was the last one that was answered."""
        async with self._state.reading() as connection:
            row = (await connection.execute(select(profiles).where(profiles.c.pacs == pacs))).first()
        if row is None or row.order_id != order_id:
            return None
        if row.problem or not row.profile:
            return Outcome(problem=row.problem)
        return Outcome(_profile(row))

    async def keep(self, pacs: str, outcome: Outcome, order_id: UUID | None = None) -> None:
        """What came of a probing; a profile takes the place of the one before and of what contradicted that.

        Without an order nobody has announced it yet.
        """
        row = {"pacs": pacs, "profile": None, "order_id": order_id, "problem": outcome.problem, "is_said": True}
        fresh = ["problem", "order_id"] if order_id is not None else ["problem"]
        if outcome.profile is not None:
            row |= {"profile": outcome.profile.model_dump_json(), "is_said": order_id is not None}
            fresh += ["profile", "is_said"]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, profiles, [row], *fresh)
            if outcome.profile is not None:
                await connection.execute(delete(contradictions).where(contradictions.c.pacs == pacs))

    async def said(self, pacs: str, profile: PacsProfile) -> None:
        """This profile was announced."""
        which = profiles.c.pacs == pacs, profiles.c.profile == profile.model_dump_json()
        async with self._state.writing() as connection:
            await connection.execute(update(profiles).where(*which).values(is_said=True))

    async def contradict(self, seen: Contradiction) -> None:
        """Note it, unless it is of a profile that is no more, or was noted before."""
        row = _place(seen) | {"reason": seen.reason, "seen_at": seen.seen_at, "is_said": False}
        which = select(profiles.c.profile).where(profiles.c.pacs == seen.pacs).with_for_update()
        async with self._state.writing() as connection:
            stored = await connection.scalar(which)
            if stored and PacsProfile.model_validate_json(stored).probed_at == seen.probed_at:
                await self._state.upsert(connection, contradictions, [row])

    async def unsaid(self) -> list[Contradiction]:
        """The contradictions that may not have been announced."""
        both = contradictions.join(profiles, contradictions.c.pacs == profiles.c.pacs)
        wanted = select(contradictions, profiles.c.profile).select_from(both).where(~contradictions.c.is_said)
        async with self._state.reading() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            Contradiction(row.pacs, row.kind, row.reason, _profile(row).probed_at, in_utc(row.seen_at), _crawl(row))
            for row in rows
        ]

    async def said_of(self, seen: Contradiction) -> None:
        """It was announced. Of each kind the newest is kept: a PACS may be crawled for years."""
        which = contradictions.c.pacs == seen.pacs, contradictions.c.kind == seen.kind
        same = contradictions.c.crawl_id == (seen.crawl_id or NO_CRAWL), contradictions.c.seen_at == seen.seen_at
        older = contradictions.c.is_said, contradictions.c.seen_at < seen.seen_at
        async with self._state.writing() as connection:
            await connection.execute(update(contradictions).where(*which, *same).values(is_said=True))
            await connection.execute(delete(contradictions).where(*which, *older))


def _are_there(connection: Connection) -> bool:
    inspector = inspect(connection)
    return all(
        inspector.has_table(table.name)
        and set(table.columns.keys()) <= {column["name"] for column in inspector.get_columns(table.name)}
        for table in tables.sorted_tables
    )


def _profile(row: Any) -> PacsProfile:
    return PacsProfile.model_validate_json(row.profile)


def _crawl(row: Any) -> UUID | None:
    return None if row.crawl_id == NO_CRAWL else row.crawl_id


def _place(seen: Contradiction) -> dict[str, Any]:
    return {"pacs": seen.pacs, "kind": seen.kind, "crawl_id": seen.crawl_id or NO_CRAWL}
