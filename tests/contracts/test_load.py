"""One budget of slots per PACS, whoever asks; each test runs on SQLite and on PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from radquarry.dicom.load import StateLoad
from radquarry.dicom.load_tables import slots, waiting
from radquarry.state.store import State
from tests.contracts.budgets import opened
from tests.contracts.buses import until


async def test_no_more_slots_are_held_than_there_are(state: State) -> None:
    finder, mover = await opened(state), await opened(state)
    held, most, full = 0, 0, asyncio.Event()

    async def use(load: StateLoad) -> None:
        nonlocal held, most
        async with load.slot("main"):
            held += 1
            most = max(most, held)
            if held == 2:
                full.set()
            await full.wait()
            held -= 1

    async with asyncio.timeout(60):
        await asyncio.gather(*(use(load) for load in (finder, mover) * 6))

    assert most == 2


async def test_who_waits_is_before_one_who_gives_a_slot_back_and_wants_another_at_once(state: State) -> None:
    busy, modest = await opened(state, associations=1), await opened(state, associations=1)
    standing = await modest.standing("main")
    got: list[str] = []

    async def wait_once() -> None:
        async with modest.slot("main"):
            got.append("modest")

    async with asyncio.timeout(30):
        async with busy.slot("main"):
            waits = asyncio.create_task(wait_once())
            await until(lambda: bool(standing.held_back))
        for _ in range(2):
            async with busy.slot("main"):
                got.append("busy")
        await waits

    assert got[0] == "modest"
    assert not await waiters(state)


async def test_who_waits_no_more_holds_nobody_up(state: State) -> None:
    load = await opened(state, associations=1)
    now = datetime.now(UTC)
    dead = {"holder": "dead", "pacs": "main", "since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
    async with state.writing() as connection:
        await connection.execute(insert(waiting).values(dead))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5), load.slot("main"):
            pytest.fail("it was another's turn")
    assert await waiters(state) == 1

    async with state.writing() as connection:
        await connection.execute(update(waiting).values(until=now - timedelta(seconds=1)))

    async with asyncio.timeout(10), load.slot("main"):
        pass


async def waiters(state: State) -> int:
    async with state.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(waiting)) or 0


async def test_one_pacs_takes_nothing_from_another(state: State) -> None:
    load = await opened(state, associations=1)

    async with asyncio.timeout(10), load.slot("main"), load.slot("other"):
        pass


async def test_a_slot_comes_back_when_its_holder_fails(state: State) -> None:
    load = await opened(state, associations=1)

    for _ in range(2):
        with pytest.raises(LookupError):
            async with asyncio.timeout(10), load.slot("main"):
                raise LookupError


async def test_a_slot_of_the_dead_is_free_when_its_lease_runs_out(state: State) -> None:
    load = await opened(state, associations=1)
    dead = {"pacs": "main", "slot": 0, "holder": "dead", "until": datetime.now(UTC) + timedelta(hours=1)}
    async with state.writing() as connection:
        await connection.execute(insert(slots).values(dead))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5), load.slot("main"):
            pass

    async with state.writing() as connection:
        await connection.execute(update(slots).values(until=datetime.now(UTC) - timedelta(seconds=1)))

    async with asyncio.timeout(10), load.slot("main"):
        pass


async def test_a_slot_whose_taking_was_given_up_is_free_at_once(state: State) -> None:
    load = await opened(state, associations=1)

    async def use() -> None:
        async with load.slot("main"):
            pass

    for turn in range(30):
        work = asyncio.create_task(use())
        for _ in range(turn):
            await asyncio.sleep(0.0005)
        work.cancel()
        await asyncio.wait([work])

    async with asyncio.timeout(5), load.slot("main"):
        pass
