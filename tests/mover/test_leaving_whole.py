"""Mover and storescp together: what was delivered leaves the disk, and comes again for who wants it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from radquarry.configuration.sections import Archive
from radquarry.messages import DeliveryCompleted, DeliveryProgressed, DeliveryRequested, InstanceDelivery
from tests.contracts.states import KINDS, empty_state_url
from tests.mover.retrieving import Ward, small_hospital, ward
from tests.storescp.process import eventually

AT_ONCE = Archive(keep_days=0, reserve_gb=0)


async def deliver(it: Ward, retrieval_id: UUID, study: str) -> None:
    """Say that somebody delivered a study of it, and all that was ordered."""
    about = {"delivery_id": uuid4(), "retrieval_id": retrieval_id}
    (last,) = [one for one in it.heard.of(study, retrieval_id) if one.instances]
    said = tuple(
        InstanceDelivery(
            series_instance_uid=one.series_instance_uid,
            sop_instance_uid=one.sop_instance_uid,
            state="delivered",
            delivered_at=datetime.now(UTC),
        )
        for one in last.instances
    )
    fields = {"state": "complete", "expected": len(said), "delivered": len(said)}
    await it.tell(
        DeliveryRequested(**about, destination="research"),
        DeliveryProgressed(**about, **fields, study_instance_uid=study, instances=said, revision=1),
        DeliveryCompleted(**about, **fields),
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_delivered_leaves_and_comes_again_for_who_wants_it(kind: str, tmp_path: Path) -> None:
    async with (
        empty_state_url(kind, tmp_path) as url,
        ward(small_hospital(studies=2), tmp_path, state_url=url, movers=2, archive=AT_ONCE) as it,
    ):
        study, other = it.uids
        first = await it.order(study, other)
        assert (await it.heard.end(first)).state == "complete"
        sent = len(it.hospital.traffic.entries("c-store"))

        await deliver(it, first, study)
        await asyncio.to_thread(eventually, lambda: set(it.files()) == it.instances(other))
        assert [folder.name for folder in (tmp_path / "archive").iterdir()] == [other]

        again = await it.heard.end(await it.order(study, other))
        assert (again.state, again.received) == ("complete", len(it.instances(study, other)))
        assert set(it.files()) == it.instances(study, other)
        assert len(it.hospital.traffic.entries("c-store")) == sent + len(it.instances(study))
