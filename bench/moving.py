"""The mover with storescp beside dcmtk's bare `movescu` over the same list, and with four associations.

`movescu` asks for one study after the other over one association, and dcmtk's `storescp` writes files without making
them durable. The mover's order says what a crawl has found, every file is durable before the PACS hears success, and
what came is compared with what was expected.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as StudyRoot

from bench.table import Figure
from radquarry.bus.opening import open_bus
from radquarry.configuration.addresses import bus_address, state_address
from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from radquarry.messages import ListedSeries, RetrievalCompleted, RetrievalRequested, WantedStudy
from radquarry.mover import __main__ as mover
from radquarry.mover.settings import load as load_mover
from radquarry.service import Service, run
from radquarry.state.store import open_state
from radquarry.storescp import __main__ as storescp
from radquarry.storescp.settings import load as load_storescp
from tests.journeys.running import eventually, free_port, running_hospital, truth_of

STUDIES, MOST_INSTANCES, ALLOWED = 1000, 2, 4
SLOW_MS = 100


def measure() -> list[Figure]:
    """A quick PACS for the first figure, one that takes its time over each image for the second."""
    return [_beside_movescu(), _with_four_associations()]


def _beside_movescu() -> Figure:
    ours, bare, count = _both(store_ms=0, associations=1)
    text = f"{STUDIES} studies, {count} instances, one association: mover {ours:.1f} s, movescu {bare:.1f} s"
    return Figure("mover: movescu / retrieval", bare / ours, 0.8, text)


def _with_four_associations() -> Figure:
    ours, bare, count = _both(store_ms=SLOW_MS, associations=ALLOWED)
    text = f"{STUDIES} studies, {count} instances, {SLOW_MS} ms an image: mover {ours:.1f} s, movescu {bare:.1f} s"
    return Figure(f"mover: movescu / retrieval, {ALLOWED} associations", bare / ours, 3.0, text)


def _both(store_ms: int, associations: int) -> tuple[float, float, int]:
    """Seconds of the mover, seconds of movescu, and the number of instances."""
    ports = {"RADQUARRY": free_port(), "BARE": free_port()}
    destinations = {title: f"127.0.0.1:{port}" for title, port in ports.items()}
    settings = HospitalSettings(
        studies=STUDIES * 5,
        samples=False,
        pixels=32,
        pacs=PacsSettings(destinations=destinations),
        faults=FaultSettings(pacs=PacsFaults(store_delay_ms=store_ms, max_associations=ALLOWED)),
    )
    truth = truth_of(settings)
    held = {one.study_instance_uid: len(truth.sop_instance_uids(one.study_instance_uid)) for one in truth.studies()}
    small = [uid for uid, count in held.items() if count <= MOST_INSTANCES][:STUDIES]
    assert len(small) == STUDIES, f"there are only {len(small)} small studies"
    count = sum(held[uid] for uid in small)
    with tempfile.TemporaryDirectory() as name, running_hospital(settings, Path(name)) as hospital:
        bare = _movescu(Path(name), hospital, small, ports["BARE"])
        assert sent(hospital) == count
        wanted = _as_crawled(hospital, small)
        ours = asyncio.run(retrieved(Path(name) / "ours", hospital, wanted, (ports["RADQUARRY"], associations)))
        assert sent(hospital) == 2 * count
        files = len(list(Path(name).glob("ours/data/archive/*/*/*.dcm")))
    assert files == count, f"{files} of {count} files are in the archive"
    return ours, bare, count


async def retrieved(
    folder: Path, hospital: dict[str, Any], wanted: tuple[WantedStudy, ...], node: tuple[int, int]
) -> float:
    """Seconds from the order to the end; `node` is our port, and the associations the PACS allows."""
    folder.mkdir()
    pacs = hospital["pacs"] | {"load": {"associations": node[1]}}
    keys = {"data_dir": str(folder / "data"), "node": {"host": "127.0.0.1", "port": node[0]}, "pacs": {"main": pacs}}
    file = folder / "radquarry.yaml"
    file.write_text(yaml.safe_dump(keys | {"archive": {"reserve_gb": 0}}))
    settings, receiving = load_mover(file), load_storescp(file)
    settings.data_dir.mkdir()
    done = asyncio.Event()

    async def end(completed: RetrievalCompleted) -> None:
        assert completed.state == "complete", completed
        done.set()

    async with (
        open_bus(bus_address(settings.data_dir, settings.bus_url)) as bus,
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        storescp.opened(receiving, bus) as receiver,
        mover.opened(settings, bus, state) as service,
    ):
        work = asyncio.create_task(run(bus, receiver, service, Service("api", {RetrievalCompleted: end})))
        begun = time.monotonic()
        await bus.publish(RetrievalRequested(retrieval_id=uuid4(), studies=wanted))
        async with asyncio.timeout(3600):
            await done.wait()
        seconds = time.monotonic() - begun
        work.cancel()
        await asyncio.wait([work])
    return seconds


def _as_crawled(hospital: dict[str, Any], studies: list[str]) -> tuple[WantedStudy, ...]:
    """As the api orders them: with the series that a crawl has found."""
    pacs = hospital["pacs"]
    ae = AE("RADQUARRY")
    ae.add_requested_context(StudyRoot)
    association = ae.associate(pacs["host"], pacs["port"], ae_title=pacs["ae_title"])
    wanted = []
    for uid in studies:
        identifier = Dataset()
        identifier.QueryRetrieveLevel = "SERIES"
        identifier.StudyInstanceUID = uid
        identifier.SeriesInstanceUID = identifier.Modality = ""
        identifier.NumberOfSeriesRelatedInstances = None
        answers = [row for _, row in association.send_c_find(identifier, StudyRoot) if row is not None]
        series = tuple(
            ListedSeries(
                series_instance_uid=row.SeriesInstanceUID,
                modality=row.Modality,
                number_of_series_related_instances=row.NumberOfSeriesRelatedInstances,
            )
            for row in answers
        )
        wanted.append(WantedStudy(study_instance_uid=uid, pacs="main", series=series))
    association.release()
    return tuple(wanted)


def _movescu(folder: Path, hospital: dict[str, Any], studies: list[str], port: int) -> float:
    """Seconds of dcmtk over the list."""
    queries = folder / "queries"
    queries.mkdir()
    files = [_query(queries / f"{number:04}.dcm", uid) for number, uid in enumerate(studies)]
    pacs = hospital["pacs"]
    command = [_program("movescu"), "-q", "-S", "-aet", "BARE", "-aem", "BARE", "-aec", pacs["ae_title"]]
    with _receiving(folder, port):
        begun = time.monotonic()
        subprocess.run(
            [*command, pacs["host"], str(pacs["port"]), *map(str, files)], check=True, timeout=3600, env=_tuned()
        )
        return time.monotonic() - begun


@contextmanager
def _receiving(folder: Path, port: int) -> Iterator[None]:
    received = folder / "bare"
    received.mkdir()
    process = subprocess.Popen([_program("storescp"), "-q", "-aet", "BARE", "-od", received, str(port)], env=_tuned())
    try:
        eventually(lambda: True if _answers(port) else None, 30, "dcmtk's storescp listens")
        yield
    finally:
        process.kill()
        process.wait(10)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


def _program(name: str) -> str:
    """dcmtk's."""
    found = shutil.which(name)
    assert found is not None, f"dcmtk's {name} is not installed"
    return found


def _tuned() -> dict[str, str]:
    """Without these dcmtk waits 40 ms a message."""
    return {**os.environ, "TCP_NODELAY": "1", "TCP_BUFFER_LENGTH": "262144"}


def _query(file: Path, study_instance_uid: str) -> Path:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    identifier.StudyInstanceUID = study_instance_uid
    identifier.file_meta = FileMetaDataset()
    identifier.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dcmwrite(file, identifier, implicit_vr=False, little_endian=True)
    return file


def sent(hospital: dict[str, Any]) -> int:
    """How many images the PACS has sent."""
    url = hospital["ris"]["url"].removesuffix("/fhir") + "/control/traffic"
    return len(httpx.get(url, params={"kind": "c-store"}, timeout=60).json())
