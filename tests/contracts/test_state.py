"""What every state store promises its readers and writers; each test runs on SQLite and on PostgreSQL."""

import asyncio
import gc
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from radquarry.dicom.load import VERSIONS
from radquarry.dicom.load_tables import slots
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state
from tests.contracts.counters import counters, rows, tables
from tests.contracts.states import KINDS, empty_state, empty_state_url


@pytest.fixture
async def state(state: State) -> State:
    """With a table of counters."""
    async with state.writing() as connection:
        await connection.run_sync(tables.create_all)
    return state


async def test_what_a_block_wrote_is_there_when_it_ends(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))

    assert await rows(state) == {"a": 1}


async def test_a_query_by_itself_finds_what_was_written_and_holds_nobody_up(state: State) -> None:
    query = select(counters.c.name).where(counters.c.value == bindparam("wanted")).order_by(counters.c.name)
    async with state.writing() as connection:
        await state.upsert(connection, counters, [{"name": name, "value": 1} for name in "ab"])
        assert [row.name for row in await state.rows(query, {"wanted": 1})] == []

    assert [row.name for row in await state.rows(query, {"wanted": 1})] == ["a", "b"]
    assert await state.rows(query, {"wanted": 2}) == []


async def test_a_block_that_fails_wrote_nothing(state: State) -> None:
    async def fail_after_writing() -> None:
        async with state.writing() as connection:
            await connection.execute(insert(counters).values(name="a", value=1))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_writing()

    assert await rows(state) == {}


async def test_what_is_changed_is_seen_by_the_next_statement_and_kept_at_the_end(state: State) -> None:
    raised = update(counters).where(counters.c.name == "a").values(value=counters.c.value + bindparam("by"))
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))
        await state.change(connection, (raised, {"by": 1}), (raised, {"by": 10}))
        assert await connection.scalar(select(counters.c.value)) == 12
        await state.change(connection, (raised, {"by": 100}))

    assert await rows(state) == {"a": 112}


async def test_a_block_that_fails_changed_nothing_and_nor_does_the_next_one_for_it(state: State) -> None:
    changed = update(counters).values(value=bindparam("to"))
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))

    async def fail_after_changing() -> None:
        async with state.writing() as connection:
            await state.change(connection, (changed, {"to": 2}))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_changing()

    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="b", value=5))
    assert await rows(state) == {"a": 1, "b": 5}


async def test_a_change_that_cannot_be_made_takes_the_whole_block_with_it(state: State) -> None:
    renamed = update(counters).where(counters.c.name == "a").values(name=bindparam("to"))
    async with state.writing() as connection:
        await state.upsert(connection, counters, [{"name": name, "value": 1} for name in "ab"])

    async def clash() -> None:
        async with state.writing() as connection:
            await connection.execute(insert(counters).values(name="c", value=1))
            await state.change(connection, (renamed, {"to": "b"}))

    with pytest.raises(IntegrityError):
        await clash()

    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="d", value=1))
    assert await rows(state) == {"a": 1, "b": 1, "d": 1}


async def test_who_is_cancelled_at_any_moment_and_twice_leaves_no_lock_and_no_connection(state: State) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    dice = Random(1)

    async def write() -> None:
        async with state.writing() as connection:
            await state.upsert(connection, counters, [{"name": "a", "value": dice.randrange(9)}], "value")

    async def read() -> None:
        async with state.reading() as connection:
            await connection.execute(select(counters))

    async with asyncio.timeout(60):
        for _ in range(60):
            works = [asyncio.create_task(work()) for work in (write, read, write, read)]
            for work in works:
                for _ in range(2):
                    await asyncio.sleep(dice.choice((0, 0.0003, 0.001, 0.003)))
                    work.cancel()
            assert {type(end) for end in await asyncio.gather(*works, return_exceptions=True)} <= {
                asyncio.CancelledError,
                type(None),
            }
            await write()
        gc.collect()

    assert complaints == []
    assert isinstance(state.engine.pool, QueuePool)
    assert state.engine.pool.checkedout() == 0


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


@pytest.mark.parametrize("kind", KINDS)
async def test_transactions_given_up_at_any_moment_leave_nothing_half_done(kind: str, tmp_path: Path) -> None:
    async with empty_state(kind, tmp_path) as state:
        async with state.writing() as connection:
            await connection.run_sync(tables.create_all)
            await connection.execute(insert(counters), [{"name": name, "value": 0} for name in "ab"])

        async def step() -> None:
            async with state.writing() as connection:
                for name in "ab":
                    one = counters.c.name == name
                    await connection.execute(update(counters).where(one).values(value=counters.c.value + 1))

        for turn in range(40):
            work = [asyncio.create_task(step()) for _ in range(3)]
            await asyncio.wait(work, timeout=turn / 2000)
            for each in work:
                each.cancel()
            await asyncio.wait(work)
        async with asyncio.timeout(30):
            await step()

        found = await rows(state)
        assert found["a"] == found["b"] >= 1
