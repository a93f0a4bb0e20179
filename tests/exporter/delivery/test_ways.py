"""What every way of delivering promises, run on each: whole, once, and told file by file."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pyzipper

from radquarry.configuration.sections import Destination
from radquarry.dicom.commitment import Answers
from radquarry.exporter.delivery.ledger import Expected
from radquarry.exporter.delivery.staging import staged
from radquarry.exporter.ways.choosing import opened_ways, way_to
from radquarry.exporter.ways.committing import Committing
from radquarry.exporter.ways.port import Answer, Shipment, Staged, Way
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.nodes import node, web
from tests.exporter.delivery.orthanc import orthanc
from tests.exporter.delivery.stow import response

KINDS = ("directory", "zip", "node", "orthanc", "web", "orthanc-web")
SHIPMENT = UUID(int=7)


@dataclass
class Place:
    """A way, and what can be asked of its destination: the instances that arrived."""

    way: Way
    arrived: Any


def files_of(folder: Path, count: int = 3) -> list[Staged]:
    study = archived(folder, count=count)
    return [staged(Expected(study.uid, study.series, uid), path) for uid, path in study.files.items()]


async def nothing(_leaving: object) -> None:
    return None


async def deliver(way: Way, files: list[Staged], parcel: int = 1, delivery_id: UUID = SHIPMENT) -> list[Answer]:
    shipment = Shipment(delivery_id, parcel, nothing, str(uuid4()))
    return [answer async for answer in way.deliver(shipment, files)]


def opened(kind: str, folder: Path, stack: ExitStack) -> Place:
    """One way to a real destination."""
    out = folder / "out"
    committing = Committing(Answers(), 1, is_listening=False)
    match kind:
        case "directory":
            way = way_to("out", Destination(kind="directory", path=out), "RADQUARRY", committing)
            return Place(way, lambda: {path.stem for path in out.rglob("*.dcm")})
        case "zip":
            there = Destination(kind="directory", path=out, zip=True, password="Kn0ck knock")
            return Place(way_to("out", there, "RADQUARRY", committing), lambda: in_zips(out))
        case "node":
            it = stack.enter_context(node())
            there = Destination(kind="dicom", ae_title="NODE", host="127.0.0.1", port=it.port)
            return Place(way_to("out", there, "RADQUARRY", committing), lambda: set(it.got))
        case "orthanc":
            real = stack.enter_context(orthanc(folder))
            there = Destination(kind="dicom", ae_title="ORTHANC", host="127.0.0.1", port=real.dicom_port)
            return Place(way_to("out", there, "RADQUARRY", committing), real.instances)
        case "web":
            service = stack.enter_context(web())
            service.tell = lambda uids: (200, {}, response(uids))
            there = Destination(kind="dicomweb", url=service.url, token="secret")
            return Place(way_to("out", there, "RADQUARRY", committing), lambda: set(service.got))
    real = stack.enter_context(orthanc(folder, dicomweb=True))
    there = Destination(kind="dicomweb", url=f"{real.url}/dicom-web", user="radquarry", password="radquarry")
    return Place(way_to("out", there, "RADQUARRY", committing), real.instances)


def in_zips(folder: Path) -> set[str]:
    found: set[str] = set()
    for path in folder.glob("*.zip"):
        with pyzipper.AESZipFile(path) as archive:
            archive.setpassword(b"Kn0ck knock")
            assert archive.testzip() is None
            found |= {Path(name).stem for name in archive.namelist()}
    return found


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        yield opened(request.param, tmp_path, stack)


async def test_every_file_arrives_and_is_answered_for_once(place: Place, tmp_path: Path) -> None:
    files = files_of(tmp_path)

    answers = await deliver(place.way, files)

    assert [(answer.file, answer.state) for answer in answers] == [(file, "delivered") for file in files]
    assert place.arrived() == {file.sop_instance_uid for file in files}
    assert all(answer.left_as for answer in answers)


async def test_delivering_again_is_delivering_once(place: Place, tmp_path: Path) -> None:
    files = files_of(tmp_path)
    await deliver(place.way, files)

    answers = await deliver(place.way, files)

    assert {answer.state for answer in answers} == {"delivered"}
    assert place.arrived() == {file.sop_instance_uid for file in files}


async def test_what_is_no_dicom_file_does_not_hold_up_the_others(place: Place, tmp_path: Path) -> None:
    if place.way.takes_papers:
        pytest.skip("a folder takes what it is given")
    files = files_of(tmp_path)
    files[1].path.write_bytes(b"damaged")

    answers = await deliver(place.way, files)

    assert {answer.file.sop_instance_uid: answer.state for answer in answers} == {
        file.sop_instance_uid: "failed" if file is files[1] else "delivered" for file in files
    }


async def test_a_later_parcel_leaves_the_earlier_one_alone(tmp_path: Path) -> None:
    way = opened("zip", tmp_path, ExitStack()).way
    first, second = files_of(tmp_path, 2), files_of(tmp_path, 3)[2:]
    await deliver(way, first)

    await deliver(way, second, parcel=2)

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{SHIPMENT}-2.zip", f"{SHIPMENT}.zip"]
    assert in_zips(tmp_path / "out") == {file.sop_instance_uid for file in (*first, *second)}


async def test_nobody_reads_a_zip_without_its_password(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    await deliver(opened("zip", tmp_path, ExitStack()).way, files)

    with pyzipper.AESZipFile(tmp_path / "out" / f"{SHIPMENT}.zip") as archive:
        assert all(entry.flag_bits & 1 for entry in archive.infolist())
        with pytest.raises(RuntimeError):
            archive.read(archive.namelist()[0])


async def test_no_half_archive_is_left_when_a_delivery_is_ended(tmp_path: Path) -> None:
    way = opened("zip", tmp_path, ExitStack()).way
    files = [*files_of(tmp_path), Staged("1", "2", "3", tmp_path / "not there", 1, "")]

    with pytest.raises(Exception, match="the destination cannot be written"):
        await deliver(way, files, delivery_id=uuid4())

    assert [*(tmp_path / "out").iterdir()] == []


def test_destinations_of_every_kind_open_together(tmp_path: Path) -> None:
    destinations = {
        "out": Destination(kind="directory", path=tmp_path),
        "packed": Destination(kind="directory", path=tmp_path, zip=True),
        "node": Destination(kind="dicom", ae_title="N", host="h", port=1, storage_commitment=True, commitment_port=0),
        "web": Destination(kind="dicomweb", url="http://127.0.0.1/x"),
    }
    with opened_ways(destinations, "RADQUARRY") as ways:
        assert {name: way.whole for name, way in ways.items()} == {
            "out": False,
            "packed": True,
            "node": False,
            "web": False,
        }
