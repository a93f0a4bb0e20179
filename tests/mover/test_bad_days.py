"""A PACS with all that goes wrong at once: incomplete by k while it is so, then complete; the manifest is the truth."""

import hashlib
from pathlib import Path
from uuid import UUID

import pytest

from radquarry.configuration.sections import Load
from radquarry.messages import InstanceState
from tests.mover.retrieving import Ward, small_hospital, ward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DROPPED = 2


def manifest(it: Ward, retrieval_id: UUID) -> dict[tuple[str, str], InstanceState]:
    """(study, instance) → what is said of it last."""
    return {
        (one.study_instance_uid, instance.sop_instance_uid): instance
        for one in sorted(it.heard.progress, key=lambda one: one.revision)
        if one.retrieval_id == retrieval_id
        for instance in one.instances
    }


def on_disk(folder: Path) -> dict[tuple[str, str], tuple[int, str]]:
    """(study, instance) → bytes and SHA-256 of its file."""
    return {
        (file.parts[-3], file.stem): (file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in folder.glob("archive/*/*/*.dcm")
    }


async def test_a_pacs_that_drops_aborts_refuses_and_keeps_images_offline(tmp_path: Path) -> None:
    faults = {"lost_instances": DROPPED, "lost_asks": 10**6, "abort_move_every": 7, "max_associations": 3}
    faults |= {"nearline_share": 0.3, "nearline_asks": 2}
    async with ward(small_hospital(studies=60, **faults), tmp_path, load=Load(associations=4)) as it:
        wanted = [uid for uid in it.uids if len(it.instances(uid)) > DROPPED][:14]
        truth = {(uid, sop) for uid in wanted for sop in it.instances(uid)}
        dropped = DROPPED * len(wanted)

        first = await it.order(*wanted)
        end = await it.heard.end(first)
        said = manifest(it, first)

        assert (end.state, end.expected - end.received) == ("incomplete", dropped)
        assert set(said) == truth
        missing = {key for key, instance in said.items() if not instance.received}
        assert len(missing) == dropped
        assert set(on_disk(tmp_path)) == truth - missing
        assert all(it.heard.of(uid, first)[-1].problem.startswith(f"{DROPPED} of ") for uid in wanted)
        assert any("not online" in one.problem for one in it.heard.progress)
        assert it.hospital.traffic.most_parallel() <= 3
        aborted = [one for one in it.hospital.traffic.entries("c-move") if one.outcome == "aborted"]
        assert aborted

        it.hospital.faults.switch({"pacs": {"lost_instances": 0}})
        sent = len(it.hospital.traffic.entries("c-store"))
        second = await it.order(*wanted)
        end = await it.heard.end(second)
        said = manifest(it, second)

        assert (end.state, end.expected, end.received) == ("complete", len(truth), len(truth))
        assert len(it.hospital.traffic.entries("c-store")) - sent == dropped
        assert {key: (one.bytes, one.sha256) for key, one in said.items()} == on_disk(tmp_path)
        assert set(said) == truth
