"""What parked messages make of a crawl, until they are replayed or discarded; on SQLite and on PostgreSQL."""

import pytest

from radquarry.api.problems import Problem
from radquarry.messages import FindWindow, Message
from tests.api.projecting import Projections, parked
from tests.api.stories import crawl_story, uid


async def test_a_parked_window_settles_it_as_incomplete_until_its_replay_is_answered(api: Projections) -> None:
    story = crawl_story()
    last = story.closed(2)
    order = FindWindow(trail=story.crawl_id, crawl_id=story.crawl_id, pacs="main", day=last.day)
    await api.hear(*(message for message in story.all() if message != last))

    await api.failures.keep(parked(order, "finder", "the PACS refuses our AE title"))
    view = await api.crawls.get(story.crawl_id)
    assert (view.state, view.windows_with_gaps) == ("incomplete", 1)
    assert [(each.kind, each.reason) for each in view.problems] == [("window", "the PACS refuses our AE title")]
    assert view.problems[0].failure_id is not None

    await api.failures.replay(view.problems[0].failure_id)
    assert (await api.crawls.get(story.crawl_id)).state == "running"
    assert [each.topic for each in api.said.replayed] == ["window.find"]

    await api.hear(last.model_copy(update={"sent_at": api.said.replayed[0].parked_at}))
    view = await api.crawls.get(story.crawl_id)
    assert (view.state, view.problems) == ("complete", ())


@pytest.mark.parametrize(("service", "what"), [("indexer", "study"), ("ris-fetcher", "study"), ("indexer", "report")])
async def test_a_parked_study_settles_with_a_problem_and_its_replay_makes_it_good(
    api: Projections, service: str, what: str
) -> None:
    story = crawl_story(studies=(1,))
    lost: Message = story.found(uid(0)) if what == "study" else story.fetched(uid(0))
    unheard = {("indexer", "study"): (1,), ("ris-fetcher", "study"): (2, 3), ("indexer", "report"): (3,)}
    of_study = story.of_study(uid(0))
    never = [of_study[place] for place in unheard[service, what]]
    heard = [message for message in story.all() if _same(message) not in map(_same, never)]
    await api.hear(*heard)
    assert (await api.crawls.get(story.crawl_id)).state == "running"

    await api.failures.keep(parked(lost, service, "a text of 40 MB"))
    view = await api.crawls.get(story.crawl_id)
    assert view.state == "incomplete"
    assert [(each.kind, each.reason, each.study_instance_uid) for each in view.problems] == [
        ("study", "a text of 40 MB", uid(0))
    ]

    assert view.problems[0].failure_id is not None
    await api.failures.replay(view.problems[0].failure_id)
    await api.hear(*never)
    view = await api.crawls.get(story.crawl_id)
    assert (view.state, view.problems) == ("complete", ())


def _same(message: Message) -> tuple[str, str, str]:
    return message.topic, getattr(message, "study_instance_uid", ""), getattr(message, "part", "")


async def test_a_discarded_failure_stays_a_problem(api: Projections) -> None:
    story = crawl_story(studies=(1,))
    await api.hear(*story.all()[:3], *story.all()[4:])
    await api.failures.keep(parked(story.found(uid(0)), "indexer"))
    failure = (await api.failures.list()).items[0]

    await api.failures.discard(failure.id)

    view = await api.crawls.get(story.crawl_id)
    assert (view.state, len(view.problems), await api.failures.count()) == ("incomplete", 1, 0)
    with pytest.raises(Problem):
        await api.failures.replay(failure.id)


async def test_a_crawl_that_cannot_be_planned_is_incomplete(api: Projections) -> None:
    story = crawl_story()
    await api.hear(story.requested())

    await api.failures.keep(parked(story.requested(), "finder", "no PACS is called main"))

    view = await api.crawls.get(story.crawl_id)
    assert (view.state, [each.reason for each in view.problems]) == ("incomplete", ["no PACS is called main"])


async def test_the_same_parked_message_is_one_failure(api: Projections) -> None:
    again = parked(crawl_story().found(uid(1)), "indexer")

    await api.failures.keep(again)
    await api.failures.keep(again)

    page = await api.failures.list()
    assert [each.what for each in page.items] == [f"A study could not be made searchable: {uid(1)}."]
