"""Crawls of Orthanc and dcmqrscp: what our double understands of C-FIND, real servers must too."""

import random
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import SecondaryCaptureImageStorage, StudyRootQueryRetrieveInformationModelFind

from radquarry.dicom.load import StateLoad
from radquarry.dicom.peer import Peer
from radquarry.dicom.reactor import Reactor
from radquarry.finder.lines import Lines
from radquarry.finder.probing import Access, probe
from radquarry.messages import LoadLimits, StudyFound
from radquarry.state.store import open_state
from tests.finder.rig import finder_at
from tests.servers import addresses
from tests.servers.addresses import DicomPeer

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

STUDIES, MANY = 24, 60


def some_day() -> date:
    """A day on which nobody else has studies in the same server."""
    return date(1901, 1, 1) + timedelta(days=random.SystemRandom().randrange(18_000))


def associated(peer: DicomPeer, sop_class: str) -> Association:
    entity = AE(ae_title="SAMPLES")
    entity.add_requested_context(sop_class, ImplicitVRLittleEndian)
    association = entity.associate(peer.host, peer.port, ae_title=peer.ae_title)
    assert association.is_established
    Reactor(association)  # else pynetdicom may lose an answer on a busy machine
    return association


def stored_at(peer: DicomPeer, day: date, studies: int = STUDIES) -> dict[str, str]:
    """Patients' names by study, of studies that now lie in the server: some of one second, some without a time.

    Names are Latin: Orthanc answers in its own DefaultEncoding, whatever it is asked in, and drops the rest.
    """
    association = associated(peer, SecondaryCaptureImageStorage)
    names: dict[str, str] = {}
    prefix = uuid4().hex[:6].upper()
    for number in range(studies):
        instance = an_instance(day, number, prefix)
        assert association.send_c_store(instance).Status == 0
        names[instance.StudyInstanceUID] = str(instance.PatientName)
    association.release()
    return names


def an_instance(day: date, number: int, prefix: str) -> Dataset:
    instance = Dataset()
    instance.SpecificCharacterSet = "ISO_IR 192" if number % 3 else "ISO_IR 100"
    instance.SOPClassUID, instance.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    instance.StudyInstanceUID, instance.SeriesInstanceUID = generate_uid(), generate_uid()
    instance.StudyDate = day.strftime("%Y%m%d")
    instance.StudyTime = "" if number % 8 == 7 else time(10, 30, number % 3 // 2).strftime("%H%M%S")
    instance.Modality = "OT"
    instance.PatientID = f"{prefix}{number:03d}"
    instance.AccessionNumber = f"A{prefix}{number:03d}"
    instance.PatientName = "Bélanger^Zoë" if number % 3 else "Müller^Käthe"
    instance.StudyID = instance.SeriesNumber = "1"
    instance.file_meta = Dataset()
    instance.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return instance


TRUE_PROFILES: dict[str, dict[str, Any]] = {
    "orthanc": {"ModalitiesInStudy": "matched", "InstitutionName": "matched", "NumberOfStudyRelatedSeries": "returned"},
    "dcmqrscp": {"ModalitiesInStudy": "ignored", "InstitutionName": "ignored", "NumberOfStudyRelatedSeries": "ignored"},
}
"""What tells them apart."""


@pytest.mark.parametrize("server", ["orthanc", "dcmqrscp"])
async def test_a_real_pacs_is_probed(server: str, tmp_path: Path):
    addresses.need(server)
    real: DicomPeer = getattr(addresses, server)()
    day = some_day()
    stored_at(real, day)
    peer = Peer("main", real.ae_title, real.host, real.port, "RADQUARRY", timeout_seconds=30)
    async with open_state(f"sqlite:///{tmp_path}/state.db") as state:
        load = await StateLoad.open(state, {"main": LoadLimits(associations=3)})
        async with Lines(peer, load) as lines:
            profile = await probe(Access(peer, lines, load, 3), "ISO_IR 100", day)
    assert profile.models == ("patient-root", "study-root")
    assert profile.levels == ("PATIENT", "STUDY", "SERIES", "IMAGE")
    assert profile.find_limit is None
    assert profile.longest_answer >= STUDIES
    assert profile.wildcards == "*?"
    assert (profile.date_ranges, profile.time_ranges) == (True, True)
    assert (profile.associations, profile.associations_tried) == (3, 3)
    assert (profile.c_move, profile.c_get) == (True, True)
    assert SecondaryCaptureImageStorage in profile.storage_contexts
    required = ("PatientID", "PatientName", "AccessionNumber", "StudyTime", "StudyID")
    assert {profile.keys[keyword] for keyword in required} == {"matched"}
    assert profile.keys.items() >= TRUE_PROFILES[server].items()


def answers_at_once(peer: DicomPeer, day: date) -> tuple[int, int]:
    """How many studies of the day a bare C-FIND gives, and the status that ends it."""
    question = Dataset()
    question.QueryRetrieveLevel = "STUDY"
    question.StudyDate = day.strftime("%Y%m%d")
    question.StudyInstanceUID = ""
    association = associated(peer, StudyRootQueryRetrieveInformationModelFind)
    statuses = [
        status.Status for status, _row in association.send_c_find(question, StudyRootQueryRetrieveInformationModelFind)
    ]
    association.release()
    return statuses.count(0xFF00), statuses[-1]


async def is_crawled_completely(real: DicomPeer, names: dict[str, str], day: date, folder: Path, find_limit) -> None:
    peer = Peer("main", real.ae_title, real.host, real.port, "RADQUARRY")
    async with finder_at(folder, peer, find_limit=find_limit, timeout_seconds=30) as rig:
        completed = await rig.crawl(day)
    found = {each.study.study_instance_uid: each.study for each in rig.all(StudyFound)}
    assert set(found) == set(names)
    assert len(rig.uids) == len(names)
    assert rig.gaps == []
    assert completed.studies_found == len(names)
    assert {uid: study.patient_name for uid, study in found.items()} == names
    assert all([each.modality for each in study.series] == ["OT"] for study in found.values())


@pytest.mark.parametrize("find_limit", ["auto", 7], ids=["whole", "in parts"])
@pytest.mark.parametrize("server", ["orthanc", "dcmqrscp"])
async def test_a_real_pacs_is_crawled_completely(server: str, find_limit, tmp_path: Path):
    addresses.need(server)
    real: DicomPeer = getattr(addresses, server)()
    day = some_day()
    names = stored_at(real, day)
    assert answers_at_once(real, day) == (STUDIES, 0x0000)
    await is_crawled_completely(real, names, day, tmp_path, find_limit)


@pytest.mark.parametrize("find_limit", ["auto", 20], ids=["learnt", "told"])
async def test_an_orthanc_that_gives_few_answers_at_once_is_crawled_completely(find_limit, tmp_path: Path):
    """Most of its studies are of one second, and more than it gives at once."""
    addresses.need("orthanc_limited")
    real = addresses.orthanc_limited()
    day = some_day()
    names = stored_at(real, day, MANY)
    given, status = answers_at_once(real, day)
    assert given < MANY // 2
    assert status == 0xFE00
    await is_crawled_completely(real, names, day, tmp_path, find_limit)
