"""A delivery of a retrieval that the exporter has not heard of asks for it, and says so."""

from dataclasses import replace
from pathlib import Path

from radquarry.configuration.sections import Destination
from radquarry.exporter.delivery.unheard import NEVER_HEARD, UNHEARD
from radquarry.messages import RetryDelivery
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.rig import QUICK, desk, progressed


def to_folder(folder: Path) -> dict[str, Destination]:
    return {"out": Destination(kind="directory", path=folder / "out")}


async def test_it_says_that_it_waits_asks_the_mover_and_goes_on_with_the_answer(tmp_path: Path) -> None:
    study = archived(tmp_path)
    async with desk(tmp_path, to_folder(tmp_path)) as it:
        delivery_id = await it.order()
        await it.heard.until(lambda: it.heard.asked, "the question")
        await it.heard.until(lambda: it.heard.waits, "that it waits")
        await it.retrieved(study)
        end = await it.heard.end(delivery_id)
        await it.heard.until(lambda: len(it.heard.waits) > 1, "that it waits no more")

    assert (end.state, end.delivered) == ("complete", 3)
    assert [one.retrieval_id for one in it.heard.asked] == [it.retrieval_id]
    assert [(one.delivery_id, one.problem) for one in it.heard.waits] == [(delivery_id, UNHEARD), (delivery_id, "")]


async def test_without_an_answer_it_is_refused_and_asks_again_when_it_is_tried_again(tmp_path: Path) -> None:
    study = archived(tmp_path)
    async with desk(tmp_path, to_folder(tmp_path), patience=replace(QUICK, unheard=0.2)) as it:
        delivery_id = await it.order(studies=(study.uid,))
        refused = await it.heard.end(delivery_id)
        await it.say(RetryDelivery(delivery_id=delivery_id))
        await it.heard.until(lambda: len(it.heard.asked) > 1, "the question again")
        await it.retrieved(study)
        end = await it.heard.until(lambda: [one for one in it.heard.completed if one.delivered == 3], "its end")

    assert (refused.state, refused.delivered, refused.problem) == ("incomplete", 0, NEVER_HEARD)
    assert end[-1].state == "complete"


async def test_of_a_retrieval_that_was_heard_in_part_the_rest_is_asked_for(tmp_path: Path) -> None:
    first, second = archived(tmp_path, 1), archived(tmp_path, 2)
    async with desk(tmp_path, to_folder(tmp_path), patience=replace(QUICK, late=3)) as it:
        await it.say(progressed(it.retrieval_id, first))
        await it.ended(6)
        delivery_id = await it.order()
        await it.heard.until(lambda: it.heard.asked, "the question")
        await it.say(progressed(it.retrieval_id, second))
        end = await it.heard.end(delivery_id)

    assert (end.state, end.delivered, end.problem) == ("complete", 6, "")


async def test_what_was_never_heard_of_leaves_the_delivery_incomplete(tmp_path: Path) -> None:
    first = archived(tmp_path, 1)
    async with desk(tmp_path, to_folder(tmp_path)) as it:
        await it.say(progressed(it.retrieval_id, first))
        await it.ended(6)
        end = await it.heard.end(await it.order())

    assert (end.state, end.delivered) == ("incomplete", 3)
    assert end.problem == "of 3 images that the retrieval counts nothing was heard: try again"
