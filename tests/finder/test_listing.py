"""A listing finds every study or says what it could not list, whatever limit the PACS keeps silent about."""

from datetime import time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radquarry.dicom.peer import PacsAway
from radquarry.finder.listing import Listing
from radquarry.finder.page import Listed, Page
from radquarry.finder.pages import Pages
from radquarry.finder.parts import Part
from tests.finder.shelves import DAY, Shelves, a_study, uids


async def listed(shelves: Shelves, limit: int | None = None, pages: Pages | None = None, modality: str = "") -> Listed:
    return await Listing(shelves.ask, pages or Pages(limit)).of(Part(DAY, modality))


def over_the_day(count: int) -> list:
    return [a_study(number, time(number // 60 % 24, number % 60)) for number in range(count)]


def of_one_second(count: int) -> list:
    return [a_study(number) for number in range(count)]


@pytest.mark.parametrize("limit", [1, 5, 40, 200])
@pytest.mark.parametrize("count", [0, 1, 39, 40, 41, 120])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "auto"])
async def test_a_silent_limit_hides_nothing(limit, count, is_told):
    shelves = Shelves(over_the_day(count), limit)
    result = await listed(shelves, limit if is_told else None)
    assert uids(result.studies) == uids(shelves.studies) or result.gaps


@pytest.mark.parametrize("limit", [40, 200])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "auto"])
async def test_a_usual_limit_is_overcome_without_a_gap(limit, is_told):
    shelves = Shelves(over_the_day(300), limit)
    result = await listed(shelves, limit if is_told else None)
    assert uids(result.studies) == uids(shelves.studies)
    assert result.gaps == ()


@pytest.mark.parametrize("limit", [1, 2, 40, 200])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "auto"])
async def test_many_studies_of_one_second_are_found_or_are_a_gap(limit, is_told):
    shelves = Shelves(of_one_second(250 if limit >= 40 else 30), limit)
    result = await listed(shelves, limit if is_told else None)
    assert result.gaps or uids(result.studies) == uids(shelves.studies)
    assert limit < 40 or not result.gaps


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "auto"])
@pytest.mark.parametrize("order", [1, -1], ids=["timeless first", "timeless last"])
async def test_studies_without_a_time_are_found_behind_a_limit(is_told, order):
    timeless = [a_study(1000 + number, None) for number in range(30)]
    shelves = Shelves((timeless + over_the_day(100))[::order], 40)
    result = await listed(shelves, 40 if is_told else None)
    assert uids(result.studies) == uids(shelves.studies)
    assert result.gaps == ()


async def test_studies_that_no_key_tells_apart_are_a_gap_with_its_reason():
    same = [a_study(number, patient_id="", accession_number="") for number in range(50)]
    result = await listed(Shelves(same, 40), 40)
    assert len(result.studies) == 40
    assert "40 answers at once" in result.gaps[0].reason
    assert {(gap.begin, gap.end) for gap in result.gaps} <= {("10:30:00", "10:30:00"), ("00:00:00", "23:59:59")}


@pytest.mark.parametrize("ignored", ["time", "PatientID", "AccessionNumber", "modality"])
async def test_an_ignored_key_costs_no_study_in_silence(ignored):
    shelves = Shelves(over_the_day(150) + of_one_second(90), 40, ignores=frozenset({ignored}))
    result = await listed(shelves, 40, modality="CT")
    assert result.gaps or uids(result.studies) == uids(shelves.studies)
    assert result.queries < 2000


async def test_a_pacs_that_ignores_every_key_gives_a_gap_and_not_an_endless_search():
    shelves = Shelves(over_the_day(150), 40, ignores=frozenset({"time", "PatientID", "AccessionNumber"}))
    result = await listed(shelves)
    assert result.gaps
    assert result.queries < 2000


@pytest.mark.parametrize("gives_nothing", [True, False])
async def test_a_limit_said_in_a_status_is_overcome(gives_nothing):
    shelves = Shelves(over_the_day(300), 40, cut_in_words="status 0xa700", gives_nothing_when_cut=gives_nothing)
    result = await listed(shelves)
    assert uids(result.studies) == uids(shelves.studies)
    assert result.gaps == ()


async def test_a_question_the_pacs_never_answers_is_one_gap_at_once():
    async def ask(part: Part) -> Page:
        return Page((), 0, "status 0xc000")

    result = await Listing(ask, Pages()).of(Part(DAY))
    assert [(gap.begin, gap.end, gap.reason) for gap in result.gaps] == [("00:00:00", "23:59:59", "status 0xc000")]
    assert result.queries == 2


