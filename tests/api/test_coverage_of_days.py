"""What the days of crawls tell of a PACS, day by day; on SQLite and on PostgreSQL."""

from tests.api.projecting import Projections
from tests.api.stories import DAY, crawl_story


async def test_coverage_tells_complete_days_from_gaps_and_unseen_ones(api: Projections) -> None:
    story = crawl_story(studies=(2, 0, 3), gaps=(1,))
    await api.hear(*story.all())

    view = await api.coverage.days("main", DAY, DAY.replace(day=4))

    assert [(each.state, each.studies, each.reasons) for each in view.days] == [
        ("complete", 2, ()),
        ("gap", 0, ("the PACS cut its answer",)),
        ("complete", 3, ()),
        ("unseen", 0, ()),
    ]
    assert (view.complete, view.gaps, view.unseen, view.studies) == (2, 1, 1, 5)
    assert await api.coverage.seen("main") == (DAY, DAY.replace(day=3))


async def test_the_latest_word_about_a_day_counts(api: Projections) -> None:
    bad, good = crawl_story(studies=(2,), gaps=(0,)), crawl_story(studies=(2,))

    await api.hear(good.closed(0, later=60), bad.closed(0))

    assert [each.state for each in (await api.coverage.days("main", DAY, DAY)).days] == ["complete"]


async def test_a_window_that_was_never_asked_takes_no_knowledge_away(api: Projections) -> None:
    cancelled, good = crawl_story(studies=(2, 0), gaps=(0, 1)), crawl_story(studies=(2,))
    unasked = [cancelled.closed(place, studies=0, later=60).model_copy(update={"queries": 0}) for place in (0, 1)]

    await api.hear(unasked[0], good.closed(0), *unasked)

    days = (await api.coverage.days("main", DAY, DAY.replace(day=2))).days
    assert [(each.state, each.studies) for each in days] == [("complete", 2), ("gap", 0)]


async def test_a_day_of_which_one_modality_was_asked_is_complete_for_that_one_alone(api: Projections) -> None:
    closed = crawl_story(studies=(2,)).closed(0).model_copy(update={"modality": "CT"})
    await api.hear(closed)

    whole, ct, mr = [(await api.coverage.days("main", DAY, DAY, name)).days[0] for name in ("", "CT", "MR")]

    assert (whole.state, whole.reasons) == ("gap", ("only CT was asked for",))
    assert (ct.state, mr.state) == ("complete", "unseen")
