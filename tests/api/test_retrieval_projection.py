"""What the api shows of a retrieval and of a PACS, whatever the order of the news; on SQLite and on PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from radquarry.api.retrievals import RetrievalView
from radquarry.messages import Message, PacsEchoed, PacsStarted, PacsStopped
from tests.api.projecting import Projections, parked
from tests.api.stories import NOON, RetrievalStory, mixtures, retrieval_story, uid


def numbers(view: RetrievalView) -> tuple[object, ...]:
    return view.state, view.expected, view.received, view.missing, view.studies_total, view.studies_settled


async def test_a_retrieval_is_complete_with_every_instance_in_its_manifest(api: Projections) -> None:
    story = retrieval_story(instances=(3, 1))

    await api.hear(*story.all())

    view = await api.retrievals.get(story.retrieval_id)
    assert numbers(view) == ("complete", 4, 4, 0, 2, 2)
    assert [(each.study_instance_uid, each.state, each.received) for each in view.studies] == [
        (uid(0), "complete", 3),
        (uid(1), "complete", 1),
    ]
    rows = [row async for row in api.retrievals.manifest(story.retrieval_id)]
    assert [row.sop_instance_uid for row in rows] == [f"{uid(0)}.1.{n}" for n in range(3)] + [f"{uid(1)}.1.0"]
    assert {(row.received, row.bytes > 0, len(row.sha256)) for row in rows} == {(True, True, 64)}
    assert await api.retrievals.instances_here(uid(0)) == {f"{uid(0)}.1": 3}
    assert [each.state for each in await api.retrievals.of_study(uid(0))] == ["complete"]


EVENTFUL = retrieval_story(instances=(5, 1, 0, 2))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(EVENTFUL.all())))
async def test_any_order_and_repetition_ends_in_the_same_view(api: Projections, mixture: list[list[int]]) -> None:
    story = retrieval_story(instances=EVENTFUL.instances)
    said = story.all()

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    assert numbers(await api.retrievals.get(story.retrieval_id)) == ("complete", 8, 8, 0, 4, 4)
    assert len([row async for row in api.retrievals.manifest(story.retrieval_id)]) == 8


TAKEN_UP = retrieval_story(instances=(3, 1))


def taken_up_again(story: RetrievalStory) -> list[Message]:
    """The first study ends incomplete, is asked for again after the end, and comes."""
    lost, later = {"problem": "lost"}, NOON + timedelta(hours=1)
    again = story.progressed(0, "requested", 1, 2000, sent_at=later)
    listed = [each.model_copy(update={"revision": each.revision + 3000}) for each in story.listed(0)]
    end = story.completed().model_copy(update={"sent_at": later + timedelta(minutes=1)})
    first = story.progressed(0, "incomplete", 1, 5, sent_at=NOON, **lost)
    return [story.requested(), first, *story.listed(1), story.completed("incomplete"), again, *listed, end]


async def test_what_ended_and_was_taken_up_again_has_ended_when_that_is_said_again(api: Projections) -> None:
    *begin, first_end, again, one, other, end = taken_up_again(TAKEN_UP)
    await api.hear(*begin, first_end)
    assert (await api.retrievals.get(TAKEN_UP.retrieval_id)).state == "incomplete"

    for message in (again, one, other, first_end):
        await api.hear(message)
        assert (await api.retrievals.get(TAKEN_UP.retrieval_id)).state == "running"

    await api.hear(end)
    assert numbers(await api.retrievals.get(TAKEN_UP.retrieval_id)) == ("complete", 4, 4, 0, 2, 2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(taken_up_again(TAKEN_UP))))
async def test_what_is_taken_up_again_ends_in_the_same_view_in_any_order(
    api: Projections, mixture: list[list[int]]
) -> None:
    story = retrieval_story(instances=TAKEN_UP.instances)
    said = taken_up_again(story)

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    assert numbers(await api.retrievals.get(story.retrieval_id)) == ("complete", 4, 4, 0, 2, 2)


async def test_it_is_not_complete_while_the_manifest_lacks_an_instance(api: Projections) -> None:
    story = retrieval_story(instances=(5,))
    *but_one, last = story.listed(0)
    await api.hear(story.requested(), *but_one, story.completed())
    assert (await api.retrievals.get(story.retrieval_id)).state == "running"

    await api.hear(last)

    assert (await api.retrievals.get(story.retrieval_id)).state == "complete"


async def test_older_news_that_come_late_change_nothing(api: Projections) -> None:
    story = retrieval_story(instances=(2,))
    await api.hear(*story.all())

    await api.hear(story.progressed(0, "running", 1, 2, problem="slow"))

    view = await api.retrievals.get(story.retrieval_id)
    assert (view.state, view.received, view.studies[0].problem) == ("complete", 2, "")


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        (("waiting", "waiting"), "waiting"),
        (("running", "waiting"), "running"),
        (("paused", "complete"), "paused"),
        (("incomplete", "complete"), "running"),
        (("waiting", "complete", "requested"), "running"),
        (("paused", "waiting", "complete"), "paused"),
    ],
)
async def test_the_whole_is_what_its_studies_do(api: Projections, states: tuple[str, ...], whole: str) -> None:
    story = retrieval_story(instances=(0,) * len(states))
    await api.hear(story.requested())
    assert (await api.retrievals.get(story.retrieval_id)).state == "requested"

    await api.hear(*(story.progressed(place, state, 0, 1) for place, state in enumerate(states)))

    assert (await api.retrievals.get(story.retrieval_id)).state == whole


async def test_what_is_missing_is_counted_and_said(api: Projections) -> None:
    story = retrieval_story(instances=(4,))
    await api.hear(
        story.requested(),
        story.progressed(0, "incomplete", 3, 5, problem="1 image never came"),
        story.completed("incomplete"),
    )

    view = await api.retrievals.get(story.retrieval_id)

    assert (view.state, view.missing, view.problem_count) == ("incomplete", 1, 1)
    assert view.studies[0].problem == "1 image never came"


async def test_a_parked_order_is_incomplete_with_its_reason_until_its_replay(api: Projections) -> None:
    story = retrieval_story(instances=(1,))
    await api.hear(story.requested())
    await api.failures.keep(parked(story.requested(), "mover", "no PACS is called main"))

    view = await api.retrievals.get(story.retrieval_id)
    assert (view.state, view.studies[0].problem) == ("incomplete", "no PACS is called main")

    await api.failures.replay((await api.failures.list()).items[0].id)
    await api.hear(*story.all())
    assert (await api.retrievals.get(story.retrieval_id)).state == "complete"


async def test_the_list_shows_sums_without_studies(api: Projections) -> None:
    story = retrieval_story()
    await api.hear(*story.all())

    (view,) = (await api.retrievals.list()).items

    assert (numbers(view), view.studies) == (("complete", 4, 4, 0, 2, 2), ())


async def test_a_text_that_no_store_takes_is_cleaned(api: Projections) -> None:
    story = retrieval_story(instances=(1,))

    await api.hear(story.requested(), story.progressed(0, "running", 0, 1, problem="a\0b"))

    assert (await api.retrievals.get(story.retrieval_id)).studies[0].problem == "ab"


async def test_a_pacs_shows_its_last_echo_and_whether_it_is_stopped(api: Projections) -> None:
    later = NOON + timedelta(minutes=1)
    assert (await api.archives.get("main")).state == "unknown"

    await api.hear(PacsEchoed(pacs="main", sent_at=later, answered=True, milliseconds=3.5))
    await api.hear(PacsEchoed(pacs="main", sent_at=NOON, answered=False, problem="refused"))
    view = await api.archives.get("main")
    assert (view.state, view.milliseconds, view.problem) == ("up", 3.5, "")

    await api.hear(PacsStarted(pacs="main", sent_at=NOON), PacsStopped(pacs="main", sent_at=later, requested_by="ada"))
    view = await api.archives.get("main")
    assert (view.state, view.stopped_by) == ("stopped", "ada")

    await api.hear(PacsStarted(pacs="main", sent_at=later + timedelta(seconds=1)))
    assert (await api.archives.get("main")).state == "up"
