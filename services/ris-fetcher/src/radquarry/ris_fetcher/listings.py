"""Lists that a RIS gave for crawls: kept whole before the first portion is said, so that no list is ever mixed."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, delete, select, update

from radquarry.errors import Transient
from radquarry.messages import Row
from radquarry.state.store import State

tables = MetaData()
listings = Table(
    "ris_fetcher_listings",
    tables,
    Column("crawl_id", String(36), primary_key=True),
    Column("attempt", String(36), nullable=False),
    Column("portions", Integer),
)
portions = Table(
    "ris_fetcher_portions",
    tables,
    Column("crawl_id", String(36), primary_key=True),
    Column("portion", Integer, primary_key=True),
    Column("rows", Text, nullable=False),
)

SAID_TOGETHER = 20
ROWS = TypeAdapter(tuple[Row, ...])
Portion = tuple[int, tuple[Row, ...]]


class Overtaken(Transient):
    """Another replica lists this crawl: what it finds is what counts."""

    def __init__(self) -> None:
        super().__init__("another replica is listing this crawl")


class Listings:
    """One list a crawl. Its rows stay until they are said; how many portions it had, for ever."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def portions(self, crawl_id: UUID) -> int | None:
        """How many portions the list has; None while it is not whole."""
        async with self._state.reading() as connection:
            found = select(listings.c.portions).where(listings.c.crawl_id == str(crawl_id))
            return (await connection.execute(found)).scalar()

    async def begin(self, crawl_id: UUID) -> UUID:
        """A new attempt, from the beginning; what an earlier one left unfinished is forgotten."""
        attempt, crawl = uuid4(), str(crawl_id)
        async with self._state.writing() as connection:
            await self._state.upsert(connection, listings, [{"crawl_id": crawl, "attempt": str(attempt)}])
            taken = update(listings).where(listings.c.crawl_id == crawl, listings.c.portions.is_(None))
            if not (await connection.execute(taken.values(attempt=str(attempt)))).rowcount:
                raise Overtaken
            await connection.execute(delete(portions).where(portions.c.crawl_id == crawl))
        return attempt

    async def keep(self, crawl_id: UUID, attempt: UUID, some: Sequence[Portion], *, is_all: bool) -> None:
        """Further portions; `is_all`: they are the last. Raises `Overtaken` where a later attempt has begun."""
        crawl = str(crawl_id)
        whole = some[-1][0] + 1 if is_all else None
        rows = [{"crawl_id": crawl, "portion": number, "rows": ROWS.dump_json(each).decode()} for number, each in some]
        async with self._state.writing() as connection:
            mine = update(listings).where(
                listings.c.crawl_id == crawl, listings.c.attempt == str(attempt), listings.c.portions.is_(None)
            )
            if not (await connection.execute(mine.values(portions=whole))).rowcount:
                raise Overtaken
            await self._state.upsert(connection, portions, rows, "rows")

    async def unsaid(self, crawl_id: UUID) -> AsyncIterator[list[Portion]]:
        """Portions in their order, some at a time; they go on being unsaid until they are forgotten."""
        after = -1
        while True:
            wanted = select(portions.c.portion, portions.c.rows).where(
                portions.c.crawl_id == str(crawl_id), portions.c.portion > after
            )
            async with self._state.reading() as connection:
                found = (await connection.execute(wanted.order_by(portions.c.portion).limit(SAID_TOGETHER))).all()
            if not found:
                return
            yield [(number, ROWS.validate_json(rows)) for number, rows in found]
            after = found[-1][0]

    async def forget(self, crawl_id: UUID, numbers: Sequence[int]) -> None:
        """These are said: accession numbers lie nowhere longer than they must."""
        async with self._state.writing() as connection:
            said = portions.c.crawl_id == str(crawl_id)
            await connection.execute(delete(portions).where(said, portions.c.portion.in_(numbers)))
