"""A delivery from its order to its end, into a folder, on every state store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from radquarry.configuration.sections import Destination
from radquarry.messages import CancelDelivery, RetryDelivery
from tests.contracts.states import KINDS, empty_state_url
from tests.exporter.delivery.archived import add, archived
from tests.exporter.delivery.rig import Desk, desk, progressed

FLAT = "{study_instance_uid}/{sop_instance_uid}.dcm"


def folder_of(path: Path, **changes: object) -> Destination:
    return Destination(kind="directory", path=path, pattern=FLAT, **changes)


@pytest.fixture(params=KINDS)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    destinations = {"out": folder_of(tmp_path / "out"), "research": folder_of(tmp_path / "research", identified=False)}
    async with empty_state_url(request.param, tmp_path) as url, desk(tmp_path, destinations, state_url=url) as it:
        yield it


def delivered(it: Desk) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (it.folder / "out").rglob("*.dcm")}


async def test_what_a_retrieval_brought_arrives_byte_by_byte(shop: Desk) -> None:
    study = archived(shop.folder)
    await shop.retrieved(study)

    delivery_id = await shop.order()
    end = await shop.heard.end(delivery_id)

    assert (end.state, end.expected, end.delivered, end.problem) == ("complete", 3, 3, "")
    assert delivered(shop) == {uid: path.read_bytes() for uid, path in study.files.items()}
    last = shop.heard.last(delivery_id, study)
    assert (last.state, last.expected, last.delivered) == ("complete", 3, 3)
    assert {one.sop_instance_uid for one in last.instances if one.delivered_at} == set(study.files)


async def test_an_order_may_come_before_its_retrieval(shop: Desk) -> None:
    study = archived(shop.folder)
    delivery_id = await shop.order()

    await shop.retrieved(study)

    assert (await shop.heard.end(delivery_id)).state == "complete"


async def test_a_study_leaves_when_it_has_settled_and_not_when_all_have(shop: Desk) -> None:
    early, late = archived(shop.folder, 1), archived(shop.folder, 2)
    delivery_id = await shop.order()
    await shop.say(progressed(shop.retrieval_id, early))
    await shop.heard.until(lambda: len(delivered(shop)) == 3, "the first study")
    await shop.heard.until(lambda: shop.heard.last(delivery_id, early).state == "complete", "its end")
    assert not shop.heard.completed

    await shop.say(progressed(shop.retrieval_id, late))
    await shop.ended(6)

    assert (await shop.heard.end(delivery_id)).delivered == 6


async def test_an_incomplete_study_waits_for_the_end_and_its_missing_ones_are_named(shop: Desk) -> None:
    study = archived(shop.folder)
    delivery_id = await shop.order()
    await shop.say(progressed(shop.retrieval_id, study, "1.9.9"))
    other = archived(shop.folder, 2)
    await shop.say(progressed(shop.retrieval_id, other))
    await shop.heard.until(lambda: len(delivered(shop)) == 3, "the other study, and nothing of the first")

    await shop.ended(7, "incomplete")
    end = await shop.heard.end(delivery_id)

    assert (end.state, end.expected, end.delivered) == ("incomplete", 7, 6)
    last = shop.heard.last(delivery_id, study)
    assert last.state == "incomplete"
    assert "1 missing: the retrieval did not bring it" in last.problem
    assert {one.sop_instance_uid for one in last.instances if one.state == "missing"} == {"1.9.9"}


async def test_a_study_that_grows_later_gets_its_new_instances_delivered_too(shop: Desk) -> None:
    study = archived(shop.folder)
    await shop.retrieved(study)
    delivery_id = await shop.order()
    await shop.heard.end(delivery_id)

    add(shop.folder, study, 4)
    await shop.say(progressed(shop.retrieval_id, study, revision=2000))
    end = await shop.heard.end(delivery_id, times=2)

    assert (end.state, end.delivered) == ("complete", 4)
    assert set(delivered(shop)) == set(study.files)


async def test_only_the_named_studies_leave_and_one_that_is_not_there_is_told(shop: Desk) -> None:
    wanted, other = archived(shop.folder, 1), archived(shop.folder, 2)
    await shop.retrieved(wanted, other)

    delivery_id = await shop.order(studies=(wanted.uid, "1.2.3.4"))
    end = await shop.heard.end(delivery_id)

    assert (end.state, end.delivered) == ("incomplete", 3)
    assert set(delivered(shop)) == set(wanted.files)
    told = [one for one in shop.heard.progress if one.study_instance_uid == "1.2.3.4"]
    assert told[-1].problem == "the retrieval does not hold this study"


async def test_messages_that_come_twice_or_late_change_nothing(shop: Desk) -> None:
    study = archived(shop.folder)
    order = shop.request()
    await shop.say(order, order)
    await shop.say(progressed(shop.retrieval_id, study, revision=5))
    await shop.say(progressed(shop.retrieval_id, study, *study.files, revision=2, state="running", expected=9))
    await shop.ended(3)
    end = await shop.heard.end(order.delivery_id)
    assert (end.state, end.delivered) == ("complete", 3)

    said = len(shop.heard.progress)
    await shop.say(order, progressed(shop.retrieval_id, study, revision=5))
    other = archived(shop.folder, 2)
    await shop.say(progressed(shop.retrieval_id, other))
    await shop.heard.until(lambda: set(other.files) <= set(delivered(shop)), "something later")

    assert [one for one in shop.heard.progress[said:] if one.study_instance_uid == study.uid] == []


async def test_a_study_told_in_several_messages_is_delivered_when_all_are_here(shop: Desk) -> None:
    study = archived(shop.folder, count=4)
    first, rest = study.states()[:2], study.states()[2:]
    delivery_id = await shop.order()
    await shop.say(progressed(shop.retrieval_id, study, revision=3, instances=rest))
    await shop.say(progressed(shop.retrieval_id, study, revision=2, instances=first))
    await shop.ended(4)

    end = await shop.heard.end(delivery_id)

    assert (end.state, end.delivered) == ("complete", 4)
    assert len([one for one in shop.heard.progress if one.state == "complete"]) == 1


async def test_what_is_not_in_the_archive_is_missing_until_somebody_tries_again(shop: Desk) -> None:
    study = archived(shop.folder)
    lost, path = next(iter(study.files.items()))
    content = path.read_bytes()
    path.unlink()
    await shop.retrieved(study)
    delivery_id = await shop.order()
    end = await shop.heard.end(delivery_id)
    assert (end.state, end.delivered) == ("incomplete", 2)
    assert "1 missing: it is not in the archive" in shop.heard.last(delivery_id, study).problem

    path.write_bytes(content)
    again = RetryDelivery(delivery_id=delivery_id)
    await shop.say(again, again)
    end = await shop.heard.end(delivery_id, times=2)

    assert (end.state, end.delivered) == ("complete", 3)
    assert lost in delivered(shop)


@pytest.mark.parametrize(
    ("destination", "problem"),
    [("nowhere", "no destination is named nowhere; known: out, research"), ("research", "takes no identified images")],
)
async def test_a_delivery_that_can_never_begin_ends_at_once(shop: Desk, destination: str, problem: str) -> None:
    await shop.retrieved(archived(shop.folder))

    end = await shop.heard.end(await shop.order(destination))

    assert end.state == "incomplete"
    assert problem in end.problem
    assert not shop.heard.progress


async def test_an_unknown_profile_ends_a_delivery_at_once(shop: Desk) -> None:
    end = await shop.heard.end(await shop.order(deidentify={"project": "lungs", "profile": "nope"}))

    assert "no profile of de-identification is named nope" in end.problem


async def test_a_cancelled_delivery_ends_and_what_has_left_stays(shop: Desk) -> None:
    early, late = archived(shop.folder, 1), archived(shop.folder, 2)
    delivery_id = await shop.order()
    await shop.say(progressed(shop.retrieval_id, early))
    await shop.heard.until(lambda: any(one.state == "complete" for one in shop.heard.progress), "the first study")

    await shop.say(CancelDelivery(delivery_id=delivery_id))
    end = await shop.heard.end(delivery_id)
    await shop.say(progressed(shop.retrieval_id, late))

    assert (end.state, end.delivered) == ("cancelled", 3)
    assert set(delivered(shop)) == set(early.files)


async def test_a_different_file_in_the_way_is_never_overwritten(shop: Desk) -> None:
    study = archived(shop.folder)
    uid = next(iter(study.files))
    there = shop.folder / "out" / study.uid / f"{uid}.dcm"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"somebody else's")
    await shop.retrieved(study)

    delivery_id = await shop.order()
    end = await shop.heard.end(delivery_id)

    assert (end.state, end.delivered) == ("incomplete", 2)
    assert there.read_bytes() == b"somebody else's"
    failed = [one for one in shop.heard.last(delivery_id, study).instances if one.state == "failed"]
    assert "another file of the same name lies there" in failed[0].problem


async def test_the_same_file_that_lies_there_is_delivered(shop: Desk) -> None:
    study = archived(shop.folder)
    await shop.retrieved(study)
    await shop.heard.end(await shop.order())

    assert (await shop.heard.end(await shop.order())).delivered == 3
