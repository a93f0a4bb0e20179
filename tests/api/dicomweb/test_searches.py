"""QIDO-RS: what is in the archive, found by its attributes."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.dicomweb.archived import ROOT, slice_of, written
from tests.api.gateway import Gateway, a_problem


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three studies: CT in two series, MR of another day, and one with a PET beside its CT."""
    for instance in (1, 2, 10):
        written(tmp_path, slice_of(1, 1, instance, StudyDescription="Thorax", AccessionNumber="A[1]"))
    written(tmp_path, slice_of(1, 2, 1, SeriesDescription="Lunge 1 mm"))
    written(tmp_path, slice_of(2, Modality="MR", StudyDate="20240703", StudyTime="235959.5", PatientName="Meier^Jo"))
    written(tmp_path, slice_of(3, 1, StudyDate="20231231", StudyTime="", ReferringPhysicianName="Zwei^Eins"))
    pet = slice_of(3, 2, Modality="PT", StudyDate="20231231")
    pet.RequestAttributesSequence = [slice_of(9)]
    pet.RequestAttributesSequence[0].RequestedProcedureID = "RP-7"
    written(tmp_path, pet)
    return tmp_path


async def found(gateway: Gateway, path: str, tag: str = "0020000D", **query: Any) -> list[Any]:
    """One attribute of each row, the first value of it."""
    answer = await gateway.client.get(f"{ROOT}{path}", params=query)
    if answer.status_code == 204:
        return []
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/dicom+json"
    return [row[tag]["Value"][0] for row in answer.json()]


STUDIES = {
    "": ["1.2.1", "1.2.2", "1.2.3"],
    "StudyInstanceUID=1.2.3,1.2.1": ["1.2.1", "1.2.3"],
    "0020000D=1.2.2": ["1.2.2"],
    "StudyInstanceUID=1.2.9": [],
    "StudyInstanceUID=../../etc": [],
    "PatientName=müller*": ["1.2.1", "1.2.3"],
    "PatientName=*JO": ["1.2.2"],
    "PatientName=Meier^Jo^^": ["1.2.2"],
    "PatientName=M?ier^Jo": ["1.2.2"],
    "PatientName=": ["1.2.1", "1.2.2", "1.2.3"],
    "PatientName=*": ["1.2.1", "1.2.2", "1.2.3"],
    "PatientID=P2": ["1.2.2"],
    "PatientID=p2": [],
    "AccessionNumber=A[1]": ["1.2.1"],
    "AccessionNumber=A[*": ["1.2.1"],
    "StudyDate=20240601": ["1.2.1"],
    "StudyDate=20240601-20240703": ["1.2.1", "1.2.2"],
    "StudyDate=20240602-": ["1.2.2"],
    "StudyDate=-20240101": ["1.2.3"],
    "StudyTime=10-1059": ["1.2.1"],
    "StudyTime=1030": ["1.2.1"],
    "StudyTime=2300-": ["1.2.2"],
    "StudyDate=20240601&StudyTime=11-12": [],
    "ModalitiesInStudy=PT": ["1.2.3"],
    "ModalitiesInStudy=CT": ["1.2.1", "1.2.3"],
    "ModalitiesInStudy=PT,MR": ["1.2.2", "1.2.3"],
    "ModalitiesInStudy=PT%5CU*": ["1.2.3"],
    "ModalitiesInStudy=,": [],
    "StudyInstanceUID=1.2.1,,": ["1.2.1"],
    "StudyDescription=Th*x": ["1.2.1"],
    "ReferringPhysicianName=zwei*": ["1.2.3"],
    "limit=1&offset=1": ["1.2.2"],
    "offset=3": [],
    "limit=0": [],
}


@pytest.mark.usefixtures("archive")
async def test_studies_are_matched_by_every_kind_of_key(gateway: Gateway) -> None:
    for query, wanted in STUDIES.items():
        answer = await gateway.client.get(f"{ROOT}/studies?{query}")
        rows = [] if answer.status_code == 204 else answer.json()
        assert [row["0020000D"]["Value"][0] for row in rows] == wanted, query


