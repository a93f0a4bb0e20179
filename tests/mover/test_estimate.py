"""What a retrieval would bring and take, and that what does not fit is refused before anything is fetched."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from radquarry.bus.port import Bus
from radquarry.configuration.sections import Archive, Load
from radquarry.configuration.week import Hours, WeekWindows
from radquarry.messages import EstimateRetrieval, PlannedStudy, RetrievalEstimated, Series, SeriesChoice
from radquarry.mover.__main__ import VERSIONS
from radquarry.mover.duration import end_of
from radquarry.mover.estimate import reckon
from radquarry.mover.room import Room
from radquarry.mover.sizes import ASSUMED, Experience, Sizes
from radquarry.state.migration import migrate
from tests.contracts.states import KINDS, empty_state
from tests.mover.retrieving import Ward, small_hospital, ward

MONDAY = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
SIZES = Sizes({"CT": 100.0, "MR": 10.0})


def series(number: int, images: int | None, modality: str = "CT", description: str = "") -> Series:
    return Series(
        series_instance_uid=f"1.2.{number}",
        modality=modality,
        series_description=description,
        number_of_series_related_instances=images,
    )


def planned(*held: Series, **fields: object) -> PlannedStudy:
    return PlannedStudy(study_instance_uid="1.2", pacs="main", series=held, **fields)


def test_only_chosen_series_are_reckoned_with_their_modalitys_size() -> None:
    study = planned(series(1, 10), series(2, 5, "MR"), series(3, 1, description="Topogram"))

    sums = reckon([study], SeriesChoice(exclude_description=("topo",)), {}, SIZES)

    assert (sums.studies, sums.series, sums.instances, sums.bytes_to_fetch) == (1, 2, 15, 1050)


def test_what_is_here_is_not_fetched_and_never_counts_for_more_than_the_series() -> None:
    here = {("1.2", "1.2.1"): 4, ("1.2", "1.2.2"): 99}

    sums = reckon([planned(series(1, 10), series(2, 5))], SeriesChoice(), here, SIZES)

    assert (sums.instances_here, sums.bytes_to_fetch) == (9, 600)


def test_a_study_ordered_twice_is_fetched_once() -> None:
    assert reckon([planned(series(1, 10))] * 2, SeriesChoice(), {}, SIZES).instances == 10


def test_studies_of_unknown_size_count_as_the_mean_of_the_others() -> None:
    unknown = PlannedStudy(study_instance_uid="9", pacs="main")

    sums = reckon([planned(series(1, 10)), unknown], SeriesChoice(), {}, SIZES)

    assert (sums.unknown, sums.bytes_to_fetch) == (1, 2000)


def test_of_named_instances_only_they_count() -> None:
    study = planned(series(1, 10), sop_instance_uids=("1.2.1.1", "1.2.1.2"))

    assert reckon([study], SeriesChoice(), {}, SIZES).bytes_to_fetch == 200


def test_what_the_choice_is_made_by_and_nobody_knows_is_left_out_and_said() -> None:
    sums = reckon([planned(series(1, 10))], SeriesChoice(include_description=("lung",)), {}, SIZES)

    assert (sums.instances, sums.bytes_to_fetch, dict(sums.not_told)) == (0, 0, {"the description of any series": 1})


@pytest.mark.parametrize(
    ("windows", "hours", "end"),
    [
        ((), 3, MONDAY + timedelta(hours=3)),
        (("mon-sun 20:00-08:00",), 3, MONDAY.replace(hour=21)),
        (("mon-sun 20:00-08:00",), 13, MONDAY + timedelta(days=1, hours=7)),
        (("mon 00:00-00:01",), 24, None),
    ],
)
def test_work_goes_on_in_windows_only(windows: tuple[str, ...], hours: int, end: datetime | None) -> None:
    week = Hours(WeekWindows(windows), (), ZoneInfo("Europe/Zurich"))

    assert end_of(timedelta(hours=hours), MONDAY, week) == end


async def test_the_reserve_is_not_free(tmp_path: Path) -> None:
    whole, rest = await Room(tmp_path).free(), await Room(tmp_path, 1e6).free()

    assert whole is not None
    assert rest is not None
    assert rest < whole
    assert "would not fit" in await Room(tmp_path, 1e18).lack(1)


async def test_an_archive_that_is_not_seen_refuses_nothing(tmp_path: Path) -> None:
    room = Room(tmp_path / "elsewhere")

    assert await room.free() is None
    assert await room.lack(1e18) == ""


def plan_of(it: Ward, *studies: str) -> tuple[PlannedStudy, ...]:
    """As the api knows them from a crawl: one series list each."""
    held = {
        uid: [
            Series(
                series_instance_uid=one.series_instance_uid,
                modality=str(one.record["Modality"]),
                number_of_series_related_instances=int(str(one.record["NumberOfSeriesRelatedInstances"])),
            )
            for study in it.hospital.truth._holdings.with_uid(uid)
            for one in study.series()
        ]
        for uid in studies
    }
    return tuple(PlannedStudy(study_instance_uid=uid, pacs="main", series=tuple(held[uid])) for uid in studies)


async def estimated(it: Ward, bus: Bus, order: EstimateRetrieval) -> RetrievalEstimated:
    await bus.publish(order)
    await it.heard.until(lambda: order.id in it.heard.estimates, "the estimate")
    return it.heard.estimates[order.id]


async def test_sizes_are_learnt_and_what_is_here_is_known(tmp_path: Path) -> None:
    load = Load(associations=2, studies_per_hour=600)
    async with ward(small_hospital(), tmp_path, load=load) as it:
        first, second = it.uids[:2]
        before = await estimated(it, it.bus, EstimateRetrieval(studies=plan_of(it, first, second)))
        await it.heard.end(await it.order(first))
        after = await estimated(it, it.bus, EstimateRetrieval(studies=plan_of(it, first, second)))
        nothing = await estimated(it, it.bus, EstimateRetrieval(studies=plan_of(it, first)))

    count = len(it.instances(first))
    assert (before.studies, before.instances, before.instances_here) == (2, len(it.instances(first, second)), 0)
    assert any("not known yet" in problem for problem in before.problems)
    assert any("usual sizes are assumed" in problem for problem in before.problems)
    assert (after.instances_here, after.instances_to_fetch) == (count, len(it.instances(second)))
    on_disk = sum(file.stat().st_size for file in tmp_path.glob("archive/*/*/*.dcm"))
    assert abs(nothing.bytes - on_disk) <= count
    assert nothing.bytes_to_fetch == 0
    assert before.fits
    assert before.free_bytes is not None
    (share,) = after.of_pacs
    assert share.work_hours == pytest.approx(2 / 600)


async def test_an_order_that_would_not_fit_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        retrieval_id: UUID = await it.order(*it.uids[:2], estimated_bytes=10**18)

        end = await it.heard.end(retrieval_id)

        assert (end.state, end.expected) == ("incomplete", 0)
        assert all("it would not fit: about 1000000000.0 GB" in one.problem for one in it.heard.progress)
        assert it.hospital.traffic.entries("association") == []


async def test_a_study_without_room_waits_for_it_and_nothing_is_ordered(tmp_path: Path) -> None:
    full = Archive(reserve_gb=10**9)
    async with ward(small_hospital(), tmp_path, archive=full) as it:
        await it.order(it.uids[0])

        await it.heard.until(lambda: any("would not fit" in one.problem for one in it.heard.progress), "it waits")

        assert it.heard.of(it.uids[0])[-1].state == "waiting"
        assert it.hospital.traffic.entries("c-move") == []


async def test_a_stopped_or_closed_pacs_has_no_end(tmp_path: Path) -> None:
    never = Load.model_validate({"windows": ["mon 00:00-00:01"], "studies_per_hour": 1})
    async with ward(small_hospital(), tmp_path, load=never) as it:
        said = await estimated(it, it.bus, EstimateRetrieval(studies=plan_of(it, *it.uids)))

    assert (said.hours, said.ends_at) == (None, None)


async def test_studies_of_an_unknown_pacs_are_said(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        plan = (PlannedStudy(study_instance_uid="1.2", pacs="nowhere"),)
        said = await estimated(it, it.bus, EstimateRetrieval(studies=plan))

    assert any("no PACS is called nowhere" in problem for problem in said.problems)


@pytest.mark.parametrize("kind", KINDS)
async def test_how_fast_a_pacs_sends_is_learnt_from_visits_that_brought_something(kind: str, tmp_path: Path) -> None:
    async with empty_state(kind, tmp_path) as state:
        await migrate(state, "mover", VERSIONS)
        experience = Experience(state)
        await experience.time("main", 10, 60)
        nothing = await experience.rates()
        for _ in range(3):
            await experience.time("main", 8_000_000, 2)
        await experience.time("main", 1_000_000, 1)

        assert nothing == {}
        assert 1_000_000 < (await experience.rates())["main"] < 4_000_000


def test_every_usual_size_is_plausible() -> None:
    assert all(10_000 < size < 100_000_000 for size in ASSUMED.values())
