"""A row of a list leads to the studies it means, and says how sure that is."""

from datetime import date, time, timedelta

import pytest

from radquarry.finder.lookups import Found, Lookup
from radquarry.finder.series_desk import SeriesDesk
from radquarry.messages import Row
from tests.finder.pacs_of_rows import PacsOfRows
from tests.finder.shelves import DAY, a_study


async def found(pacs: PacsOfRows, *modalities: str, **row) -> Found:
    return await Lookup(Row(number=1, **row), modalities, pacs, SeriesDesk(pacs)).find()


def uids(result: Found) -> list[str]:
    return sorted(study.study_instance_uid for study in result.studies)


async def test_a_uid_is_exact_and_brings_its_series():
    result = await found(PacsOfRows([a_study(1), a_study(2)]), study_instance_uid=" 1.2.3.1 ")
    assert (result.link, uids(result), result.problem, result.is_gap) == ("exact", ["1.2.3.1"], "", False)
    assert [series.modality for series in result.studies[0].series] == ["CT"]


async def test_a_uid_that_finds_nothing_gives_way_to_the_accession_number():
    result = await found(PacsOfRows([a_study(1)]), study_instance_uid="9.9.9", accession_number="ACC000001")
    assert (result.link, uids(result)) == ("exact", ["1.2.3.1"])


async def test_a_uid_that_is_none_gives_way_too_and_is_named():
    result = await found(PacsOfRows([a_study(1)]), study_instance_uid="SECRET", accession_number="ACC000001")
    assert (result.link, uids(result)) == ("exact", ["1.2.3.1"])
    assert result.problem == "its StudyInstanceUID is no UID"


async def test_a_number_as_it_is_is_exact():
    result = await found(PacsOfRows([a_study(1), a_study(2)]), accession_number="ACC000002 ")
    assert (result.link, uids(result)) == ("exact", ["1.2.3.2"])


@pytest.mark.parametrize("number", ["a-0042", "A0042", "a 0042"])
async def test_a_number_in_another_spelling_is_an_accession_link(number):
    result = await found(PacsOfRows([a_study(1, accession_number="A0042")]), accession_number=number)
    assert (result.link, uids(result)) == ("exact" if number == "A0042" else "accession", ["1.2.3.1"])


async def test_a_number_that_is_not_there_gives_way_to_patient_and_day():
    near = a_study(1, patient_id="P1", study_date=DAY + timedelta(days=1))
    others = [
        a_study(2, patient_id="P1", study_date=DAY + timedelta(days=2)),
        a_study(3, patient_id="P2"),
        a_study(4, patient_id="P1", modalities_in_study=("US",)),
    ]
    pacs = PacsOfRows([near, *others])
    row = {"accession_number": "GONE", "patient_id": "P1", "study_date": DAY, "modality": "CT"}
    result = await found(pacs, **row)
    assert (result.link, uids(result)) == ("patient-date", ["1.2.3.1"])
    assert pacs.asked[-1] == {"PatientID": "P1", "StudyDate": "20240516-20240518"}


async def test_of_a_patients_studies_those_of_the_very_day_are_meant():
    studies = [a_study(n, patient_id="P1", study_date=DAY + timedelta(days=n - 1)) for n in range(3)]
    result = await found(PacsOfRows(studies), patient_id="P1", study_date=DAY)
    assert (result.link, uids(result)) == ("patient-date", ["1.2.3.1"])


async def test_several_studies_under_one_number_are_all_found():
    studies = [a_study(number, accession_number="A1") for number in range(3)]
    result = await found(PacsOfRows(studies), accession_number="A1")
    assert (result.link, len(result.studies), result.is_gap) == ("several", 3, False)


async def test_an_unwanted_modality_under_the_same_number_is_left_out():
    mammography = a_study(1, accession_number="A1", modalities_in_study=("MG", "SR"))
    ultrasound = a_study(2, accession_number="A1", modalities_in_study=("US",))
    for hides in (frozenset(), frozenset({"ModalitiesInStudy"})):
        pacs = PacsOfRows([mammography, ultrasound], hides=hides)
        assert uids(await found(pacs, accession_number="A1", modality="mg")) == ["1.2.3.1"]
        assert uids(await found(pacs, "MG", accession_number="A1")) == ["1.2.3.1"]
        assert (await found(pacs, "MG", accession_number="A1")).link == "exact"


async def test_only_unwanted_studies_are_nothing_and_the_row_says_why():
    result = await found(PacsOfRows([a_study(1, modalities_in_study=("US",))]), "MG", accession_number="ACC000001")
    assert (result.link, result.studies) == ("none", ())
    assert "only studies of other modalities" in result.problem