@pytest.mark.usefixtures("archive")
async def test_a_study_tells_what_of_it_is_here(gateway: Gateway) -> None:
    (row,) = (await gateway.client.get(f"{ROOT}/studies?StudyInstanceUID=1.2.3")).json()

    assert row["00080061"] == {"vr": "CS", "Value": ["CT", "PT"]}
    assert row["00201206"] == {"vr": "IS", "Value": [2]}
    assert row["00201208"] == {"vr": "IS", "Value": [2]}
    assert row["00080056"] == {"vr": "CS", "Value": ["ONLINE"]}
    assert row["00081190"] == {"vr": "UR", "Value": [f"{ROOT}/studies/1.2.3"]}
    assert row["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Müller^Eva"}]}
    assert row["00200010"] == {"vr": "SH"}
    assert "00080060" not in row


@pytest.mark.usefixtures("archive")
async def test_series_and_instances_are_found_in_their_study_and_in_all(gateway: Gateway) -> None:
    series, sop = "0020000E", "00080018"

    assert await found(gateway, "/studies/1.2.1/series", series) == ["1.2.1.1", "1.2.1.2"]
    assert await found(gateway, "/studies/1.2.1/series", series, SeriesNumber=2) == ["1.2.1.2"]
    assert await found(gateway, "/series", series, Modality="CT", PatientID="P3") == ["1.2.3.1"]
    assert await found(gateway, "/series", series, SeriesDescription="lunge*") == []
    assert await found(gateway, "/series", series, SeriesDescription="Lunge*") == ["1.2.1.2"]
    assert await found(gateway, "/studies/1.2.1/series/1.2.1.1/instances", sop, InstanceNumber="10") == ["1.2.1.1.10"]
    assert await found(gateway, "/studies/1.2.1/instances", sop, limit=3) == ["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.10"]
    assert await found(gateway, "/instances", sop, SOPInstanceUID="1.2.2.1.1") == ["1.2.2.1.1"]
    nested = {"00400275.00401001": "RP-*"}
    assert await found(gateway, "/instances", sop, **nested) == ["1.2.3.2.1"]


@pytest.mark.usefixtures("archive")
async def test_further_attributes_are_given_when_they_are_asked_for(gateway: Gateway) -> None:
    path = f"{ROOT}/studies/1.2.3/series/1.2.3.2/instances"
    (plain,) = (await gateway.client.get(path)).json()
    (more,) = (await gateway.client.get(path, params={"includefield": "BitsStored,00400275"})).json()
    (whole,) = (await gateway.client.get(path, params={"includefield": "all"})).json()

    assert "00280101" not in plain
    assert "0020000E" in plain
    assert plain["00083002"]["Value"] == ["1.2.840.10008.1.2.1"]
    assert more["00280101"] == {"vr": "US", "Value": [16]}
    assert more["00400275"]["Value"][0]["00401001"]["Value"] == ["RP-7"]
    assert {*more} < {*whole}
    assert whole["00280102"]["Value"] == [15]


@pytest.mark.usefixtures("archive")
async def test_what_is_left_and_what_was_not_done_is_said(gateway: Gateway) -> None:
    some = await gateway.client.get(f"{ROOT}/studies?limit=2&fuzzymatching=true")
    all_ = await gateway.client.get(f"{ROOT}/studies?limit=3")

    assert "additional results" in some.headers["warning"]
    assert "fuzzymatching parameter is not supported" in some.headers["warning"]
    assert "warning" not in all_.headers


NOT_GIVEN = {
    "studies?includefield=Modality,SeriesDescription": "Modality, SeriesDescription",
    "studies?includefield=00280010&includefield=NoSuchKeyword": "Rows, NoSuchKeyword",
    "studies?includefield=7FE00010": "PixelData",
    "studies?includefield=x%22%0d%0aY:1": "an unreadable name",
    "series?includefield=BitsStored,00091001": "BitsStored, 00091001",
    "instances?includefield=00020010,PatientWeight": "TransferSyntaxUID",
}