async def test_a_pacs_that_only_ends_associations_is_away():
    async def ask(part: Part) -> Page:
        return Page((), 0, "the association ended", is_lost=True)

    with pytest.raises(PacsAway):
        await Listing(ask, Pages()).of(Part(DAY))


async def test_a_pacs_without_a_limit_is_asked_once_a_day_when_it_has_shown_a_longer_answer():
    pages = Pages()
    shelves = Shelves([a_study(number, study_date=DAY - timedelta(days=number % 3)) for number in range(90)])
    first = await listed(shelves, pages=pages)
    assert (first.queries, len(first.studies)) == (2, 30)
    second = await listed(shelves, pages=pages)
    assert second.queries == 1


async def test_one_study_in_a_small_archive_is_no_gap():
    result = await listed(Shelves([a_study(1)]))
    assert (len(result.studies), result.gaps) == (1, ())


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "auto"])
async def test_a_study_without_an_accession_number_among_many_of_one_patient_is_a_gap(is_told):
    many = [a_study(number, patient_id="P", accession_number=str(number)) for number in range(30)]
    result = await listed(
        Shelves([*many, a_study(99, patient_id="P", accession_number="")], 30), 30 if is_told else None
    )
    assert result.gaps or uids(result.studies) == {*uids(many), "1.2.3.99"}


async def test_rows_of_other_days_and_modalities_are_left_to_their_windows():
    others = [a_study(1, study_date=DAY - timedelta(days=9)), a_study(2, modalities_in_study=("MR",)), a_study(3)]

    async def ask(part: Part) -> Page:
        return Page(tuple(others), 3)

    result = await Listing(ask, Pages(100)).of(Part(DAY, "CT"))
    assert uids(result.studies) == {"1.2.3.3"}


times = (
    st.none()
    | st.sampled_from([time(0), time(10, 30), time(23, 59, 59)])
    | st.times().map(lambda at: at.replace(microsecond=0))
)
identifiers = st.from_regex(r"[0-9A-Z]{0,2}[0-9]{1,4}", fullmatch=True) | st.sampled_from(["2", "12", "A1", "b-7"])


@st.composite
def a_day(draw):
    rows = draw(st.lists(st.tuples(times, identifiers, identifiers | st.just("")), max_size=60))
    studies = [
        a_study(number, at, patient_id=patient, accession_number=accession)
        for number, (at, patient, accession) in enumerate(rows)
    ]
    return draw(st.permutations(studies))


@settings(max_examples=200, deadline=None)
@given(a_day(), st.integers(1, 50), st.booleans())
async def test_no_study_is_missed_in_silence_behind_a_limit_we_were_told(studies, limit, timeless_match_ranges):
    shelves = Shelves(studies, limit, timeless_match_ranges=timeless_match_ranges)
    result = await listed(shelves, limit)
    assert result.gaps or uids(result.studies) == uids(studies)


@settings(max_examples=200, deadline=None)
@given(a_day(), st.integers(1, 50), st.booleans())
async def test_no_study_is_missed_in_silence_behind_a_limit_we_were_not_told(studies, limit, timeless_match_ranges):
    another_day = a_study(999, study_date=DAY - timedelta(days=40))
    shelves = Shelves([*studies, another_day], limit, timeless_match_ranges=timeless_match_ranges)
    result = await listed(shelves)
    assert result.gaps or uids(result.studies) == uids(studies)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 86399), st.integers(0, 86399), st.integers(0, 86399))
def test_halves_tile_their_part_exactly(one, other, second):
    begin, end = sorted((one, other))
    part = Part(DAY).between(begin, end)
    if not part.is_second:
        first, last = part.halves()
        assert (first.begin, last.end) == (begin, end)
        assert first.end is not None
        assert last.begin == first.end + 1
    if begin <= second <= end:
        pieces = list(part.around_second(second))
        assert [pieces[0].begin, pieces[-1].end] == [begin, end]
        assert all(later.begin == earlier.end + 1 for earlier, later in pairwise(pieces))


def test_a_part_asks_for_times_to_the_last_fraction():
    first, last = Part(DAY).halves()
    assert (first.study_time, last.study_time) == ("000000-115959.999999", "120000-235959.999999")
    assert Part(DAY).study_time == ""
    assert Part(DAY).around(1).study_date == "20240516-20240518"