@pytest.mark.parametrize("fields", [{"patient_id": "P9"}, {"study_date": date(2020, 1, 1)}])
async def test_a_number_that_another_patient_or_day_has_is_a_conflict(fields):
    result = await found(PacsOfRows([a_study(1, patient_id="P1")]), accession_number="ACC000001", **fields)
    assert (result.link, uids(result)) == ("conflict", ["1.2.3.1"])
    assert "another patient id or date" in result.problem


async def test_of_two_studies_with_one_number_the_one_that_fits_the_row_is_meant():
    studies = [a_study(1, accession_number="7", patient_id="P1"), a_study(2, accession_number="7", patient_id="P2")]
    result = await found(PacsOfRows(studies), accession_number="7", patient_id="P2")
    assert (result.link, uids(result)) == ("exact", ["1.2.3.2"])
    assert "another study with this number" in result.problem


async def test_what_is_not_there_is_none_and_no_gap():
    result = await found(PacsOfRows([a_study(1)]), accession_number="GONE")
    assert (result.link, result.studies, result.is_gap) == ("none", (), False)
    assert result.problem == "not found in the PACS"


@pytest.mark.parametrize("limit", [10**9, 5])
@pytest.mark.parametrize(
    ("ignored", "row"),
    [
        ("AccessionNumber", {"accession_number": "GONE"}),
        ("StudyInstanceUID", {"study_instance_uid": "9.9.9"}),
        ("PatientID", {"patient_id": "GONE"}),
    ],
)
async def test_a_pacs_that_ignores_the_key_yields_nothing_and_says_so(ignored, row, limit):
    pacs = PacsOfRows([a_study(number) for number in range(40)], limit=limit, ignores=frozenset({ignored}))
    result = await found(pacs, **row)
    assert result.studies == ()
    assert f"the PACS ignores {ignored}" in result.problem
    assert limit > 40 or result.link is None
    assert len(pacs.asked) < 20


async def test_where_the_patient_is_ignored_the_days_are_listed():
    pacs = PacsOfRows([a_study(number) for number in range(40)], limit=5, ignores=frozenset({"PatientID"}))
    assert (await found(pacs, patient_id="GONE", study_date=DAY)).link == "none"
    assert uids(await found(pacs, patient_id="PAT00017", study_date=DAY)) == ["1.2.3.17"]


async def test_a_pacs_that_ignores_the_key_still_gives_the_one_that_is_there():
    pacs = PacsOfRows([a_study(number) for number in range(40)], ignores=frozenset({"AccessionNumber"}))
    result = await found(pacs, accession_number="ACC000007")
    assert (result.link, uids(result)) == ("exact", ["1.2.3.7"])


@pytest.mark.parametrize("limit", [1, 7, 40, 200])
async def test_all_studies_of_a_patient_are_found_behind_a_limit(limit):
    studies = [a_study(n, time(n % 24), patient_id="P1", study_date=DAY - timedelta(days=3 * n)) for n in range(120)]
    pacs = PacsOfRows([*studies, *(a_study(900 + n) for n in range(50))], limit=limit)
    result = await found(pacs, patient_id="P1")
    assert (result.link, len(result.studies), result.is_gap) == ("exact", 120, False)
    assert len(pacs.asked) < 500


async def test_a_patients_day_that_cannot_be_listed_is_a_gap():
    studies = [a_study(n, patient_id="P1") for n in range(30)]
    result = await found(PacsOfRows(studies, limit=10), patient_id="P1")
    assert (len(result.studies), result.is_gap) == (10, True)
    assert "no key splits them" in result.problem


async def test_a_pacs_that_takes_no_such_question_is_a_gap_and_not_a_none():
    result = await found(PacsOfRows([a_study(1)], refuses=frozenset({"AccessionNumber"})), accession_number="A1")
    assert (result.link, result.is_gap) == (None, True)
    assert "0xa900" in result.problem


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "no accession number, no StudyInstanceUID and no patient id"),
        ({"accession_number": "  "}, "no accession number"),
        ({"accession_number": "SECRET*"}, "wildcard"),
        ({"patient_id": "SECRET?"}, "wildcard"),
        ({"patient_id": "SECRET\\X"}, "wildcard"),
        ({"patient_id": "S" * 65}, "longer than 64"),
        ({"accession_number": "SECRET", "modality": "C*"}, "no defined term"),
    ],
)
async def test_a_row_that_makes_no_sense_is_not_asked_for(row, words):
    pacs = PacsOfRows([a_study(1)])
    result = await found(pacs, **row)
    assert words in result.problem
    assert "SECRET" not in result.problem
    assert (result.link, result.studies, pacs.asked) == (None, (), [])


async def test_the_first_and_last_days_of_the_calendar_are_days():
    for day in (date.min, date.max):
        result = await found(PacsOfRows([a_study(1, patient_id="P1")]), patient_id="P1", study_date=day)
        assert result.link == "none"
