"""A real SCU sends over loopback: everything is taken as it is, and nothing hostile does harm."""

import asyncio
import socket
import struct
import threading
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from pynetdicom import _config, evt
from pynetdicom.pdu import A_ASSOCIATE_AC, P_DATA_TF
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification

from radquarry.configuration.sections import Archive, Node
from tests.storescp.receiving import SECONDS, ListeningBus, listening, sender
from tests.storescp.samples import data_set_bytes, instance, sample_files

SECONDARY_CAPTURE = (SecondaryCaptureImageStorage, ExplicitVRLittleEndian)
PRIVATE_CLASS = "1.2.826.0.1.3680043.9.9999.1"
PRIVATE_SYNTAX = "1.2.826.0.1.3680043.9.9999.2"


def store(port: int, *data_sets: Dataset, calling: str = "SENDER") -> list[Dataset]:
    """The statuses of secondary captures sent on one association."""
    with sender(port, SECONDARY_CAPTURE, calling=calling) as association:
        return [association.send_c_store(with_head(data_set)) for data_set in data_sets]


def with_head(data_set: Dataset, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    """What pynetdicom wants of a data set that it sends."""
    data_set.ensure_file_meta()
    data_set.file_meta.TransferSyntaxUID = syntax
    return data_set


async def test_an_instance_is_announced_when_it_is_in_the_archive(tmp_path: Path) -> None:
    bus = ListeningBus()
    async with listening(tmp_path, bus) as port:
        (status,) = await asyncio.to_thread(store, port, instance())
        (announced,) = await bus.until(1)

        assert status.Status == 0x0000
        assert (announced.study_instance_uid, announced.series_instance_uid) == ("1.2.3", "1.2.3.1")
        assert (announced.sop_instance_uid, announced.calling_ae_title) == ("1.2.3.1.1", "SENDER")
        assert (tmp_path / "archive/1.2.3/1.2.3.1/1.2.3.1.1.dcm").stat().st_size == announced.bytes


async def test_markers_go_when_the_bus_holds_the_news(tmp_path: Path) -> None:
    async with listening(tmp_path, ListeningBus()) as port:
        await asyncio.to_thread(store, port, *map(instance, range(1, 6)))

    assert list((tmp_path / "storescp" / "unannounced").iterdir()) == []
    assert list((tmp_path / "storescp" / "incoming").iterdir()) == []


async def test_every_sample_file_arrives_with_its_data_set_unchanged(tmp_path: Path) -> None:
    """Sent as files, without decoding, in the transfer syntax each is written in."""
    bus, paths = ListeningBus(), sample_files()
    async with listening(tmp_path, bus) as port:
        sent = [path for path in paths if await asyncio.to_thread(_send_file, port, path) == 0x0000]
        await bus.until(len(sent))

    assert sent == list(paths)
    for path in paths:
        data, read = data_set_bytes(path)
        (file,) = tmp_path.glob(f"archive/*/*/{read.SOPInstanceUID}.dcm")
        assert file.read_bytes().endswith(data), path.name


async def test_private_classes_and_transfer_syntaxes_are_taken_too(tmp_path: Path) -> None:
    bus = ListeningBus()
    async with listening(tmp_path, bus) as port:
        data_set = with_head(instance(SOPClassUID=PRIVATE_CLASS))

        def send() -> int:
            with sender(port, (PRIVATE_CLASS, PRIVATE_SYNTAX)) as association:
                assert [str(context.transfer_syntax[0]) for context in association.accepted_contexts] == [
                    PRIVATE_SYNTAX
                ]
            with sender(port, (PRIVATE_CLASS, ExplicitVRLittleEndian)) as association:
                return association.send_c_store(data_set).Status

        assert await asyncio.to_thread(send) == 0x0000
        assert (await bus.until(1))[0].sop_class_uid == PRIVATE_CLASS


async def test_echo_is_answered_and_queries_are_not(tmp_path: Path) -> None:
    async with listening(tmp_path, ListeningBus()) as port:

        def ask() -> tuple[int, list[str]]:
            find = StudyRootQueryRetrieveInformationModelFind
            with sender(port, (Verification, "1.2.840.10008.1.2"), (find, "1.2.840.10008.1.2")) as association:
                accepted = [str(context.abstract_syntax) for context in association.accepted_contexts]
                return association.send_c_echo().Status, accepted

        assert await asyncio.to_thread(ask) == (0x0000, [Verification])


@pytest.mark.parametrize(("calling", "is_taken"), [("SENDER", True), ("PACS", True), ("STRANGER", False)])
async def test_only_known_callers_are_taken(tmp_path: Path, calling: str, is_taken: bool) -> None:
    async with listening(tmp_path, ListeningBus()) as port:

        def call() -> bool:
            with sender(port, SECONDARY_CAPTURE, calling=calling) as association:
                return bool(association.is_established)

        assert await asyncio.to_thread(call) is is_taken


async def test_what_is_not_valid_is_refused_with_its_reason_and_the_next_is_taken(tmp_path: Path) -> None:
    nowhere, other = instance(1), instance(2)
    del nowhere.StudyInstanceUID
    bus = ListeningBus()
    async with listening(tmp_path, bus) as port:
        statuses = await asyncio.to_thread(store, port, nowhere, other)
        await bus.until(1)

    assert [status.Status for status in statuses] == [0xC000, 0x0000]
    assert statuses[0].ErrorComment == "StudyInstanceUID is not a UID (0 characters)"
    assert len(list(tmp_path.glob("archive/**/*.dcm"))) == 1


async def test_a_low_disk_is_out_of_resources(tmp_path: Path) -> None:
    async with listening(tmp_path, ListeningBus(), archive=Archive(reserve_gb=10**9)) as port:
        (status,) = await asyncio.to_thread(store, port, instance())

    assert status.Status == 0xA700
    assert status.ErrorComment == "the disk is below its reserve"


async def test_a_pdu_of_absurd_length_ends_its_connection_and_no_other(tmp_path: Path) -> None:
    async with listening(tmp_path, ListeningBus()) as port:

        def attack() -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFF0) + bytes(1000))
                return connection.recv(1)

        def polite() -> list[Dataset]:
            return store(port, instance())

        assert await asyncio.to_thread(attack) == b""
        assert (await asyncio.to_thread(polite))[0].Status == 0x0000


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"node: cannot listen at 127.0.0.1:{port}: Address already in use"):
            async with listening(tmp_path, ListeningBus(), node=Node(host="127.0.0.1", port=port)):
                pass


