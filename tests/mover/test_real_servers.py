"""Orthanc and dcmqrscp as the PACS: input and behaviour not made by us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.configuration.sections import Archive, Node, Pacs
from radquarry.dicom.connection import tended
from radquarry.dicom.reactor import Reactor
from radquarry.messages import RetrievalRequested, WantedStudy
from radquarry.mover import __main__ as mover
from radquarry.mover.settings import Settings as MoverSettings
from radquarry.service import run
from radquarry.state.store import open_state
from radquarry.storescp import __main__ as storescp
from radquarry.storescp.settings import Settings as StorescpSettings
from tests.mover.retrieving import QUICK, Heard, free_port
from tests.servers import addresses
from tests.servers.addresses import DicomPeer

INSTANCES = 6
PEERS = {"orthanc": addresses.orthanc, "dcmqrscp": addresses.dcmqrscp}

pytestmark = pytest.mark.servers


def fill(peer: DicomPeer, study: str = "", thickness: tuple[float, float] = (5, 5)) -> tuple[str, list[str]]:
    """Two more series, of that slice thickness, in a study of the PACS (or a new one): its UID and the instances'."""
    sample = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    sample.StudyInstanceUID = study or generate_uid()
    sample.PatientID = sample.AccessionNumber = sample.StudyInstanceUID[-12:]
    entity = AE(ae_title="TESTER")
    entity.add_requested_context(sample.SOPClassUID, sample.file_meta.TransferSyntaxUID)
    association = entity.associate(peer.host, peer.port, ae_title=peer.ae_title, evt_handlers=tended())
    assert association.is_established
    Reactor(association)  # else pynetdicom may lose an answer on a busy machine
    uids = []
    for number in range(INSTANCES):
        if number % 3 == 0:
            sample.SeriesInstanceUID = generate_uid()
            sample.SliceThickness = thickness[number // 3]
        sample.SOPInstanceUID = sample.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        status = association.send_c_store(sample)
        assert isinstance(status, Dataset)
        assert status.Status == 0x0000
        uids.append(str(sample.SOPInstanceUID))
    association.release()
    return str(sample.StudyInstanceUID), uids


@asynccontextmanager
async def retrieving(peer: DicomPeer, node: Node, folder: Path, **keys: object) -> AsyncIterator[tuple[Heard, "Order"]]:
    """Storescp and a mover in front of a real PACS; `keys` of its section."""
    pacs = {"main": Pacs(ae_title=peer.ae_title, host=peer.host, port=peer.port, timeout_seconds=10, **keys)}
    heard = Heard()
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(f"sqlite:///{folder}/bus.db", Waits((0.05, 0.1))))
        state = await stack.enter_async_context(open_state(f"sqlite:///{folder}/state.db"))
        receiving = StorescpSettings(data_dir=folder, node=node, pacs=pacs, archive=Archive(reserve_gb=0))
        receiver = await stack.enter_async_context(storescp.opened(receiving, bus))
        moving = MoverSettings(data_dir=folder, node=node, pacs=pacs)
        service = await stack.enter_async_context(mover.opened(moving, bus, state, QUICK))
        running = asyncio.create_task(run(bus, receiver, service, heard.service()))
        try:
            yield heard, Order(bus.publish)
        finally:
            running.cancel()
            await asyncio.wait({running})


class Order:
    """Somebody wants a study."""

    def __init__(self, publish) -> None:
        self.publish = publish

    async def __call__(self, study: str) -> UUID:
        retrieval_id = uuid4()
        wanted = (WantedStudy(study_instance_uid=study, pacs="main"),)
        await self.publish(RetrievalRequested(retrieval_id=retrieval_id, trail=retrieval_id, studies=wanted))
        return retrieval_id


@pytest.mark.parametrize("server", PEERS)
async def test_a_study_of_a_real_pacs_comes_home_whole(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = PEERS[server]()
    study, instances = await asyncio.to_thread(fill, peer)
    with addresses.spare_destination() as destination:
        node = Node(ae_title=destination.ae_title, host=destination.host, port=destination.port)
        async with retrieving(peer, node, tmp_path) as (heard, order):
            end = await heard.end(await order(study))

    assert (end.state, end.expected, end.received) == ("complete", INSTANCES, INSTANCES)
    assert sorted(file.stem for file in tmp_path.glob(f"archive/{study}/*/*.dcm")) == sorted(instances)


@pytest.mark.parametrize("server", PEERS)
async def test_a_study_of_a_real_pacs_comes_by_c_get(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = PEERS[server]()
    study, instances = await asyncio.to_thread(fill, peer)
    node = Node(ae_title="NOBODY", host="127.0.0.1", port=free_port(), allowed_callers=("NOBODY",))
    async with retrieving(peer, node, tmp_path, retrieve="c-get") as (heard, order):
        end = await heard.end(await order(study))

    assert (end.state, end.expected, end.received) == ("complete", INSTANCES, INSTANCES)
    assert sorted(file.stem for file in tmp_path.glob(f"archive/{study}/*/*.dcm")) == sorted(instances)


@pytest.mark.parametrize("server", PEERS)
async def test_a_real_pacs_that_does_not_know_us_is_asked_by_c_get(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = PEERS[server]()
    study, _ = await asyncio.to_thread(fill, peer)
    node = Node(ae_title="NOBODY", host="127.0.0.1", port=free_port(), allowed_callers=("NOBODY",))
    async with retrieving(peer, node, tmp_path) as (heard, order):
        end = await heard.end(await order(study))

    assert (end.state, end.received) == ("complete", INSTANCES)


@pytest.mark.parametrize("server", PEERS)
async def test_a_destination_a_real_pacs_does_not_know_is_named(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = PEERS[server]()
    study, _ = await asyncio.to_thread(fill, peer)
    node = Node(ae_title="NOBODY", host="127.0.0.1", port=free_port())
    async with retrieving(peer, node, tmp_path, retrieve="c-move") as (heard, order):
        end = await heard.end(await order(study))

    assert end.state == "incomplete"
    assert f"register NOBODY at 127.0.0.1 port {node.port}" in heard.of(study)[-1].problem


@pytest.mark.parametrize("server", PEERS)
async def test_a_study_a_real_pacs_does_not_hold_is_told_of(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    node = Node(ae_title="NOBODY", host="127.0.0.1", port=free_port())
    async with retrieving(PEERS[server](), node, tmp_path) as (heard, order):
        end = await heard.end(await order("1.2.3.4.5.6"))

    assert end.state == "incomplete"
    assert heard.of("1.2.3.4.5.6")[-1].problem == "the PACS does not hold this study"
