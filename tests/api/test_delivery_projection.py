"""What the api shows of a delivery, whatever the order of the news; on SQLite and on PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from radquarry.api.delivery_views import Cause, DeliveryView
from radquarry.api.problems import Problem
from radquarry.api.security.rights import Rights
from radquarry.dicom.uids import NotAUid
from radquarry.messages import DeliveryWaits, FilesProgressed, Message
from tests.api.delivery_stories import HELD, DeliveryStory
from tests.api.projecting import Projections, parked
from tests.api.stories import NOON, RetrievalStory, mixtures, uid


def numbers(view: DeliveryView) -> tuple[object, ...]:
    return (
        view.state, view.expected, view.delivered, view.held_back, view.missing, view.studies_total,
        view.studies_settled,
    )  # fmt: skip


async def test_a_delivery_is_complete_with_every_instance_in_its_manifest(api: Projections) -> None:
    story = DeliveryStory((3, 1))

    await api.hear(*story.all())

    view = await api.deliveries.get(story.delivery_id)
    assert numbers(view) == ("complete", 4, 4, 0, 0, 2, 2)
    assert (view.destination, view.deidentify.project, view.retrieval_id) == ("research", "default", story.retrieval_id)
    assert [(each.study_instance_uid, each.state, each.delivered) for each in view.studies] == [
        (uid(0), "complete", 3),
        (uid(1), "complete", 1),
    ]
    rows = [row async for row in api.deliveries.manifest(story.delivery_id)]
    assert [row.sop_instance_uid for row in rows] == [f"{uid(0)}.1.{n}" for n in range(3)] + [f"{uid(1)}.1.0"]
    assert {(row.state, row.reason, row.delivered_at) for row in rows} == {("delivered", "", NOON.isoformat())}


async def test_what_is_held_back_is_counted_by_its_cause(api: Projections) -> None:
    story = DeliveryStory((3, 2), held=(0, 1))

    await api.hear(*story.all())

    view = await api.deliveries.get(story.delivery_id)
    assert numbers(view) == ("incomplete", 5, 3, 2, 0, 2, 2)
    assert view.causes == (Cause("held back", HELD, 2),)
    assert [each.problem for each in view.studies] == ["1 image was held back"] * 2


async def test_a_delivery_that_waits_as_a_whole_says_why_until_it_goes_on(api: Projections) -> None:
    story = DeliveryStory((3,))
    about = {"delivery_id": story.delivery_id, "retrieval_id": story.retrieval_id}
    waits = DeliveryWaits(**about, problem="nothing was heard of its retrieval")

    await api.hear(story.requested(), waits)
    waiting = await api.deliveries.get(story.delivery_id)
    await api.hear(DeliveryWaits(**about))
    asked = await api.deliveries.get(story.delivery_id)
    await api.hear(waits, *story.all())
    ended = await api.deliveries.get(story.delivery_id)

    assert (waiting.state, waiting.problem) == ("requested", "nothing was heard of its retrieval")
    assert (asked.state, asked.problem) == ("requested", "")
    assert (ended.state, ended.problem) == ("complete", "")


async def test_a_word_that_it_waits_stops_nothing_that_goes_on(api: Projections) -> None:
    story = DeliveryStory((3,))
    about = {"delivery_id": story.delivery_id, "retrieval_id": story.retrieval_id}

    await api.hear(story.requested(), story.progressed(0, "running", 1), DeliveryWaits(**about, problem="late"))

    view = await api.deliveries.get(story.delivery_id)
    assert (view.state, view.problem) == ("running", "")


EVENTFUL = DeliveryStory((5, 1, 0, 2), held=(3,))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(EVENTFUL.all())))
async def test_any_order_and_repetition_ends_in_the_same_view(api: Projections, mixture: list[list[int]]) -> None:
    story = DeliveryStory(EVENTFUL.instances, EVENTFUL.held)
    said = story.all()

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    assert numbers(await api.deliveries.get(story.delivery_id)) == ("incomplete", 8, 7, 1, 0, 4, 4)
    assert len([row async for row in api.deliveries.manifest(story.delivery_id)]) == 8


TAKEN_UP = DeliveryStory((3, 1))


def tried_again(story: DeliveryStory) -> list[Message]:
    """The first study ends incomplete, is tried again after the end, and arrives."""
    later = NOON + timedelta(hours=1)
    again = story.progressed(0, "requested", 2000, sent_at=later)
    arrived = [each.model_copy(update={"revision": each.revision + 3000}) for each in story.settled(0)]
    end = story.completed(sent_at=later + timedelta(minutes=1))
    first = story.progressed(0, "incomplete", 5, delivered=1, problem="the destination is away")
    return [story.requested(), first, *story.settled(1), story.completed("incomplete"), again, *arrived, end]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(tried_again(TAKEN_UP))))
async def test_what_is_tried_again_ends_in_the_same_view_in_any_order(
    api: Projections, mixture: list[list[int]]
) -> None:
    story = DeliveryStory(TAKEN_UP.instances)
    said = tried_again(story)

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    assert numbers(await api.deliveries.get(story.delivery_id)) == ("complete", 4, 4, 0, 0, 2, 2)


async def test_it_runs_again_from_the_first_word_of_another_try(api: Projections) -> None:
    *begin, first_end, again, one, other, end = tried_again(TAKEN_UP)
    await api.hear(*begin, first_end)
    assert (await api.deliveries.get(TAKEN_UP.delivery_id)).state == "incomplete"

    for message in (again, one, other, first_end):
        await api.hear(message)
        assert (await api.deliveries.get(TAKEN_UP.delivery_id)).state == "running"

    await api.hear(end)
    assert (await api.deliveries.get(TAKEN_UP.delivery_id)).state == "complete"


async def test_what_stops_it_as_a_whole_ends_it_although_no_study_was_begun(api: Projections) -> None:
    story = DeliveryStory((3, 1))
    why = "no destination of the configuration is called research"
    await api.hear(story.requested(), story.completed("incomplete", problem=why, delivered=0, expected=0))

    view = await api.deliveries.get(story.delivery_id)

    assert (view.state, view.problem, view.studies_settled) == ("incomplete", why, 2)
    assert {each.state for each in view.studies} == {"incomplete"}


async def test_tried_again_after_it_was_stopped_as_a_whole_it_runs(api: Projections) -> None:
    story = DeliveryStory((1,))
    later = NOON + timedelta(hours=1)
    await api.hear(story.requested(), story.completed("incomplete", problem="the folder is not there"))

    await api.hear(story.progressed(0, "running", 50, sent_at=later))

    view = await api.deliveries.get(story.delivery_id)
    assert (view.state, view.problem) == ("running", "")


async def test_every_study_of_the_retrieval_is_shown_before_anything_is_heard_of_it(api: Projections) -> None:
    retrieved = RetrievalStory(TAKEN_UP.retrieval_id, (3, 1))
    story = DeliveryStory((3, 1), retrieval_id=retrieved.retrieval_id)
    await api.hear(story.requested(studies=()), retrieved.requested(), story.progressed(1, "running", 1))

    view = await api.deliveries.get(story.delivery_id)

    assert [(each.study_instance_uid, each.state) for each in view.studies] == [
        (uid(0), "requested"),
        (uid(1), "running"),
    ]
    assert (view.studies_total, (await api.deliveries.list()).items[0].studies_total) == (2, 2)


async def test_it_is_not_complete_while_the_manifest_lacks_an_instance(api: Projections) -> None:
    story = DeliveryStory((5,))
    *but_one, last = story.settled(0)
    await api.hear(story.requested(), *but_one, story.completed())
    assert (await api.deliveries.get(story.delivery_id)).state == "running"

    await api.hear(last)

    assert (await api.deliveries.get(story.delivery_id)).state == "complete"


async def test_older_news_that_come_late_change_nothing(api: Projections) -> None:
    story = DeliveryStory((2,))
    await api.hear(*story.all())

    await api.hear(story.progressed(0, "running", 2, problem="slow"))

    view = await api.deliveries.get(story.delivery_id)
    assert (view.state, view.delivered, view.studies[0].problem) == ("complete", 2, "")


async def test_a_cancelled_delivery_has_no_study_at_work(api: Projections) -> None:
    story = DeliveryStory((2, 2))
    end = story.completed("cancelled", delivered=0)

    await api.hear(story.requested(), story.progressed(0, "running", 3), end)

    view = await api.deliveries.get(story.delivery_id)
    assert (view.state, {each.state for each in view.studies}) == ("cancelled", {"cancelled"})


async def test_a_parked_order_is_incomplete_with_its_reason_until_its_replay(api: Projections) -> None:
    story = DeliveryStory((1,))
    await api.hear(story.requested())
    await api.failures.keep(parked(story.requested(), "exporter", "it does not fit"))

    view = await api.deliveries.get(story.delivery_id)
    assert (view.state, view.refused) == ("incomplete", "it does not fit")
    with pytest.raises(Problem, match="replay or discard"):
        await api.deliveries.retry(story.delivery_id, "ada", Rights())

    await api.failures.replay((await api.failures.list()).items[0].id)
    await api.hear(*story.all())
    assert (await api.deliveries.get(story.delivery_id)).state == "complete"


async def test_hostile_values_are_cleaned_or_refused(api: Projections) -> None:
    story = DeliveryStory((1,))
    await api.hear(story.requested(), story.progressed(0, "running", 1, problem="a\0b"))
    assert (await api.deliveries.get(story.delivery_id)).studies[0].problem == "ab"

    with pytest.raises(NotAUid):
        await api.hear(story.progressed(0, "running", 2, study_instance_uid="../../etc"))
    with pytest.raises(NotAUid):
        await api.hear(story.requested(studies=("x",)))


async def test_news_of_files_count_by_their_revision_and_unknown_ones_are_not_shown(api: Projections) -> None:
    story = DeliveryStory()
    said = [
        FilesProgressed(job_id=story.delivery_id, state="complete", total=2, done=2, revision=9),
        FilesProgressed(job_id=story.delivery_id, state="running", total=2, done=1, revision=3),
    ]
    await api.hear(*said, *said)

    assert (await api.files.list()).items == ()
    with pytest.raises(Problem, match="There is no"):
        await api.files.get("conversion", story.delivery_id)


async def test_the_next_try_is_told_while_it_waits(api: Projections) -> None:
    story, again_at = DeliveryStory(), NOON + timedelta(minutes=5)
    await api.hear(story.requested(), story.progressed(0, "waiting", 1, problem="away", again_at=again_at))
    waiting = await api.deliveries.get(story.delivery_id)
    await api.hear(story.progressed(0, "running", 2))
    running = await api.deliveries.get(story.delivery_id)

    assert (waiting.studies[0].again_at, running.studies[0].again_at) == (again_at, None)
