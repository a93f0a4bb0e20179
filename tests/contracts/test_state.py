"""What every state store promises; each test runs on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from radquarry.dicom.load import VERSIONS, slots
from radquarry.errors import PeerAway
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state
from tests.contracts.states import KINDS, empty_state, empty_state_url

tables = MetaData()
counters = Table("counters", tables, Column("name", String(20), primary_key=True), Column("value", Integer))


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as store:
        async with store.writing() as connection:
            await connection.run_sync(tables.create_all)
        yield store


async def rows(state: State) -> dict[str, int]:
    async with state.reading() as connection:
        return {row.name: row.value for row in await connection.execute(select(counters))}


async def test_what_a_block_wrote_is_there_when_it_ends(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))

    assert await rows(state) == {"a": 1}


async def test_a_block_that_fails_wrote_nothing(state: State) -> None:
    async def fail_after_writing() -> None:
        async with state.writing() as connection:
            await connection.execute(insert(counters).values(name="a", value=1))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_writing()

    assert await rows(state) == {}


async def test_writing_twice_is_writing_once(state: State) -> None:
    for value in (1, 2):
        async with state.writing() as connection:
            await state.upsert(connection, counters, [{"name": "a", "value": value}])

    assert await rows(state) == {"a": 1}


async def test_an_upsert_sets_the_columns_it_names(state: State) -> None:
    for value in (1, 2):
        async with state.writing() as connection:
            await state.upsert(connection, counters, [{"name": "a", "value": value}], "value")

    assert await rows(state) == {"a": 2}


async def test_an_upsert_takes_many_rows_and_of_one_key_the_last(state: State) -> None:
    many = [{"name": f"n{number}", "value": number} for number in range(20_000)]

    async with state.writing() as connection:
        await state.upsert(connection, counters, [{"name": "n7", "value": 0}, *many], "value")

    assert await rows(state) == {f"n{number}": number for number in range(20_000)}


async def test_an_upsert_of_nothing_is_nothing(state: State) -> None:
    async with state.writing() as connection:
        await state.upsert(connection, counters, [])

    assert await rows(state) == {}


async def test_many_writers_lose_no_step(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=0))

    async def step() -> None:
        async with state.writing() as connection:
            await connection.execute(update(counters).values(value=counters.c.value + 1))

    await asyncio.gather(*(step() for _ in range(40)))

    assert await rows(state) == {"a": 40}


async def test_reading_sees_nothing_unfinished(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))
        assert await rows(state) == {}


async def test_a_broken_promise_of_ours_is_no_absence_of_the_store(state: State) -> None:
    with pytest.raises(IntegrityError) as caught:
        async with state.writing() as connection:
            await connection.execute(insert(counters), [{"name": "secret name", "value": 1}] * 2)

    assert "secret name" not in str(caught.value).replace("Key (name)=(secret name)", "")


@pytest.mark.parametrize("kind", KINDS)
async def test_tables_are_made_once_by_however_many_start_together(kind: str, tmp_path: Path) -> None:
    async with empty_state_url(kind, tmp_path) as url, open_state(url) as first, open_state(url) as second:
        await asyncio.gather(*(migrate(state, "load", VERSIONS) for state in (first, second, first, second)))

        async with first.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(slots)) == 0
            assert await connection.scalar(text("SELECT count(*) FROM load_alembic_version")) == 1


async def test_a_store_that_is_away_is_said_to_be_away() -> None:
    async with open_state("postgresql://nobody@127.0.0.1:1/none") as state:
        with pytest.raises(PeerAway, match="state store"):
            async with state.reading() as connection:
                await connection.execute(select(1))


async def test_an_unknown_url_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mysql"):
        async with open_state("mysql://x/y"):
            pass