async def test_what_is_in_work_at_the_end_is_answered_and_announced(tmp_path: Path) -> None:
    bus = ListeningBus()
    async with listening(tmp_path, bus) as port:
        sending = asyncio.create_task(asyncio.to_thread(_count_stored, port, 500))
        await bus.until(1)

    assert await sending == len({one.sop_instance_uid for one in bus.stored}) < 500


async def test_announcements_wait_for_the_bus(tmp_path: Path) -> None:
    bus = ListeningBus(away_for=1)
    async with listening(tmp_path, bus) as port:
        await asyncio.to_thread(store, port, *map(instance, range(1, 4)))

        assert len(await bus.until(3)) == 3


def _count_stored(port: int, most: int) -> int:
    """How many of `most` instances were answered with success before the association ended.

    Counted as the answers are read from the wire: pynetdicom leaves who waits for one waiting when the peer
    releases the association.
    """
    statuses, is_over = list[int](), threading.Event()

    def answered(event: evt.Event) -> None:
        statuses.append(event.message.command_set.Status)

    def ended(event: evt.Event) -> None:
        if not isinstance(event.pdu, P_DATA_TF | A_ASSOCIATE_AC):
            is_over.set()
            event.assoc.dimse.msg_queue.put((None, None))

    with sender(port, SECONDARY_CAPTURE) as association:
        association.bind(evt.EVT_DIMSE_RECV, answered)
        association.bind(evt.EVT_PDU_RECV, ended)
        association.dimse_timeout = SECONDS
        for number in range(1, most + 1):
            if is_over.is_set():
                break
            try:
                association.send_c_store(with_head(instance(number)))
            except RuntimeError:
                break
    return statuses.count(0x0000)


def _send_file(port: int, path: Path) -> int | None:
    _config.STORE_SEND_CHUNKED_DATASET = True
    try:
        _, read = data_set_bytes(path)
        meta = read.file_meta
        with sender(port, (str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID))) as association:
            return association.send_c_store(path).get("Status")
    finally:
        _config.STORE_SEND_CHUNKED_DATASET = False
