"""What has left the archive is not shown as here, and its retrieval still tells that it came; on both stores."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from radquarry.dicom.uids import NotAUid
from radquarry.messages import ArchivedInstance, InstancesRemoved, InstanceState, Message
from tests.api.gateway import Gateway, a_gateway, becomes
from tests.api.projecting import Projections
from tests.api.stories import NOON, RetrievalStory, retrieval_story, uid

SERIES = f"{uid(0)}.1"
LATER = NOON + timedelta(days=40)


def brought(story: RetrievalStory, stored_at: datetime) -> list[Message]:
    """The story with the moment in which each instance was stored."""
    return [
        one
        if not (said := getattr(one, "instances", ()))
        else one.model_copy(update={"instances": tuple(_at(each, stored_at) for each in said)})
        for one in story.all()
    ]


def _at(each: InstanceState, stored_at: datetime) -> InstanceState:
    return each.model_copy(update={"stored_at": stored_at})


def removed(stored_at: datetime, left_at: datetime, *numbers: int) -> InstancesRemoved:
    """Instances of the first study have left."""
    instances = tuple(
        ArchivedInstance(
            study_instance_uid=uid(0),
            series_instance_uid=SERIES,
            sop_instance_uid=f"{SERIES}.{number}",
            stored_at=stored_at,
        )
        for number in numbers
    )
    return InstancesRemoved(removal_id=uuid4(), instances=instances, removed_at=left_at)


async def left(api: Projections, story: RetrievalStory) -> list[datetime | None]:
    """When the instances of a retrieval left, by its manifest."""
    rows = [row async for row in api.retrievals.manifest(story.retrieval_id)]
    assert all(row.received for row in rows)
    return [row.left_at for row in rows]


async def test_what_has_left_is_not_here_and_the_manifest_says_when(api: Projections) -> None:
    story = retrieval_story(instances=(3,))
    await api.hear(*brought(story, NOON))
    assert await api.retrievals.instances_here(uid(0)) == {SERIES: 3}

    await api.hear(removed(NOON, LATER, 0, 2))

    assert await api.retrievals.instances_here(uid(0)) == {SERIES: 1}
    assert await left(api, story) == [LATER, None, LATER]
    assert (await api.retrievals.get(story.retrieval_id)).received == 3


first, second = retrieval_story(instances=(2,)), retrieval_story(instances=(2,))
SAID = [
    *brought(first, NOON),
    removed(NOON, LATER, 0, 1),
    *brought(second, LATER + timedelta(days=1)),
    removed(LATER + timedelta(days=1), LATER + timedelta(days=2), 0),
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixed=some.permutations([*range(len(SAID)), *range(len(SAID))]))
async def test_what_came_again_is_here_again_in_whatever_order_it_is_heard(api: Projections, mixed: list[int]) -> None:
    for place in mixed:
        await api.hear(SAID[place])

    assert await api.retrievals.instances_here(uid(0)) == {SERIES: 1}
    assert await left(api, first) == [LATER, LATER]
    assert await left(api, second) == [LATER + timedelta(days=2), None]


async def test_what_is_no_uid_is_refused(api: Projections) -> None:
    wrong = removed(NOON, LATER, 0).instances[0].model_copy(update={"sop_instance_uid": "x" * 100})

    with pytest.raises(NotAUid):
        await api.hear(removed(NOON, LATER).model_copy(update={"instances": (wrong,)}))


async def told(gateway: Gateway, address: str) -> bool:
    """Whether all of it was heard."""
    return str(LATER.year) in (await gateway.client.get(address)).text


async def test_the_manifest_tells_it_in_csv_and_in_lines(tmp_path: Path) -> None:
    story = retrieval_story(instances=(2,))
    async with a_gateway(tmp_path) as gateway:
        await gateway.bus.publish(*brought(story, NOON), removed(NOON, LATER, 1))
        address = f"/api/v1/retrievals/{story.retrieval_id}/manifest"
        await becomes(lambda: told(gateway, address), True)
        table = (await gateway.client.get(address)).text.lstrip("\ufeff")
        lines = (await gateway.client.get(address, params={"format": "jsonl"})).text.splitlines()

    assert [row["left_at"] for row in csv.DictReader(table.splitlines())] == ["", LATER.isoformat()]
    assert ['"left_at": null' in line for line in lines] == [True, False]
