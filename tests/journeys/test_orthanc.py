"""Crawl, search and retrieve real PACS that hold real files: Orthanc and dcmqrscp with pydicom's samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pynetdicom import AE, build_context

from radquarry.dicom.reactor import Reactor
from tests.journeys.running import Radquarry, configuration, free_port
from tests.servers import addresses
from tests.servers.addresses import DicomPeer

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]

SAMPLES = (
    "CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "693_J2KI.dcm", "examples_overlay.dcm", "examples_palette.dcm",
    "examples_rgb_color.dcm", "examples_ybr_color.dcm", "rtplan.dcm", "rtdose.dcm", "reportsi.dcm", "waveform_ecg.dcm",
    "SC_rgb.dcm", "emri_small.dcm", "liver.dcm",
)  # fmt: skip


def sample_files() -> list[Path]:
    """The sample files that pydicom's package itself holds; nothing is downloaded."""
    found = [get_testdata_file(name, download=False) for name in SAMPLES]
    return [Path(str(path)) for path in found if path]


def send(peer: DicomPeer, files: list[Path]) -> dict[str, set[str]]:
    """Store the files there; the SOP instances it took, by study."""
    held: dict[str, set[str]] = {}
    for file in files:
        dataset = pydicom.dcmread(file)
        entity = AE(ae_title="SAMPLES")
        context = build_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
        association = entity.associate(peer.host, peer.port, contexts=[context], ae_title=peer.ae_title)
        if not association.is_established:
            continue
        Reactor(association)  # else pynetdicom may lose an answer on a busy machine
        if association.accepted_contexts and association.send_c_store(dataset).get("Status", 1) == 0:
            held.setdefault(dataset.StudyInstanceUID, set()).add(dataset.SOPInstanceUID)
        association.release()
    return held


@contextmanager
def radquarry_at(peer: DicomPeer, folder: Path) -> Iterator[Radquarry]:
    """radquarry beside this PACS, without a RIS, as a C-MOVE destination that the PACS knows."""
    with addresses.spare_destination() as destination:
        pacs = {"ae_title": peer.ae_title, "host": peer.host, "port": peer.port}
        keys = configuration(folder, {"pacs": pacs, "ris": {"url": f"http://127.0.0.1:{free_port()}/fhir"}})
        keys["node"] = {"ae_title": destination.ae_title, "host": destination.host, "port": destination.port}
        del keys["ris"]
        with Radquarry(folder, keys) as radquarry:
            yield radquarry


@pytest.mark.parametrize("server", ["orthanc", "dcmqrscp"])
def test_what_a_real_pacs_holds_is_found_and_brought_home(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = addresses.orthanc() if server == "orthanc" else addresses.dcmqrscp()
    held = send(peer, sample_files())
    dated = dated_studies(held)
    assert len(dated) >= 5

    with radquarry_at(peer, tmp_path) as radquarry:
        crawl = radquarry.rest.post("/crawls", {"pacs": "main", "start_date": "2003-01-01", "end_date": "2005-12-31"})
        view = radquarry.rest.settled(f"/crawls/{crawl['id']}", 240)
        assert (view["state"], view["problems"]) == ("complete", [])

        found = {hit["study_instance_uid"] for hit in radquarry.rest.all_studies(sort="newest")}
        assert found >= dated

        retrieval = radquarry.rest.post("/retrievals", {"studies": sorted(dated)})
        done = radquarry.rest.settled(f"/retrievals/{retrieval['id']}", 120)
        assert done["state"] == "complete", done
        kept = {(path.parts[-3], path.stem) for path in radquarry.archive.rglob("*.dcm")}
        assert kept >= {(uid, sop) for uid in dated for sop in held[uid]}
        assert_same_data_sets(radquarry.archive, held, dated)


def dated_studies(held: dict[str, set[str]]) -> set[str]:
    """Studies that a crawl by date can find."""
    days = {}
    for file in sample_files():
        dataset = pydicom.dcmread(file, stop_before_pixels=True)
        days[dataset.StudyInstanceUID] = str(dataset.get("StudyDate", ""))
    return {uid for uid in held if "20030101" <= days.get(uid, "") <= "20051231"}


def assert_same_data_sets(archive: Path, held: dict[str, set[str]], studies: set[str]) -> None:
    """Pixels and patient arrived as they were sent."""
    sent = {pydicom.dcmread(file).SOPInstanceUID: pydicom.dcmread(file) for file in sample_files()}
    for uid in studies:
        for path in (archive / uid).rglob("*.dcm"):
            if path.stem in held[uid]:
                came = pydicom.dcmread(path)
                assert came.PatientID == sent[path.stem].PatientID
                assert came.get("PixelData") == sent[path.stem].get("PixelData")
