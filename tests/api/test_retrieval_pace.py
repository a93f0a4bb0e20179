"""How fast the images of a retrieval come and when it may end; kept in its row, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from radquarry.api.pace import LOOK_BACK_SECONDS, SAMPLE_SECONDS, Pace, sampled
from radquarry.api.retrieval_ledger import RetrievalLedger
from radquarry.api.retrieval_pace import Left, pace
from radquarry.api.retrieval_views import view_of
from radquarry.api.tables import retrievals
from radquarry.state.store import State
from tests.api.stories import RetrievalStory, retrieval_story

NOON = datetime(2024, 6, 28, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def steady(minutes: int, a_minute: int) -> str:
    """What is remembered when so many images come a minute."""
    samples = "[]"
    for second in range(0, minutes * 60, SAMPLE_SECONDS):
        samples = sampled(samples, after(second), (a_minute * second // 60,))
    return samples


def test_it_ends_when_what_is_to_come_has_come_at_the_speed_of_late() -> None:
    told = pace(steady(4, 600), after(240), 2400, Left(images=3000, uncounted=0, mean=100))

    assert told.rate == 600
    assert told.expected_end == after(240 + 5 * 60)


def test_studies_that_nobody_has_looked_at_count_as_the_mean_of_the_others() -> None:
    told = pace(steady(4, 600), after(240), 2400, Left(images=600, uncounted=54, mean=100))

    assert told.expected_end == after(240 + 10 * 60)


def test_nothing_is_foretold_of_what_is_not_known_or_stands_still() -> None:
    unknown = Left(images=0, uncounted=3, mean=None)
    assert pace("[]", NOON, 0, unknown) == Pace()
    assert pace(steady(4, 60), after(240), 240, unknown) == Pace(rate=60)
    assert pace(steady(1, 60), after(60 + LOOK_BACK_SECONDS), 60, Left(5, 0, 5)) == Pace(rate=0.0)


@given(some.integers(0, 10**6), some.integers(0, 10**6), some.integers(0, 20_000), some.floats(0, 10**5))
def test_whatever_the_numbers_are_the_end_lies_ahead(received: int, images: int, uncounted: int, mean: float) -> None:
    samples = sampled("[]", after(-60), (0,))

    told = pace(samples, NOON, received, Left(images, uncounted, mean))

    assert told.rate is not None
    assert told.rate >= 0
    assert told.expected_end is None or told.expected_end >= NOON


async def seen(state: State, now: datetime) -> Pace:
    async with state.reading() as connection:
        row = (await connection.execute(select(retrievals))).one()
    return view_of(row, now).pace


async def test_a_retrieval_under_way_tells_its_pace_and_one_that_rests_or_has_ended_none(state: State) -> None:
    now = NOON
    ledger = RetrievalLedger(state, lambda: now)
    story: RetrievalStory = retrieval_story(instances=(600, 600, 600))
    unknown = story.progressed(2, "waiting", 0, 1).model_copy(update={"expected": None})
    await ledger.write([story.requested(), story.progressed(0, "running", 0, 1), unknown])
    await ledger.write_one(story.progressed(0, "running", 1, 2))
    now = after(60)
    await ledger.write_one(story.progressed(0, "running", 300, 3))

    told = await seen(state, now)
    assert told.rate == 300
    assert told.expected_end == after(60 + 5 * 60)  # 300 of the first, and 600 of each that is not counted yet

    await ledger.write([story.progressed(place, "paused", 300, 9) for place in range(3)])
    assert await seen(state, now) == Pace()
    await ledger.write([story.progressed(place, "incomplete", 300, 10) for place in range(3)])
    await ledger.write_one(story.completed("incomplete"))
    assert await seen(state, now) == Pace()
    async with state.reading() as connection:
        row = (await connection.execute(select(retrievals.c.to_come, retrievals.c.uncounted))).one()
    assert tuple(row) == (0, 0)
