"""Who holds a slot of a PACS ends when it is stopped or the slot is lost; each test runs on both state stores."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from radquarry.dicom.load import StateLoad
from radquarry.dicom.load_book import Book
from radquarry.dicom.load_tables import slots
from radquarry.dicom.peer import OutsideWindows, PacsStopped
from radquarry.errors import PeerAway
from radquarry.messages import LoadLimits
from radquarry.state.store import State
from tests.contracts.budgets import opened


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