@pytest.mark.usefixtures("archive")
async def test_attributes_that_a_row_does_not_have_are_named(gateway: Gateway) -> None:
    for query, names in NOT_GIVEN.items():
        answer = await gateway.client.get(f"{ROOT}/{query}")
        assert answer.status_code == 200, query
        wanted = f'299 radquarry "The following requested attributes were not supported: {names}"'
        assert answer.headers["warning"] == wanted, query

    many = ",".join(f"0029{number:04X}" for number in range(500))
    assert (await gateway.client.get(f"{ROOT}/studies?includefield={many}")).headers["warning"].endswith('and more"')


async def test_further_attributes_of_a_study_and_a_series_are_given(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(1, PatientComments="calm", PatientAge="041Y", ProtocolName="P1", KVP="120"))
    fields = "PatientComments,PatientAge"

    (study,) = (await gateway.client.get(f"{ROOT}/studies?includefield={fields},InstanceAvailability")).json()
    (series,) = (await gateway.client.get(f"{ROOT}/series?includefield={fields},ProtocolName")).json()
    whole_study = await gateway.client.get(f"{ROOT}/studies?includefield=all")
    whole_series = await gateway.client.get(f"{ROOT}/series?includefield=ALL")

    for row in (study, series, whole_study.json()[0], whole_series.json()[0]):
        assert row["00104000"]["Value"] == ["calm"]
        assert row["00101010"]["Value"] == ["041Y"]
        assert "00180060" not in row
    assert series["00181030"]["Value"] == whole_series.json()[0]["00181030"]["Value"] == ["P1"]
    assert "warning" not in whole_study.headers


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    "query",
    ["NoSuchKeyword=1", "StudyDate=june", "StudyDate=20240601-x", "limit=-1", "offset=x", "SeriesNumber=1",
     "0020000Z=1", "StudyTime=25h", f"StudyInstanceUID={'1.2.3,' * 1400}",
     "&".join(f"PatientID={number}" for number in range(65)), "StudyInstanceUID=*", "StudyInstanceUID=1.2.%3f",
     "StudyInstanceUID=1.2.1&StudyInstanceUID=1.2.2", "ModalitiesInStudy=CT&00080061=MR",
     "limit=1&limit=2", "offset=0&OFFSET=1", "fuzzymatching=yes", "limit=", "limit=1e3", "limit=9999999999", "=1",
     "StudyInstanceUID=,", "StudyDate=-", "NumberOfStudyRelatedInstances=nan", "patientname=x",
     "PatientID%00=1", "emptyvaluematching=true"],
)  # fmt: skip
async def test_what_cannot_be_looked_for_is_refused(gateway: Gateway, query: str) -> None:
    a_problem(await gateway.client.get(f"{ROOT}/studies?{query}"), 400, "invalid")


async def test_an_archive_that_is_not_there_holds_nothing(gateway: Gateway) -> None:
    assert (await gateway.client.get(f"{ROOT}/studies")).status_code == 204
    a_problem(await gateway.client.get(f"{ROOT}/studies/1.2.1/series"), 404, "unknown-study")


async def test_what_came_and_went_is_seen_at_once(gateway: Gateway, archive: Path) -> None:
    file = written(archive, slice_of(4))
    assert await found(gateway, "/studies", PatientID="P4") == ["1.2.4"]

    written(archive, slice_of(4, PatientID="other"))
    assert await found(gateway, "/studies", PatientID="P4") == []
    assert await found(gateway, "/studies", PatientID="other") == ["1.2.4"]

    file.path.unlink()
    assert await found(gateway, "/studies", PatientID="other") == []


async def test_a_file_still_being_written_or_named_otherwise_is_nobodys(gateway: Gateway, archive: Path) -> None:
    folder = archive / "archive" / "1.2.2" / "1.2.2.1"
    for name in ("1.2.2.1.5.part", ".1.2.2.1.6.dcm", "x.dcm", "1.2.2.1.7.dcm.tmp"):
        (folder / name).write_bytes(b"half")
    (folder / "1.2.2.1.8.dcm").symlink_to("/etc/hostname")

    assert await found(gateway, "/studies/1.2.2/instances", "00080018") == ["1.2.2.1.1"]
