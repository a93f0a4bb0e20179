"""One budget of traffic per PACS, whoever asks; each test runs on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from radquarry.dicom.load import StateLoad
from radquarry.dicom.load_book import Book
from radquarry.dicom.load_tables import slots, waiting
from radquarry.dicom.peer import OutsideWindows, PacsStopped
from radquarry.errors import PeerAway
from radquarry.messages import LoadLimits
from radquarry.state.store import State
from tests.contracts.buses import until
from tests.contracts.states import KINDS, empty_state


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as store:
        yield store


async def opened(state: State, associations: int = 2) -> StateLoad:
    return await StateLoad.open(
        state, {"main": LoadLimits(associations=associations), "other": LoadLimits(associations=1)}
    )


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


async def test_stop_ends_what_is_under_way_on_every_replica_within_five_seconds(state: State) -> None:
    administrator, replica = await opened(state), await opened(state)
    begun = asyncio.Event()

    async def traffic() -> None:
        async with replica.slot("main"):
            begun.set()
            await asyncio.Event().wait()

    work = asyncio.create_task(traffic())
    await begun.wait()
    await administrator.stop("main", "tests")

    async with asyncio.timeout(5):
        with pytest.raises(PacsStopped, match="main is stopped"):
            await work


async def test_a_stopped_pacs_gives_no_slot_until_it_is_started(state: State) -> None:
    load = await opened(state)
    await load.stop("main", "tests")
    await load.stop("main", "tests")

    again = await opened(state)
    assert (await again.standing("main")).is_stopped
    with pytest.raises(PacsStopped):
        async with again.slot("main"):
            pytest.fail("traffic to a stopped PACS")
    async with asyncio.timeout(10), again.slot("other"):
        pass

    await again.start("main")
    async with asyncio.timeout(10), load.slot("main"):
        assert not (await load.standing("main")).is_stopped


async def test_a_cancelled_holder_is_cancelled_not_stopped(state: State) -> None:
    load = await opened(state, associations=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), load.slot("main"):
            await asyncio.Event().wait()

    async with asyncio.timeout(10), load.slot("main"):
        pass


async def test_who_lost_the_slot_while_the_store_was_away_stops_before_another_begins_twice(state: State) -> None:
    """A lease that ran out is somebody else's slot: both going on would be more traffic than the PACS has leave for."""
    load = await opened(state, associations=1)
    begun = asyncio.Event()

    async def traffic() -> None:
        async with load.slot("main"):
            begun.set()
            await asyncio.Event().wait()

    work = asyncio.create_task(traffic())
    await begun.wait()
    async with state.writing() as connection:
        await connection.execute(update(slots).values(holder="another", until=datetime.now(UTC) + timedelta(hours=1)))

    async with asyncio.timeout(10):
        with pytest.raises(PeerAway, match="slot"):
            await work


async def test_a_holder_that_fails_when_it_is_stopped_says_its_own_fault_and_can_be_stopped_again(state: State) -> None:
    load = await opened(state)
    first, second = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        async with load.slot("main"):
            first.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise LookupError from None

    async def worker() -> None:
        with pytest.raises(LookupError):
            await fails()
        await load.start("main")
        async with load.slot("main"):
            second.set()
            await asyncio.Event().wait()

    work = asyncio.create_task(worker())
    async with asyncio.timeout(30):
        await first.wait()
        await load.stop("main", "tests")
        await second.wait()
        await load.stop("main", "tests")
        with pytest.raises(PacsStopped):
            await work


async def test_a_window_ends_while_the_store_is_busy_with_others(state: State) -> None:
    """Nor does an order to stop wait behind a lease that takes long to renew."""
    moments = [datetime(2025, 6, 2, 12, tzinfo=UTC)]
    limits = LoadLimits.model_validate({"associations": 1, "windows": ["mon 00:00-13:00"]})
    load = await StateLoad.open(state, {"main": limits}, UTC, lambda: moments[-1])
    begun, ended = asyncio.Event(), asyncio.Event()

    async def traffic() -> None:
        async with load.slot("main") as gate:
            gate.refused("it is busy")  # to be written down, when the store takes it
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    work = asyncio.create_task(traffic())
    await begun.wait()
    async with state.writing() as connection:
        await Book(state)._lock(connection, "main")
        moments.append(datetime(2025, 6, 2, 14, tzinfo=UTC))
        async with asyncio.timeout(10):
            await ended.wait()

    with pytest.raises(OutsideWindows):
        await work


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
