"""How far a search can be trusted: counted as the calendar counts, whatever was asked; on both stores."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete

from radquarry.api.coverage import Coverage
from radquarry.api.coverage_reach import Reach
from radquarry.api.searched_days import SearchedDays, reach_of, searched_days
from radquarry.api.tables import coverage, windows
from radquarry.index.document import Filters, Query
from radquarry.messages import Gap, WindowClosed
from radquarry.state.store import State
from tests.api.projecting import Projections, projections
from tests.api.stories import DAY, NOON

ZURICH = ZoneInfo("Europe/Zurich")
TODAY = date(2024, 6, 28)
CUT = (Gap(begin="080000", end="090000", reason="the PACS cut its answer"),)
NO_GAPS: tuple[Gap, ...] = ()


@pytest.fixture
def known(state: State) -> Coverage:
    """Coverage as it is seen at noon of TODAY."""
    return Coverage(state, ("main", "old"), lambda: NOON, ZURICH)


def closed(
    day: date, modality: str = "", gaps: tuple[Gap, ...] = NO_GAPS, at: datetime = NOON, **more: object
) -> WindowClosed:
    about = {"crawl_id": uuid4(), "pacs": "main", "day": day, "modality": modality, "sent_at": at}
    return WindowClosed.model_validate({"studies": 2, "queries": 1, "gaps": gaps} | about | more)


def days(first: int, last: int) -> list[date]:
    return [DAY.replace(day=number) for number in range(first, last + 1)]


def counts(reach: Reach, place: int = 0) -> tuple[int, int, int]:
    each = reach.pacs[place]
    return each.complete, each.gaps, each.unseen


async def test_a_range_of_whole_days_is_complete(api: Projections, known: Coverage) -> None:
    await api.hear(*map(closed, days(1, 5)))

    reach = await known.reach(("main",), DAY, DAY.replace(day=5))

    assert (counts(reach), reach.is_complete, reach.may_grow) == ((5, 0, 0), True, False)


async def test_a_range_that_touches_a_gap_or_an_unseen_day_is_not(api: Projections, known: Coverage) -> None:
    await api.hear(*map(closed, days(1, 3)), closed(DAY.replace(day=4), gaps=CUT))

    assert counts(await known.reach(("main",), DAY, DAY.replace(day=6))) == (3, 1, 2)
    assert (await known.reach(("main",), DAY, DAY.replace(day=3))).is_complete
    assert counts(await known.reach(("main",), DAY.replace(day=4), DAY.replace(day=4))) == (0, 1, 0)


async def test_without_dates_the_days_from_the_first_to_the_last_that_were_asked_count(
    api: Projections, known: Coverage
) -> None:
    await api.hear(closed(DAY), closed(DAY.replace(day=9)))

    reach = await known.reach((), None, None)

    assert [(each.pacs, each.start_date, each.end_date) for each in reach.pacs] == [
        ("main", DAY, DAY.replace(day=9)),
        ("old", None, None),
    ]
    assert (counts(reach), reach.unseen, reach.is_complete) == ((2, 0, 7), 7, False)


async def test_a_pacs_that_was_never_asked_is_unseen_from_the_first_day_that_is_searched(known: Coverage) -> None:
    reach = await known.reach(("old",), DAY, DAY.replace(day=10))

    assert (counts(reach), reach.is_complete) == ((0, 0, 10), False)


async def test_days_to_come_are_not_missing(api: Projections, known: Coverage) -> None:
    await api.hear(*(closed(TODAY - timedelta(days=back)) for back in (1, 2)))

    open_end = await known.reach(("main",), TODAY - timedelta(days=2), None)
    assert (counts(open_end), open_end.is_complete, open_end.may_grow) == ((2, 0, 0), True, True)

    with_today = await known.reach(("main",), TODAY - timedelta(days=2), TODAY + timedelta(days=30))
    assert (counts(with_today), with_today.is_complete, with_today.may_grow) == ((2, 0, 1), False, True)


async def test_a_day_that_was_asked_before_it_was_over_is_a_gap_once_it_is(api: Projections, state: State) -> None:
    evening = datetime(2024, 6, 1, 21, 59, tzinfo=UTC)  # 23:59 in Zurich
    await api.hear(closed(DAY, at=evening))

    async def seen_at(now: datetime) -> tuple[tuple[int, int, int], str]:
        known = Coverage(state, ("main",), lambda: now, ZURICH)
        return counts(await known.reach((), DAY, DAY)), (await known.days("main", DAY, DAY)).days[0].state

    assert await seen_at(evening) == ((1, 0, 0), "complete")
    assert await seen_at(NOON) == ((0, 1, 0), "gap")

    await api.hear(closed(DAY, at=evening + timedelta(minutes=1)))
    assert await seen_at(NOON) == ((1, 0, 0), "complete")


async def test_one_modality_can_be_known_where_the_day_is_not(api: Projections, known: Coverage) -> None:
    await api.hear(closed(DAY, "CT"), closed(DAY, "MR", CUT))

    assert counts(await known.reach(("main",), DAY, DAY)) == (0, 1, 0)
    assert counts(await known.reach(("main",), DAY, DAY, ("CT",))) == (1, 0, 0)
    assert counts(await known.reach(("main",), DAY, DAY, ("MR",))) == (0, 1, 0)
    assert counts(await known.reach(("main",), DAY, DAY, ("CT", "MR"))) == (0, 1, 0)
    assert counts(await known.reach(("main",), DAY, DAY, ("CT", "US"))) == (0, 0, 1)


async def test_a_narrowed_window_covers_nothing(api: Projections, known: Coverage) -> None:
    await api.hear(closed(DAY, is_narrowed=True))

    assert counts(await known.reach(("main",), DAY, DAY)) == (0, 0, 1)


asked = some.lists(
    some.tuples(
        some.integers(1, 6),
        some.sampled_from(["", "", "CT", "MR"]),
        some.booleans(),
        some.sampled_from([-27, -26, -25, -5, -4, 0]),
    ),
    max_size=12,
)


wanted = some.tuples(some.sampled_from(["", "CT", "US"]), some.integers(1, 6), some.integers(1, 6))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=asked, about=wanted)
async def test_a_search_counts_days_as_the_calendar_does(
    state: State, known: Coverage, said: list[tuple[int, str, bool, int]], about: tuple[str, int, int]
) -> None:
    api, (modality, *ends) = projections(state), about
    async with state.writing() as connection:
        for table in (coverage, windows):
            await connection.execute(delete(table))
    for number, name, is_cut, back in said:
        await api.hear(closed(DAY.replace(day=number), name, CUT if is_cut else (), NOON + timedelta(days=back)))
    first, last = (DAY.replace(day=number) for number in sorted(ends))

    reach = await known.reach(("main",), first, last, (modality,) if modality else ())

    shown = await known.days("main", first, last, modality)
    assert counts(reach) == (shown.complete, shown.gaps, shown.unseen)


@pytest.mark.parametrize(
    ("q", "first", "last", "modalities"),
    [
        ("", None, None, ""),
        ("pneumothorax", None, None, ""),
        ("pneumothorax study_date:2023-05", date(2023, 5, 1), date(2023, 5, 31), ""),
        ("study_date:[2023-01-05 TO 2023-06-30] modality:CT", date(2023, 1, 5), date(2023, 6, 30), "CT"),
        ("study_date:>=2023-02-01 study_date:<2023-03-01", date(2023, 2, 1), date(2023, 2, 28), ""),
        ("study_date:2021 OR study_date:2023", date(2021, 1, 1), date(2023, 12, 31), ""),
        ("thorax OR study_date:2023", None, None, ""),
        ("study_date:>2020-12-31 OR study_date:2023", date(2021, 1, 1), None, ""),
        ("-study_date:2023", None, None, ""),
        ("modality:(ct OR MR)", None, None, "CT MR"),
        ("modality:CT OR fracture", None, None, ""),
        ("-modality:CT", None, None, ""),
        ("patient_birth_date:1960", None, None, ""),
    ],
)
def test_the_words_of_a_query_tell_which_days_it_is_about(
    q: str, first: date | None, last: date | None, modalities: str
) -> None:
    assert searched_days(Query(q=q)) == SearchedDays(first, last, frozenset(modalities.split()))


def test_filters_and_words_narrow_each_other() -> None:
    filters = Filters(study_date_from=date(2023, 3, 1), study_date_to=date(2024, 1, 1), modality=("ct",))
    both = searched_days(Query(q="study_date:2023 modality:MR", filters=filters))
    assert both == SearchedDays(date(2023, 3, 1), date(2023, 12, 31), frozenset({"CT"}))

    for strange in ("study_date:1999", "study_date:soon", '"'):
        alone = searched_days(Query(q=strange, filters=filters))
        assert (alone.first, alone.last) == (date(2023, 3, 1), date(2024, 1, 1))


async def test_a_search_is_told_how_far_its_days_are_known(api: Projections, known: Coverage) -> None:
    await api.hear(*map(closed, days(1, 3)), closed(DAY.replace(day=4), "CT"))
    query = Query(q="modality:CT study_date:[2024-06-01 TO 2024-06-05]", filters=Filters(pacs=("main",)))

    assert counts(await reach_of(known, query)) == (4, 0, 1)
