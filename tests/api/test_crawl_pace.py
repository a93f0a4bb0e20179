"""How fast a crawl goes and when it may end, from what its row remembers of the last minutes."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from radquarry.api.crawl_pace import Done, pace
from radquarry.api.pace import LOOK_BACK_SECONDS, SAMPLE_SECONDS, Pace, sampled

NOON = datetime(2024, 6, 28, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def steady(minutes: int, a_minute: int) -> str:
    """What is remembered when so many studies settle a minute, and two windows of ten studies are asked."""
    samples = "[]"
    for second in range(0, minutes * 60, SAMPLE_SECONDS):
        done = a_minute * second // 60
        samples = sampled(samples, after(second), Done(done // 5, done * 2, done))
    return samples


def test_a_steady_crawl_ends_when_what_is_left_has_come() -> None:
    samples = steady(4, 60)

    told = pace(samples, after(240), Done(48, 480, 240), 100)

    assert told.rate == 60
    awaited = 480 - 240 + (100 - 48) * 480 / 48
    assert told.expected_end is not None
    assert abs((told.expected_end - after(240)).total_seconds() / 60 - awaited / 60) <= 1


def test_nothing_is_said_before_anything_can_be() -> None:
    first = sampled("[]", NOON, Done(0, 0, 0))

    assert pace("[]", NOON, Done(0, 0, 0), 10) == Pace()
    assert pace(first, after(2), Done(1, 5, 5), 10) == Pace()
    assert pace(first, after(60), Done(1, 5, 5), None).expected_end is None
    assert pace(first, after(60), Done(0, 0, 0), 10) == Pace(rate=0.0)


def test_a_crawl_that_stands_still_has_the_rate_of_nothing_and_no_end() -> None:
    told = pace(steady(4, 60), after(240 + LOOK_BACK_SECONDS + 60), Done(48, 480, 240), 100)

    assert told == Pace(rate=0.0)


@given(some.lists(some.tuples(some.integers(-30, 400), some.integers(0, 50)), max_size=60))
def test_whatever_happens_little_is_remembered_and_never_from_long_ago(steps: list[tuple[int, int]]) -> None:
    samples, moment, done = "[]", NOON, 0
    for seconds, more in steps:
        moment, done = moment + timedelta(seconds=seconds), done + more
        samples = sampled(samples, moment, Done(done, done, done))
        told = pace(samples, moment, Done(done, done, done), 10**6)

        known = json.loads(samples)
        assert len(known) <= LOOK_BACK_SECONDS // SAMPLE_SECONDS + 2
        assert told.rate is None or told.rate >= 0
        assert told.expected_end is None or told.expected_end >= moment
