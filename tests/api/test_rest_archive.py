"""What is in the archive, asked over HTTP and answered by the mover."""

import json
from functools import partial
from pathlib import Path
from typing import cast

from radquarry.bus.port import Bus
from radquarry.messages import InstancesStored, MeasureArchive, MeasureQuarantine, StoredInstance
from radquarry.mover.__main__ import opened as opened_mover
from radquarry.mover.settings import Settings as MoverSettings
from radquarry.storescp.quarantine import Quarantine
from radquarry.storescp.refusals import measure_quarantine
from tests.api.gateway import PACS, Gateway, a_problem
from tests.api.stories import NOON, uid


async def test_the_real_mover_says_what_is_in_the_archive(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    keys = {"data_dir": tmp_path, "pacs": PACS, "archive": {"reserve_gb": 0}}
    about = {"study_instance_uid": uid(0), "series_instance_uid": f"{uid(0)}.1", "sha256": "ab" * 32}
    stored = [StoredInstance(**about, sop_instance_uid=f"{uid(0)}.1.{n}", bytes=100, stored_at=NOON) for n in range(3)]
    async with opened_mover(MoverSettings.model_validate(keys), cast("Bus", gateway.bus), gateway.state) as mover:
        await mover.handlers[InstancesStored](InstancesStored(instances=tuple(stored)))
        await gateway.bus.subscribe("mover", MeasureArchive, mover.handlers[MeasureArchive])
        told = await gateway.get("/archive")

    assert (told["studies"], told["instances"], told["bytes"], told["reserve"]) == (1, 3, 300, 0)
    assert told["largest"] == [{"study_instance_uid": uid(0), "instances": 3, "bytes": 300}]
    assert told["by_month"] == [{"month": "2024-06", "studies": 1, "instances": 3, "bytes": 300}]
    assert 0 < told["free_disk"] <= told["disk"]
    assert told["receipt_pauses"] is False
    assert told["quarantine"] is None


async def test_while_nobody_answers_it_is_not_known(gateway: Gateway) -> None:
    gateway.bus.away = True

    a_problem(await gateway.client.get("/api/v1/archive"), 503, "away")


async def test_the_real_storescp_says_what_it_refused_and_why(gateway: Gateway, tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, keep_days=30)
    for number, reason in enumerate(("the data set is empty", "the data set is empty", "")):
        (quarantine.folder / f"{number}.bin").write_bytes(b"DOE^JOHN")
        facts = {"reason": reason, "calling_ae_title": "CT1"}
        (quarantine.folder / f"{number}.json").write_text(json.dumps(facts) if reason else "cut short")
    answer = partial(measure_quarantine, quarantine=quarantine, publish=gateway.bus.publish)
    keys = {"data_dir": tmp_path, "pacs": PACS, "archive": {"reserve_gb": 0}}
    async with opened_mover(MoverSettings.model_validate(keys), cast("Bus", gateway.bus), gateway.state) as mover:
        await gateway.bus.subscribe("mover", MeasureArchive, mover.handlers[MeasureArchive])
        await gateway.bus.subscribe("storescp", MeasureQuarantine, answer)
        told = await gateway.get("/archive")

    assert (told["quarantine"]["objects"], told["quarantine"]["bytes"]) == (3, 24)
    assert told["quarantine"]["reasons"] == [
        {"reason": "the data set is empty", "calling_ae_title": "CT1", "objects": 2},
        {"reason": "no reason is told", "calling_ae_title": "", "objects": 1},
    ]
    assert "DOE" not in json.dumps(told)
