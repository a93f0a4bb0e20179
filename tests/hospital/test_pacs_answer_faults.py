"""Each fault in what the answers of the PACS say, as a peer meets it."""

import pytest

from radquarry.hospital.faults import MalformedKind

from .conftest import OpenHospital
from .faulty_pacs import DAY, a_study, switched, uids_of
from .peer import peer


def test_a_wrong_charset_label_does_not_decode(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, charset="wrong")
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", PatientName=None)
    raw = [row.get_item("PatientName").value for row in rows]

    assert {row.SpecificCharacterSet for row in rows} == {"ISO_IR 192"}
    assert any("ü".encode("latin-1") in bytes(name) for name in raw if isinstance(name, bytes))


def test_an_omitted_charset_is_not_there(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, charset="omitted")
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", PatientName=None)

    assert rows
    assert not any("SpecificCharacterSet" in row for row in rows)


def test_some_accession_numbers_find_nothing_and_the_studies_are_there_all_the_same(
    open_hospital: OpenHospital,
) -> None:
    hospital = switched(open_hospital, empty_accession_share=0.5)
    studies = [study for study in hospital.truth.studies() if study.accession_number][:40]
    with peer(hospital.pacs) as scu:
        found = [bool(scu.find("STUDY", AccessionNumber=study.accession_number)[0]) for study in studies]
        by_uid = [scu.find("STUDY", StudyInstanceUID=study.study_instance_uid)[0] for study in studies]

    assert 5 < sum(found) < 35
    assert all(by_uid)


def test_modalities_in_study_can_be_unsupported(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, modalities_in_study=False)
    with peer(hospital.pacs) as scu:
        rows, final = scu.find("STUDY", **DAY, ModalitiesInStudy="CT")

    assert final == 0x0000
    assert {row.StudyInstanceUID for row in rows} == uids_of(hospital)
    assert not any("ModalitiesInStudy" in row for row in rows)


def test_a_pacs_without_relational_queries_wants_every_key_above(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, relational=False)
    uid = a_study(hospital)
    with peer(hospital.pacs) as scu:
        assert scu.find("SERIES", Modality="MR") == ([], 0xA900)
        assert scu.find("IMAGE", StudyInstanceUID=uid) == ([], 0xA900)
        series, final = scu.find("SERIES", StudyInstanceUID=uid)
        assert final == 0x0000
        images, _ = scu.find("IMAGE", StudyInstanceUID=uid, SeriesInstanceUID=series[0].SeriesInstanceUID)
        assert images


def test_studies_without_time_match_no_time(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, timeless_share=0.5)
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", **DAY, StudyTime=None)
        timed, _ = scu.find("STUDY", **DAY, StudyTime="000000-235959.999999")
    timeless = {row.StudyInstanceUID for row in rows if not row.StudyTime}

    assert timeless
    assert {row.StudyInstanceUID for row in timed} == uids_of(hospital) - timeless


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("long_uid", "9" * 60),
        ("bad_uid", "1.2.0840..x.01"),
        ("traversal_uid", "../../etc/passwd"),
        ("empty_uid", ""),
    ],
)
def test_malformed_answers_stand_beside_the_true_ones(
    open_hospital: OpenHospital, kind: MalformedKind, expected: str
) -> None:
    hospital = switched(open_hospital, malformed_every=3, malformed_kinds=[kind])
    with peer(hospital.pacs) as scu:
        rows, final = scu.find("STUDY", **DAY)
    raw = [bytes(row.get_item("StudyInstanceUID").value or b"").rstrip(b"\0").decode() for row in rows]
    extra = [uid for uid in raw if uid not in uids_of(hospital)]

    assert final == 0x0000
    assert set(raw) - set(extra) == uids_of(hospital)
    assert len(extra) == len(uids_of(hospital)) // 3
    assert all(uid.endswith(expected) for uid in extra)


@pytest.mark.parametrize("kind", ["garbage_values", "overlong_values", "duplicate"])
def test_other_malformations_leave_identity_date_and_time_right(
    open_hospital: OpenHospital, kind: MalformedKind
) -> None:
    hospital = switched(open_hospital, malformed_every=2, malformed_kinds=[kind])
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", **DAY, StudyDescription=None, PatientBirthDate=None)
    values = [bytes(row.get_item("StudyDescription").value) for row in rows]

    assert {row.StudyInstanceUID for row in rows} == uids_of(hospital)
    assert {row.StudyDate for row in rows} == {"20250520"}
    assert (len(rows) > len(uids_of(hospital))) == (kind == "duplicate")
    assert (max(map(len, values)) > 1000) == (kind == "overlong_values")
