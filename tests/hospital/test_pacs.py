"""The PACS as a peer sees it: all levels of both models, C-MOVE, C-GET and C-ECHO."""

from datetime import date

import pytest
from pydicom.uid import CTImageStorage

from radquarry.hospital import Hospital
from radquarry.hospital.samples import SampleStudies

from .conftest import PLAIN_KINDS, OpenHospital, settings
from .peer import PATIENT_FIND, PATIENT_MOVE, Receiver, peer, receiver

DAY = date(2025, 5, 20)


def on_day(hospital: Hospital, day: date = DAY) -> set[str]:
    return {study.study_instance_uid for study in hospital.truth.studies(day, day)}


def test_echo_answers(hospital: Hospital) -> None:
    with peer(hospital.pacs) as scu:
        assert scu.echo() == 0x0000


def test_a_day_holds_exactly_its_studies(hospital: Hospital) -> None:
    with peer(hospital.pacs) as scu:
        rows, status = scu.find("STUDY", StudyDate="20250520", StudyInstanceUID=None)

    assert status == 0x0000
    assert len(rows) == len({row.StudyInstanceUID for row in rows})
    assert {row.StudyInstanceUID for row in rows} == on_day(hospital) != set()


def test_date_and_time_are_matched_independently(hospital: Hospital) -> None:
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", StudyDate="20250519-20250520", StudyTime="090000-100000", StudyInstanceUID=None)

    assert {row.StudyInstanceUID for row in rows} == {
        study.study_instance_uid
        for study in hospital.truth.studies(date(2025, 5, 19), DAY)
        if "090000" <= study.study_time <= "100000"
    }


def test_halves_of_a_day_are_the_whole_day(hospital: Hospital) -> None:
    with peer(hospital.pacs) as scu:
        halves = [
            {row.StudyInstanceUID for row in scu.find("STUDY", StudyDate="20250520", StudyTime=half)[0]}
            for half in ("000000-115959.999999", "120000-235959.999999")
        ]

    assert halves[0] | halves[1] == on_day(hospital)
    assert halves[0] & halves[1] == set()


def test_an_answer_holds_what_was_asked_for_and_no_more(hospital: Hospital) -> None:
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find(
            "STUDY", StudyDate="20250520", PatientName=None, ModalitiesInStudy=None, NumberOfStudyRelatedInstances=None
        )
    asked = {"StudyDate", "PatientName", "ModalitiesInStudy", "NumberOfStudyRelatedInstances"}

    for row in rows:
        always = {"SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", "StudyInstanceUID"}
        assert {element.keyword for element in row} == asked | always
        uid = row.StudyInstanceUID
        assert row.NumberOfStudyRelatedInstances == len(hospital.truth.sop_instance_uids(uid))
        assert row.ModalitiesInStudy == hospital.truth.study(uid).modality


@pytest.mark.parametrize(
    "keys",
    [
        {"PatientName": "M*"},
        {"PatientName": "m?ller*"},
        {"StudyDescription": "CT*"},
        {"ModalitiesInStudy": "MR"},
        {"PatientSex": "F"},
        {"StudyDate": "-20250410"},
        {"StudyDate": "20250530-"},
    ],
    ids=str,
)
def test_keys_narrow_the_answer(hospital: Hospital, keys: dict[str, str]) -> None:
    with peer(hospital.pacs) as scu:
        rows, status = scu.find("STUDY", **keys)

    assert status == 0x0000
    assert 0 < len(rows) < 420


def test_an_accession_number_finds_its_studies_and_other_spellings_do_not(hospital: Hospital) -> None:
    known = next(study for study in hospital.truth.studies() if study.accession_number.startswith("A"))
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", AccessionNumber=known.accession_number)
        others, status = scu.find("STUDY", AccessionNumber=f"0{known.accession_number}")

    assert known.study_instance_uid in {row.StudyInstanceUID for row in rows}
    assert (others, status) == ([], 0x0000)


def test_series_and_images_of_a_study_are_listed(hospital: Hospital) -> None:
    study = next(study for study in hospital.truth.studies() if study.modality == "CT")
    uid = study.study_instance_uid
    with peer(hospital.pacs) as scu:
        series, _ = scu.find("SERIES", StudyInstanceUID=uid, NumberOfSeriesRelatedInstances=None, Modality=None)
        images = [
            row.SOPInstanceUID
            for one in series
            for row in scu.find("IMAGE", StudyInstanceUID=uid, SeriesInstanceUID=one.SeriesInstanceUID)[0]
        ]
        at_once = {row.SOPInstanceUID for row in scu.find("IMAGE", StudyInstanceUID=uid, SOPInstanceUID=None)[0]}

    assert {one.Modality for one in series} == {"CT"}
    assert sum(one.NumberOfSeriesRelatedInstances for one in series) == len(images)
    assert set(images) == at_once == hospital.truth.sop_instance_uids(uid)


def test_a_list_of_uids_finds_each(hospital: Hospital) -> None:
    uids = sorted(on_day(hospital))[:3]
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", StudyInstanceUID=[*uids, "1.2.3"])

    assert sorted(row.StudyInstanceUID for row in rows) == uids


