"""How a PACS bears its traffic, whatever the order of the news; on both stores."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete

from radquarry.api.archive_views import HeldLimits, now_of
from radquarry.api.peer_tables import traffic
from radquarry.api.traffic import MINUTES_KEPT, Recent
from radquarry.messages import LoadLimits, PacsEchoed, PacsTraffic
from radquarry.state.store import State
from tests.api.one_pacs import ago, view
from tests.api.projecting import Projections
from tests.api.stories import mixtures
from tests.doubles.shown_archives import ZONE, archive

SLOW = "1 of 2 associations for now: answers take 4 times as long as usual"


def minute(minutes_ago: float, source: str = "finder-1", **more: object) -> PacsTraffic:
    usual = {"requests": 60, "milliseconds_median": 40.0, "milliseconds_slowest": 90.0, "associations_allowed": 2}
    about = {"pacs": "main", "source": source, "begun_at": ago(minutes_ago), "seconds": 60.0}
    return PacsTraffic.model_validate(usual | about | more)


async def test_the_minutes_of_all_who_ask_are_added_up(api: Projections) -> None:
    await api.hear(
        minute(2), minute(2, "mover-1", requests=20, refused=1, milliseconds_median=80.0), minute(5, failed=2)
    )

    spans = await api.archives.traffic("main")

    assert [(each.requests, each.refused, each.failed) for each in spans] == [(60, 0, 2), (80, 1, 0)]
    assert [each.milliseconds for each in spans] == [40.0, (60 * 40.0 + 20 * 80.0) / 80]
    at_work = await api.archives.one_at_work("main")
    assert (at_work.day.requests, at_work.day.refused, at_work.day.failed) == (140, 1, 2)
    assert at_work.now.condition == "working"


async def test_a_minute_in_which_only_refusals_came_has_no_answer_time(api: Projections) -> None:
    await api.hear(minute(1, requests=0, refused=7, milliseconds_median=None, milliseconds_slowest=None))

    assert [(each.refused, each.milliseconds) for each in await api.archives.traffic("main")] == [(7, None)]
    assert (await view(api)).state == "unknown"


async def test_what_is_older_than_a_day_goes(api: Projections) -> None:
    await api.hear(minute(MINUTES_KEPT + 5), minute(MINUTES_KEPT - 2, requests=7), minute(0, requests=9))

    assert [each.requests for each in await api.archives.traffic("main")] == [7, 9]


async def test_traffic_of_a_pacs_nobody_configured_is_kept_from_nobody(api: Projections) -> None:
    await api.hear(minute(1), minute(1, pacs="gone"), minute(1, source="\0" * 300))

    assert [each.view.name for each in await api.archives.at_work()] == ["main"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(8), counts=some.lists(some.integers(0, 500), min_size=8, max_size=8))
async def test_any_order_and_repetition_of_minutes_ends_in_the_same_sums(
    api: Projections, state: State, mixture: list[list[int]], counts: list[int]
) -> None:
    async with state.writing() as connection:
        await connection.execute(delete(traffic))
    said = [minute(place // 2 + 1, f"s{place % 2}", requests=count) for place, count in enumerate(counts)]

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    assert sum(each.requests for each in await api.archives.traffic("main")) == sum(counts)


async def test_backing_off_is_shown_with_its_reason(api: Projections) -> None:
    await api.hear(minute(2, associations_allowed=2), minute(1, associations_allowed=1, reason=SLOW))

    now = (await api.archives.one_at_work("main")).now

    assert (now.condition, now.allowed, now.reason) == ("slowed", 1, "answers take 4 times as long as usual")


async def test_the_strictest_of_all_who_ask_counts_and_each_by_its_newest_word(api: Projections) -> None:
    await api.hear(
        minute(2, "a", associations_allowed=1, reason=SLOW),
        minute(1, "a", associations_allowed=2),
        minute(1, "b", associations_allowed=2),
    )

    assert (await api.archives.one_at_work("main")).now.condition == "working"


async def test_an_answer_since_the_last_echo_shows_that_it_is_up_again(api: Projections) -> None:
    await api.hear(PacsEchoed(pacs="main", answered=False, problem="refused", sent_at=ago(9)))
    assert (await api.archives.one_at_work("main")).now.condition == "down"

    await api.hear(minute(1))
    assert ((await view(api)).state, (await api.archives.one_at_work("main")).now.condition) == ("up", "working")

    await api.hear(PacsEchoed(pacs="main", answered=False, problem="refused", sent_at=datetime.now(UTC)))
    assert (await view(api)).state == "down"


NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)


def now_with(recent: Recent, **changes: object) -> tuple[str, str]:
    now = now_of(archive(**changes), recent, NOW, ZONE)
    return now.condition, now.reason


def test_what_was_said_before_a_start_or_in_a_closed_hour_no_longer_holds() -> None:
    said_at = NOW - timedelta(minutes=2)
    stopped = Recent(0, 0, 2, "traffic to main is stopped", said_at)
    assert now_with(stopped) == ("held", "traffic to main is stopped")
    assert now_with(stopped, started_at=NOW - timedelta(minutes=1)) == ("idle", "")

    just_opened = LoadLimits(windows=["mon 11:29-12:00"])  # 09:29 UTC
    assert now_with(stopped, load=HeldLimits(just_opened)) == ("idle", "")
    assert now_with(replace(stopped, requests=5), load=HeldLimits(just_opened)) == ("working", "")


def test_a_limit_that_was_raised_since_is_no_back_off() -> None:
    assert now_with(Recent(5, 0, 2, "", NOW), load=HeldLimits(LoadLimits(associations=4))) == ("working", "")
    used_up = "600 requests an hour are used up for now"
    assert now_with(Recent(5, 0, 2, used_up, NOW)) == ("working", used_up)
    assert now_with(Recent(0, 0, 2, used_up, NOW)) == ("held", used_up)


def test_a_stopped_or_closed_pacs_says_so_first() -> None:
    busy = Recent(5, 0, 1, SLOW, NOW)
    assert now_with(busy, state="stopped")[0] == "stopped"
    shut = LoadLimits(windows=["sat 10:00-11:00"])
    now = now_of(archive(load=HeldLimits(shut)), busy, NOW, ZONE)
    assert (now.condition, now.until) == ("closed", datetime(2025, 6, 7, 8, tzinfo=UTC))
    on_a_holiday = LoadLimits(windows=["sun 10:00-12:00"], holidays=(NOW.date(),))
    assert now_with(busy, load=HeldLimits(on_a_holiday))[0] == "slowed"
