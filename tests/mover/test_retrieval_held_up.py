"""What holds a retrieval up, or cannot be at all: hostile and unknown orders, silence, windows, an hour's share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from radquarry.configuration.sections import Load
from radquarry.messages import WantedStudy
from tests.mover.retrieving import QUICK, small_hospital, ward


@pytest.mark.parametrize("study", ["../../etc/passwd", "", "1." * 40, "1.2\n3"])
async def test_a_hostile_uid_is_refused_and_stops_nothing_else(study: str, tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        end = await it.heard.end(await it.order(study, it.uids[0]))

        assert end.state == "incomplete"
        assert it.heard.of(study)[-1].problem == "this is not a Study Instance UID"
        assert it.files() == sorted(it.instances(it.uids[0]))


async def test_an_unknown_pacs_is_refused_in_plain_words(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        wanted = WantedStudy(study_instance_uid="1.2.3", pacs="nowhere")

        end = await it.heard.end(await it.order_of(wanted))

        assert end.state == "incomplete"
        assert it.heard.of("1.2.3")[-1].problem == "no PACS of this name is configured"


async def test_a_silent_pacs_is_stopped_and_asked_again(tmp_path: Path) -> None:
    hospital = small_hospital(store_delay_ms=3000, ignore_cancel=True)
    async with ward(hospital, tmp_path, timeout_seconds=1) as it:
        study = it.uids[0]
        retrieval_id = await it.order(study)

        await it.heard.until(lambda: any("sent nothing" in one.problem for one in it.heard.of(study)))
        it.hospital.faults.switch({"pacs": {"store_delay_ms": 0}})

        assert (await it.heard.end(retrieval_id)).state == "complete"


async def test_outside_its_windows_a_pacs_is_left_alone(tmp_path: Path) -> None:
    never = Load.model_validate({"windows": _closed_now()})
    async with ward(small_hospital(), tmp_path, load=never) as it:
        study = it.uids[0]
        await it.order(study)

        await it.heard.until(lambda: any(one.state == "waiting" for one in it.heard.of(study)))

        assert it.heard.of(study)[-1].problem.startswith("waits until ")
        assert it.hospital.traffic.entries("association") == []


async def test_no_more_studies_an_hour_than_allowed(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, load=Load(studies_per_hour=2)) as it:
        await it.order(*it.uids[:5])

        await it.heard.until(lambda: sum(one.state == "complete" for one in it.heard.progress) >= 1)

        assert len(it.hospital.traffic.entries("c-move")) <= 2


async def test_quiet_time_ends_when_everything_is_here(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, patience=replace(QUICK, quiet=1000)) as it:
        end = await it.heard.end(await it.order(it.uids[0]))

        assert end.state == "complete"


def _closed_now() -> list[str]:
    """Windows that are open for one minute, three days from now."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC) + timedelta(days=3)).weekday()]
    return [f"{day} 12:00-12:01"]
