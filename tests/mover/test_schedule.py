"""When what is done: not before a time, in windows across midnight, the urgent first, less when the PACS slows down."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from radquarry.configuration.sections import Load
from radquarry.hospital.traffic import Traffic
from tests.contracts.states import KINDS, empty_state_url
from tests.mover.ordering import Clock
from tests.mover.retrieving import Ward, small_hospital, ward

MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
NIGHTS = Load.model_validate({"associations": 1, "windows": ["mon-sun 20:00-08:00"]})


def done(it: Ward) -> int:
    """Studies that are complete."""
    return len({one.study_instance_uid for one in it.heard.progress if one.state == "complete"})


def waits(it: Ward, studies: list[str]) -> bool:
    """Whether every study is complete or waits for the next window."""
    newest = [said[-1] for study in studies if (said := it.heard.of(study))]
    is_waiting = [one.problem.startswith("waits until") for one in newest if one.state == "waiting"]
    settled = [one for one in newest if one.state == "complete"]
    return bool(is_waiting) and all(is_waiting) and len(is_waiting) + len(settled) == len(studies)


async def test_nothing_is_asked_before_the_time_it_was_ordered_for(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        later, now = it.uids[:2]
        tomorrow = datetime.now(UTC) + timedelta(days=1)

        await it.order(later, not_before=tomorrow, priority=9)
        await it.heard.end(await it.order(now))

        (said,) = it.heard.of(later)
        assert (said.state, said.problem) == ("waiting", f"ordered for not before {tomorrow:%a %d %b %H:%M}")
        asked = {uid for one in it.hospital.traffic.entries("c-find") for uid in one.detail["keys"]["StudyInstanceUID"]}
        assert asked == {now}


async def test_a_time_that_has_come_holds_nothing_up(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        soon = datetime.now(UTC) + timedelta(seconds=2)

        end = await it.heard.end(await it.order(it.uids[0], not_before=soon))

        assert end.state == "complete"
        assert min(one.at for one in it.hospital.traffic.entries("association")) >= soon.timestamp()


async def test_a_window_across_midnight_is_one_window(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = MONDAY.replace(hour=19, minute=59)
    async with ward(small_hospital(studies=24, store_delay_ms=10), tmp_path, load=NIGHTS, clock=clock) as it:
        retrieval_id = await it.order(*it.uids)
        await it.heard.until(lambda: waits(it, it.uids), "all wait for the evening")
        assert it.hospital.traffic.entries("association") == []

        for hour in (23, 24, 31):
            clock.now = MONDAY + timedelta(hours=hour, minutes=59)
            before = done(it)
            await it.heard.until(lambda before=before: done(it) > before, f"a study at {hour}:59")
        clock.now = MONDAY + timedelta(days=1, hours=8)
        await it.heard.until(lambda: waits(it, it.uids), "the rest waits for the next evening")
        await asyncio.to_thread(it.hospital.traffic.wait_for, lambda seen: all(e.ended for e in seen.entries()))
        by_day = it.hospital.traffic.entries("c-move")
        clock.now = MONDAY + timedelta(days=1, hours=20)

        assert (await it.heard.end(retrieval_id)).state == "complete"
        assert 0 < len(by_day) < len(it.uids)


async def test_an_urgent_order_overtakes_what_was_ordered_before(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=20), tmp_path, load=Load(associations=1)) as it:
        urgent, *others = it.uids[:6]
        await it.order(*others)
        await asyncio.to_thread(it.hospital.traffic.wait_for, lambda seen: bool(seen.entries("c-move")))

        await it.heard.end(await it.order(urgent, priority=10))

        assert done(it) < len(others)


async def test_a_pacs_that_slows_down_gets_fewer_moves_at_once(tmp_path: Path) -> None:
    hospital = small_hospital(studies=90)
    async with ward(hospital, tmp_path, load=Load(associations=4)) as it:
        await it.order(*it.uids)
        await it.heard.until(lambda: done(it) >= 12, "some are quick")
        before = max(at_the_begin_of_each_move(it.hospital.traffic))
        it.hospital.faults.switch({"pacs": {"store_delay_ms": 1000}})

        def fewer(seen: Traffic) -> bool:
            """Whether each of the last moves began beside fewer others than once did."""
            counts = at_the_begin_of_each_move(seen)[-before:]
            return max(counts) < before

        await asyncio.to_thread(it.hospital.traffic.wait_for, fewer, 90)
        it.hospital.faults.switch({"pacs": {"store_delay_ms": 0}})

        assert before > 1


def at_the_begin_of_each_move(seen: Traffic) -> list[int]:
    """How many moves were under way when each began, itself included, in their order."""
    moves = sorted(seen.entries("c-move"), key=lambda entry: entry.at)
    return [
        sum(other.at <= one.at and (other.ended is None or other.ended > one.at) for other in moves) for one in moves
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_two_movers_share_a_list_and_keep_to_one_budget(kind: str, tmp_path: Path) -> None:
    hospital = small_hospital(studies=16, store_delay_ms=5)
    load = Load(associations=2)
    async with (
        empty_state_url(kind, tmp_path) as url,
        ward(hospital, tmp_path, state_url=url, movers=2, load=load) as it,
    ):
        end = await it.heard.end(await it.order(*it.uids))

        assert (end.state, end.received) == ("complete", len(it.instances(*it.uids)))
        assert len(it.hospital.traffic.entries("c-store")) == end.received
        assert it.hospital.traffic.most_parallel() <= 2
