"""Orders that name the wrong thing, and what becomes of them when that was mended."""

from pathlib import Path

from radquarry.configuration.sections import Destination
from radquarry.messages import RetryDelivery
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.rig import desk, progressed


def to_folder(folder: Path) -> dict[str, Destination]:
    return {"out": Destination(kind="directory", path=folder / "out", pattern="{sop_instance_uid}.dcm")}


async def test_a_refused_order_of_named_studies_delivers_them_when_it_is_tried_again(tmp_path: Path) -> None:
    study = archived(tmp_path)
    async with desk(tmp_path, {}) as it:
        await it.retrieved(study)
        delivery_id = await it.order(studies=(study.uid,))
        refused = await it.heard.end(delivery_id)
        retrieval_id = it.retrieval_id
    assert (refused.state, refused.delivered) == ("incomplete", 0)

    async with desk(tmp_path, to_folder(tmp_path)) as it:
        it.retrieval_id = retrieval_id
        await it.say(RetryDelivery(delivery_id=delivery_id))
        end = await it.heard.until(lambda: [one for one in it.heard.completed if one.delivered == 3], "its end")

    assert [one.state for one in end] == ["complete"]
    assert {path.stem for path in (tmp_path / "out").rglob("*.dcm")} == set(study.files)


async def test_an_order_that_names_what_is_no_study_is_refused(tmp_path: Path) -> None:
    study = archived(tmp_path)
    async with desk(tmp_path, to_folder(tmp_path)) as it:
        await it.retrieved(study)
        end = await it.heard.end(await it.order(studies=(study.uid, "all of them")))

    assert end.state == "incomplete"
    assert end.problem == "it names a study with what is not a Study Instance UID"


async def test_messages_of_a_study_that_come_in_the_wrong_order_lose_no_instance(tmp_path: Path) -> None:
    study = archived(tmp_path, count=4)
    states = study.states()
    lost = tuple(one.model_copy(update={"received": False}) for one in states[2:])
    async with desk(tmp_path, to_folder(tmp_path)) as it:
        await it.say(progressed(it.retrieval_id, study, state="incomplete", instances=(*states[:2], *lost)))
        await it.ended(4, "incomplete")
        delivery_id = await it.order()
        assert (await it.heard.end(delivery_id)).delivered == 2

        await it.say(progressed(it.retrieval_id, study, revision=1002, instances=states[2:3]))
        assert (await it.heard.end(delivery_id, times=2)).delivered == 3
        await it.say(progressed(it.retrieval_id, study, revision=1001, instances=(*states[:2], states[3])))
        end = await it.heard.end(delivery_id, times=3)

    assert (end.state, end.delivered) == ("complete", 4)