def test_the_patient_root_knows_patients_and_their_studies(hospital: Hospital) -> None:
    study = next(iter(hospital.truth.studies(DAY, DAY)))
    with peer(hospital.pacs) as scu:
        patients, _ = scu.find("PATIENT", PATIENT_FIND, PatientID=study.patient_id, PatientName=None)
        studies, _ = scu.find("STUDY", PATIENT_FIND, PatientID=study.patient_id)

    assert [patient.PatientID for patient in patients] == [study.patient_id]
    assert study.study_instance_uid in {row.StudyInstanceUID for row in studies}


@pytest.mark.parametrize("level", ["PATIENT", "", "FRAME"])
def test_a_level_the_model_does_not_have_is_refused(hospital: Hospital, level: str) -> None:
    with peer(hospital.pacs) as scu:
        assert scu.find(level, StudyDate="20250520") == ([], 0xA900)


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192"])
def test_names_arrive_in_the_charset_configured(open_hospital: OpenHospital, charset: str) -> None:
    hospital = open_hospital(pacs={"charset": charset})
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", PatientName=None)
    names = {str(row.PatientName) for row in rows}

    assert {row.SpecificCharacterSet for row in rows} == {charset}
    assert names == {str(study.record["PatientName"]) for study in hospital.holdings.all()}


def test_a_name_with_an_umlaut_can_be_asked_for(hospital: Hospital) -> None:
    name = next(n for s in hospital.holdings.all() if "ü" in (n := str(s.record["PatientName"])))
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", PatientName=name)

    assert rows
    assert {str(row.PatientName) for row in rows} == {name}


def test_a_moved_study_arrives_whole_and_readable(hospital: Hospital) -> None:
    study = next(study for study in hospital.truth.studies() if study.modality == "MR")
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        final = scu.move("STUDY", StudyInstanceUID=study.study_instance_uid)
        uids = hospital.truth.sop_instance_uids(study.study_instance_uid)

        assert (final.Status, final.NumberOfCompletedSuboperations) == (0x0000, len(uids))
        assert set(kept.files) == uids
        assert kept.dataset(next(iter(uids))).pixel_array.shape == (32, 32)


def test_a_series_or_an_image_can_be_moved_alone(hospital: Hospital) -> None:
    study = next(s for s in hospital.holdings.all() if s.record["ModalitiesInStudy"] == "CT" and len(s.series()) > 1)
    series = study.series()[1]
    wanted = [instance.sop_instance_uid for instance in series.instances()]
    keys = {"StudyInstanceUID": study.study_instance_uid, "SeriesInstanceUID": series.series_instance_uid}
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        scu.move("SERIES", **keys)
        assert kept.received == wanted
        scu.move("IMAGE", **keys, SOPInstanceUID=wanted[:2])
        assert kept.received == wanted + wanted[:2]


def test_a_patient_can_be_moved(hospital: Hospital) -> None:
    study = next(study for study in hospital.truth.studies() if study.modality == "DX")
    expected = {
        uid
        for other in hospital.truth.studies()
        if other.patient_id == study.patient_id
        for uid in hospital.truth.sop_instance_uids(other.study_instance_uid)
    }
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        scu.move("PATIENT", model=PATIENT_MOVE, PatientID=study.patient_id)

    assert set(kept.files) == expected


def test_moving_to_an_unknown_destination_or_nothing_at_all(hospital: Hospital) -> None:
    uid = next(iter(on_day(hospital)))
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        assert scu.move("STUDY", destination="NOBODY", StudyInstanceUID=uid).Status == 0xA801
        assert scu.move("STUDY", StudyInstanceUID="1.2.3").Status == 0x0000
        assert scu.move("SERIES").Status == 0xA900
        assert kept.received == []


def test_get_sends_over_the_same_association(hospital: Hospital) -> None:
    study = next(study for study in hospital.truth.studies() if study.modality == "CT")
    kept = Receiver()
    with peer(hospital.pacs, kept.store, (CTImageStorage,)) as scu:
        final = scu.get("STUDY", StudyInstanceUID=study.study_instance_uid)

    assert final.Status == 0x0000
    assert set(kept.files) == hospital.truth.sop_instance_uids(study.study_instance_uid)


def test_the_traffic_tells_who_asked_what(open_hospital: OpenHospital) -> None:
    hospital = open_hospital()
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", StudyDate="20250520")
    hospital.traffic.wait_for(lambda traffic: all(entry.ended for entry in traffic.entries("association")))
    (find,), (association,) = hospital.traffic.entries("c-find"), hospital.traffic.entries("association")

    assert (find.answers, find.outcome, find.detail["keys"]["StudyDate"]) == (len(rows), "0000", ("20250520",))
    assert association.detail["calling_ae_title"] == "RADQUARRY"
    assert association.outcome == "released"


def test_a_sample_file_of_pydicom_is_found_and_every_one_can_be_moved() -> None:
    with Hospital(settings(samples=True, studies=0)) as hospital:
        samples = list(hospital.holdings.all())
        kinds = SampleStudies().kinds()
        with receiver(hospital, kinds) as kept, peer(hospital.pacs) as scu:
            rows, _ = scu.find("STUDY", StudyDate="20040119", PatientID=None)
            finals = [scu.move("STUDY", StudyInstanceUID=study.study_instance_uid) for study in samples]

    assert "1CT1" in {row.PatientID for row in rows}
    assert {final.Status for final in finals} == {0x0000}
    assert set(kept.files) == {instance.sop_instance_uid for study in samples for instance in study.instances()}
