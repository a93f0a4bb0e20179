"""A C-FIND identifier as somebody wrote it leads to studies, whatever its level."""

from datetime import timedelta

import pytest

from radquarry.finder.bulk_queries import BulkQuery
from radquarry.finder.lookups import Found
from radquarry.finder.series_desk import SeriesDesk
from tests.finder.pacs_of_rows import PacsOfRows
from tests.finder.shelves import DAY, a_study

MAY = {"QueryRetrieveLevel": "STUDY", "StudyDate": "20240501-20240531", "PatientName": "*"}


async def found(pacs: PacsOfRows, query: dict[str, str], *modalities: str) -> Found:
    return await BulkQuery(query, modalities, pacs, SeriesDesk(pacs)).find()


def uids(result: Found) -> set[str]:
    return {study.study_instance_uid for study in result.studies}


def over_may(count: int) -> list:
    return [a_study(n, study_date=DAY - timedelta(days=n % 10)) for n in range(count)]


async def test_a_study_query_gives_its_studies_with_series():
    pacs = PacsOfRows([*over_may(12), a_study(99, study_date=DAY + timedelta(days=60))])
    result = await found(pacs, MAY)
    assert (result.link, len(result.studies), result.problem, result.is_gap) == (None, 12, "", False)
    assert result.studies[0].series


@pytest.mark.parametrize("is_loud", [True, False])
@pytest.mark.parametrize("limit", [5, 25])
async def test_a_cut_answer_is_asked_for_in_days_and_filtered_by_the_other_keys(limit, is_loud):
    studies = [*over_may(60), *(a_study(100 + n, modalities_in_study=("US",)) for n in range(4))]
    pacs = PacsOfRows(studies, limit=limit, is_loud=is_loud or limit < 20)
    result = await found(pacs, {**MAY, "ModalitiesInStudy": "CT"})
    assert len(result.studies) == 60 or (result.is_gap and limit == 5)
    assert all(study.modalities_in_study == ("CT",) for study in result.studies)


async def test_a_pacs_that_gives_up_before_its_first_row_is_asked_in_halves():
    pacs = PacsOfRows(over_may(30), limit=4)
    given = pacs.answers

    async def all_or_nothing(query, model=None, most=0):
        answered = await given(query, model, most)
        return type(answered)((), answered.cut, 1) if answered.cut else answered

    pacs.answers = all_or_nothing  # type: ignore[method-assign]
    result = await found(pacs, MAY)
    assert (len(result.studies), result.is_gap) == (30, False)


async def test_patients_lead_to_all_their_studies():
    pacs = PacsOfRows([a_study(n, patient_id=f"P{n % 3}") for n in range(9)])
    result = await found(pacs, {"QueryRetrieveLevel": "PATIENT", "PatientID": "P1*", "PatientName": ""})
    assert uids(result) == {"1.2.3.1", "1.2.3.4", "1.2.3.7"}


@pytest.mark.parametrize("level", ["SERIES", "IMAGE"])
async def test_series_and_images_lead_to_the_studies_they_belong_to(level):
    pacs = PacsOfRows([a_study(n, modalities_in_study=("CT", "SR") if n % 2 else ("MR",)) for n in range(6)])
    result = await found(pacs, {"QueryRetrieveLevel": level, "Modality": "SR"})
    assert uids(result) == {"1.2.3.1", "1.2.3.3", "1.2.3.5"}


@pytest.mark.parametrize("level", ["PATIENT", "SERIES", "IMAGE"])
async def test_what_no_date_can_split_is_a_gap_when_it_is_cut(level):
    pacs = PacsOfRows([a_study(n) for n in range(9)], limit=4)
    result = await found(pacs, {"QueryRetrieveLevel": level, "PatientID": "PAT*"})
    assert result.is_gap
    assert "0xfe00" in result.problem
    assert len(result.studies) == 4


async def test_only_wanted_modalities_are_taken():
    pacs = PacsOfRows([a_study(1), a_study(2, modalities_in_study=("US",))], hides=frozenset({"ModalitiesInStudy"}))
    assert uids(await found(pacs, MAY, "CT")) == {"1.2.3.1"}


async def test_a_query_the_pacs_does_not_take_is_a_gap():
    result = await found(PacsOfRows([a_study(1)], refuses=frozenset({"StudyDate"})), MAY)
    assert (result.is_gap, result.studies) == (True, ())
    assert "0xa900" in result.problem
