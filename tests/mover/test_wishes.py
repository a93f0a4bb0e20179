"""What people want goes before what the PACS needs: pause, resume, cancel, stop."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from radquarry.configuration.sections import Load
from radquarry.dicom.load import StateLoad
from radquarry.messages import CancelRetrieval, LoadLimits, PauseRetrieval, ResumeRetrieval
from tests.contracts.states import KINDS, empty_state_url
from tests.mover.retrieving import Ward, small_hospital, ward

ONE_AT_A_TIME = Load(associations=1)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_paused_retrieval_begins_no_move_and_goes_on_when_resumed(kind: str, tmp_path: Path) -> None:
    hospital = small_hospital(store_delay_ms=30)
    async with (
        empty_state_url(kind, tmp_path) as url,
        ward(hospital, tmp_path, state_url=url, load=ONE_AT_A_TIME) as it,
    ):
        wanted = it.uids[:4]
        retrieval_id = await it.order(*wanted)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")

        await it.tell(PauseRetrieval(retrieval_id=retrieval_id))
        await it.heard.until(lambda: _unsettled(it, wanted) and _all_rest(it, wanted), "all rest")
        moves = len(it.hospital.traffic.entries("c-move"))
        await it.tell(ResumeRetrieval(retrieval_id=retrieval_id))

        assert moves < len(wanted)
        assert (await it.heard.end(retrieval_id)).state == "complete"


async def test_cancel_stops_the_move_that_runs_and_what_came_stays(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=100), tmp_path, load=ONE_AT_A_TIME) as it:
        wanted = sorted(it.uids, key=lambda uid: len(it.instances(uid)))[-2:]
        retrieval_id = await it.order(*wanted)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")

        await it.tell(CancelRetrieval(retrieval_id=retrieval_id))
        end = await it.heard.end(retrieval_id)

        assert end.state == "cancelled"
        assert 0 < len(it.files()) < len(it.instances(*wanted))
        assert {it.heard.of(study)[-1].state for study in wanted} == {"cancelled"}
        assert [entry.outcome for entry in it.hospital.traffic.entries("c-move")] == ["FE00"]


async def test_a_pacs_deaf_to_c_cancel_is_aborted(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=100, ignore_cancel=True), tmp_path, load=ONE_AT_A_TIME) as it:
        study = max(it.uids, key=lambda uid: len(it.instances(uid)))
        retrieval_id = await it.order(study)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")

        await it.tell(CancelRetrieval(retrieval_id=retrieval_id))

        assert (await it.heard.end(retrieval_id)).state == "cancelled"
        assert len(it.files()) < len(it.instances(study))


async def test_a_cancelled_retrieval_does_not_take_another_ones_study_along(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=30), tmp_path) as it:
        study = max(it.uids, key=lambda uid: len(it.instances(uid)))
        unwanted, wanted = await it.order(study), await it.order(study)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")

        await it.tell(CancelRetrieval(retrieval_id=unwanted))

        assert (await it.heard.end(wanted)).state == "complete"
        assert it.files() == sorted(it.instances(study))


async def test_a_stopped_pacs_gets_no_traffic_and_its_studies_wait(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=50), tmp_path, load=ONE_AT_A_TIME) as it:
        load = await StateLoad.open(it.state, {"main": LoadLimits(associations=1)})
        study = max(it.uids, key=lambda uid: len(it.instances(uid)))
        retrieval_id = await it.order(study)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")

        await load.stop("main", "tester")
        await it.heard.until(lambda: it.heard.of(study)[-1].problem == "traffic to main is stopped", "it waits")
        await asyncio.to_thread(
            it.hospital.traffic.wait_for, lambda seen: all(entry.ended for entry in seen.entries("association"))
        )
        await load.start("main")

        assert (await it.heard.end(retrieval_id)).state == "complete"


async def test_a_wish_that_overtakes_its_order_waits_for_it(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        retrieval_id = uuid4()

        await it.tell(PauseRetrieval(retrieval_id=retrieval_id))
        await it.heard.end(await it.order(it.uids[0]))

        depths = await it.bus.depths()
        assert depths["parked"] == 0


def _unsettled(it: Ward, wanted: list[str]) -> bool:
    return any(it.heard.of(study) and it.heard.of(study)[-1].state == "paused" for study in wanted)


def _all_rest(it: Ward, wanted: list[str]) -> bool:
    return all(it.heard.of(study) and it.heard.of(study)[-1].state in ("paused", "complete") for study in wanted)
