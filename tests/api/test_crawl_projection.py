"""What the api shows of a crawl, whatever the order of the news; on SQLite and on PostgreSQL."""

import asyncio
import random
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text

from radquarry.api.crawl_facts import Seen, StudySeen
from radquarry.api.crawl_ledger import CrawlLedger
from radquarry.api.crawls import CrawlView
from radquarry.api.problems import Problem
from radquarry.dicom.uids import NotAUid
from radquarry.messages import CrawlCompleted, CrawlPlanned, PacsContradicted, ReportFetched, ReportMissing
from radquarry.state.store import State
from tests.api.projecting import Projections, projections
from tests.api.stories import ACCESSION, NOON, SECRET, crawl_story, mixtures, uid


def numbers(view: CrawlView) -> tuple[object, ...]:
    return (
        view.state,
        (view.windows_planned, view.windows_closed, view.windows_with_gaps),
        view.studies_found,
        view.reports_fetched,
        view.reports_missing,
        view.documents_indexed,
    )


async def test_a_crawl_that_went_well_is_complete(api: Projections) -> None:
    story = crawl_story()

    await api.hear(*story.all())

    view = await api.crawls.get(story.crawl_id)
    assert numbers(view) == ("complete", (3, 3, 0), 5, 4, 1, 5)
    assert (view.problems, view.progress) == ((), 1.0)


EVENTFUL = crawl_story(studies=(3, 0, 4, 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(EVENTFUL.all())), gaps=some.sets(some.integers(0, 3), max_size=2))
async def test_any_order_and_repetition_ends_in_the_same_view(
    api: Projections, mixture: list[list[int]], gaps: set[int]
) -> None:
    story = crawl_story(studies=EVENTFUL.studies, gaps=tuple(gaps))
    said = story.all()

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    view = await api.crawls.get(story.crawl_id)
    assert numbers(view) == ("incomplete" if gaps else "complete", (4, 4, len(gaps)), 8, 6, 2, 8)
    assert {each.day for each in view.problems} == {story.days()[place] for place in gaps}


async def test_it_is_not_complete_before_the_last_news(api: Projections) -> None:
    """A state that looks complete for a moment, and then is not, is a lie."""
    story = crawl_story()
    implied = (CrawlCompleted, ReportFetched, ReportMissing)  # an indexed report was fetched
    needed = [message for message in story.all() if not isinstance(message, implied)]
    random.Random(5).shuffle(needed)

    states = []
    for message in needed:
        await api.hear(message)
        try:
            states.append((await api.crawls.get(story.crawl_id)).state)
        except Problem:
            states.append("requested")

    assert set(states[:-1]) <= {"requested", "running"}
    assert states[-1] == "complete"


async def test_a_gap_makes_it_incomplete_and_says_why(api: Projections) -> None:
    story = crawl_story(gaps=(2,))

    await api.hear(*story.all())

    view = await api.crawls.get(story.crawl_id)
    assert view.state == "incomplete"
    assert [(each.kind, each.reason, each.day, each.begin) for each in view.problems] == [
        ("gap", "the PACS cut its answer", story.days()[2], "080000")
    ]


async def test_what_contradicts_the_profile_is_a_problem_once_and_leaves_a_crawl_complete(api: Projections) -> None:
    story = crawl_story()
    longer = {"kind": "longer", "crawl_id": story.crawl_id}
    first = PacsContradicted(pacs="main", reason="41 rows", seen_at=NOON, **longer)
    again = PacsContradicted(pacs="main", reason="42 rows", seen_at=NOON + timedelta(seconds=5), **longer)
    key = first.model_copy(update={"kind": "key StudyID", "reason": "a key\0", "seen_at": again.seen_at})
    of_none = PacsContradicted(pacs="main", reason="of no crawl", seen_at=NOON)

    await asyncio.gather(*(api.hear(message) for message in (again, first, key, of_none, first, again, key)))
    await api.hear(*story.all())

    view = await api.crawls.get(story.crawl_id)
    assert [(each.kind, each.reason) for each in view.problems] == [("profile", "41 rows"), ("profile", "a key")]
    assert (view.state, view.problem_count) == ("complete", 2)


async def test_a_window_that_was_asked_twice_counts_as_its_last_answer_says(api: Projections) -> None:
    story = crawl_story(studies=(2,), gaps=(0,))
    again = story.closed(0, studies=3, later=60).model_copy(update={"gaps": ()})

    await api.hear(again, *story.all(), *story.of_study(uid(900)), story.closed(0))

    view = await api.crawls.get(story.crawl_id)
    assert (view.state, view.windows_closed, view.studies_found) == ("complete", 1, 3)


async def test_a_cancelled_crawl_is_cancelled(api: Projections) -> None:
    story = crawl_story()
    await api.hear(*story.all()[:6])

    await api.hear(
        CrawlCompleted(crawl_id=story.crawl_id, windows_closed=1, windows_with_gaps=0, studies_found=2, cancelled=True)
    )

    assert (await api.crawls.get(story.crawl_id)).state == "cancelled"


async def test_replicas_that_write_at_once_count_exactly(state: State) -> None:
    story = crawl_story()
    facts = [
        StudySeen(story.crawl_id, uid(number), seen)
        for number in range(300)
        for seen in (Seen.FOUND, Seen.STUDY_INDEXED, Seen.REPORT_FETCHED | Seen.REPORT_INDEXED)
    ] * 2
    random.Random(1).shuffle(facts)
    replicas = [CrawlLedger(state) for _ in range(4)]

    await asyncio.gather(
        *(replicas[place % 4].write(facts[start : start + 60]) for place, start in enumerate(range(0, len(facts), 60)))
    )
    await replicas[0].write([story.requested(), CrawlPlanned(crawl_id=story.crawl_id, windows=3)])

    view = await projections(state).crawls.get(story.crawl_id)
    assert numbers(view) == ("running", (3, 0, 0), 300, 300, 0, 300)
    assert view.studies_settled == 300


async def test_nothing_of_the_patient_is_kept(api: Projections, state: State) -> None:
    await api.hear(*crawl_story().all())

    async with state.reading() as connection:
        for table in ("api_crawls", "api_windows", "api_crawl_studies", "api_coverage"):
            kept = (await connection.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608 - our own tables
            assert kept
            assert SECRET not in str(kept)
            assert ACCESSION not in str(kept)


async def test_a_hostile_uid_spoils_no_other_message(api: Projections) -> None:
    story = crawl_story(studies=(1,))
    hostile = story.found("../../etc/passwd\0" * 10)

    outcomes = await asyncio.gather(*(api.hear(message) for message in [*story.all(), hostile]), return_exceptions=True)

    assert [type(each) for each in outcomes if each is not None] == [NotAUid]
    assert (await api.crawls.get(story.crawl_id)).state == "complete"


async def test_the_list_shows_each_crawl_once_newest_first(api: Projections) -> None:
    stories = [crawl_story() for _ in range(7)]
    await api.hear(*(story.requested() for story in stories))

    seen, after = [], None
    while True:
        page = await api.crawls.list(limit=3, after=after)
        seen += [view.id for view in page.items]
        if (after := page.after) is None:
            break

    assert sorted(seen) == sorted(story.crawl_id for story in stories)
    with pytest.raises(Problem, match="not a cursor"):
        await api.crawls.list(after="bm9uc2Vuc2U")


async def test_a_crawl_nobody_ordered_is_unknown(api: Projections) -> None:
    with pytest.raises(Problem) as caught:
        await api.crawls.get(uuid4())

    assert caught.value.status == 404
