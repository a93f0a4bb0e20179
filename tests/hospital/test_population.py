"""The population: always the same, found without searching, and like a hospital's."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.hospital import Hospital, HospitalSettings
from radquarry.hospital.generated import GeneratedStudies
from radquarry.hospital.people import patient_id_of, patient_number_of
from radquarry.hospital.permutation import Permutation
from radquarry.hospital.visits import Visits
from radquarry.hospital.workload import Workload

from .conftest import settings


def population(chosen: HospitalSettings) -> tuple[Visits, GeneratedStudies]:
    visits = Visits(chosen)
    return visits, GeneratedStudies(visits, chosen)


@given(st.integers(1, 5000), st.integers(0, 2**32 - 1), st.data())
def test_a_permutation_can_be_undone(size: int, key: int, data: st.DataObject) -> None:
    shuffle = Permutation(size, key)
    index = data.draw(st.integers(0, size - 1))

    assert shuffle.undo(shuffle.apply(index)) == index


@given(st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_a_permutation_hits_everything_once(size: int, key: int) -> None:
    assert sorted(map(Permutation(size, key).apply, range(size))) == list(range(size))


@given(st.integers(0, 10**7))
def test_a_patient_id_leads_back_to_its_patient(number: int) -> None:
    assert patient_number_of(patient_id_of(number)) == number


@given(st.text(max_size=10))
def test_no_text_breaks_the_patient_index(text: str) -> None:
    number = patient_number_of(text) if text else None

    assert number is None or patient_id_of(number) == text


@pytest.mark.parametrize("studies", [0, 1, 3, 4, 5, 20, 21, 22, 419, 420])
def test_there_are_exactly_as_many_studies_as_asked_for(studies: int) -> None:
    _, generated = population(settings(studies=studies))
    uids = [study.study_instance_uid for study in generated.all()]

    assert len(uids) == len(set(uids)) == studies


def test_every_index_leads_to_every_study() -> None:
    _, generated = population(settings())
    for study in generated.all():
        record = study.record
        day = date.fromisoformat(str(record["StudyDate"]))
        ways = [generated.with_uid(study.study_instance_uid), generated.between(day, day)]
        ways.append(generated.of_patient_id(str(record["PatientID"])))
        if record["AccessionNumber"]:
            ways.append(generated.with_accession_number(str(record["AccessionNumber"])))
        for way in ways:
            assert record in [found.record for found in way]


def test_the_same_seed_is_the_same_hospital_and_another_is_not() -> None:
    first, again, other = (Hospital(settings(seed=seed)).truth for seed in (7, 7, 8))

    assert list(first.studies()) == list(again.studies())
    assert [study.patient_id for study in first.studies()] != [study.patient_id for study in other.studies()]


def test_a_day_of_a_million_studies_costs_no_more_than_a_day() -> None:
    visits, generated = population(settings(studies=1_000_000, days=730))
    day = visits.workload.end_date
    some = list(generated.between(day, day))

    assert 50 < len(some) < 5000
    assert generated.study(999_999).record["StudyDate"] <= f"{day:%Y%m%d}"
    assert visits.visit.cache_info().currsize < 5000


def test_weekdays_are_busy_and_weekends_quiet() -> None:
    load = Workload(20_000, date(2025, 5, 31), 730, seed=1)
    tuesday, sunday = len(load.visits_on(date(2025, 3, 11))), len(load.visits_on(date(2025, 3, 16)))

    assert tuesday > 3 * sunday > 0
    assert len(load.visits_on(date(2024, 12, 25))) < tuesday / 3
    assert sum(len(load.visits_on(load.day_of(visit))) > 0 for visit in (0, 19_999)) == 2
    assert load.visits_on(date(2025, 6, 1)) == range(0)


def test_a_mammography_and_its_ultrasound_share_an_accession_number() -> None:
    _, generated = population(settings(empty_accession_share=0))
    numbers: dict[str, list[str]] = {}
    for study in generated.all():
        numbers.setdefault(str(study.record["AccessionNumber"]), []).append(str(study.record["ModalitiesInStudy"]))

    assert {tuple(modalities) for modalities in numbers.values() if len(modalities) > 1} == {("MG", "US")}
    assert Counter(map(len, numbers.values()))[2] == 20


def test_some_accession_numbers_are_missing_or_spelt_otherwise_in_the_ris() -> None:
    truth = list(Hospital(settings(empty_accession_share=0.1, respelt_accession_share=0.2)).truth.studies())
    empty = [study for study in truth if not study.accession_number]
    respelt = [
        study for study in truth if study.accession_number and study.accession_number != study.ris_accession_number
    ]

    assert 15 < len(empty) < 90
    assert 40 < len(respelt) < 150
    assert any(study.accession_number.lstrip("0") == study.ris_accession_number for study in respelt)
    assert all(study.ris_accession_number for study in truth)


def test_studies_can_be_put_into_the_same_second() -> None:
    _, generated = population(settings(studies_per_second=5, same_second_share=0))
    seconds = Counter(f"{s.record['StudyDate']}{str(s.record['StudyTime'])[:6]}" for s in generated.all())

    assert seconds.most_common(1)[0][1] >= 5


def test_patients_come_again_and_keep_who_they_are() -> None:
    _, generated = population(settings())
    patients: dict[str, set[tuple[str, ...]]] = {}
    visits: Counter[str] = Counter()
    for study in generated.all():
        record = study.record
        patients.setdefault(str(record["PatientID"]), set()).add(
            (str(record["PatientName"]), str(record["PatientBirthDate"]), str(record["PatientSex"]))
        )
        visits[str(record["PatientID"])] += 1

    assert all(len(identities) == 1 for identities in patients.values())
    assert sum(count > 1 for count in visits.values()) > len(visits) / 3


def test_all_eight_modalities_and_accented_names_occur() -> None:
    _, generated = population(settings())
    records = [study.record for study in generated.all()]

    assert {record["ModalitiesInStudy"] for record in records} == {"CR", "CT", "MR", "US", "MG", "DX", "NM", "XA"}
    assert any("ü" in str(record["PatientName"]) for record in records)
    assert all(str(record["PatientName"]).encode("latin-1") for record in records)
