"""`radquarry move` with the example files as they are, and at real PACSs."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pydicom
import pytest
import yaml

from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.moved import US, Ward, files_in, listed, stems, ward_with
from tests.mover.test_real_servers import PEERS, fill
from tests.servers import addresses

DATA = Path(__file__).parents[1] / "standalone" / "data"
SEEDS_PORT, OUR_PORT = 11113, 11112
"""What the example files name."""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


@contextmanager
def ward_of_the_examples() -> Iterator[Ward]:
    """At the ports that the example files name where they are free, else at any."""
    pacs = {"port": SEEDS_PORT if is_free(SEEDS_PORT) else 0, "ae_title": "HOSPITAL"}
    settings = {
        "studies": 400,
        "end_date": date(2023, 12, 31),
        "days": 365,
        "samples": False,
        "pixels": 16,
        "pacs": pacs,
    }
    with Hospital(HospitalSettings.model_validate(settings)) as hospital:
        with ward_with(studies=1) as spare:
            port = OUR_PORT if is_free(OUR_PORT) else spare.port
        hospital.pacs.know(US, "127.0.0.1", port)
        yield Ward(hospital, port)


def example(name: str, ward: Ward, folder: Path) -> Path:
    """The example as it is; a copy with another port only when somebody else has the one it names."""
    copy = folder / name
    shutil.copyfile(DATA / name, copy)
    text = copy.read_text()
    for named, used in ((SEEDS_PORT, ward.hospital.pacs.port), (OUR_PORT, ward.port)):
        if named != used:
            text = text.replace(str(named), str(used))
    copy.write_text(text)
    return copy


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_example_files_run_unchanged(tmp_path: Path) -> None:
    """But for pacsanini's window, which is closed by day: the option that people have is to delete it."""
    with ward_of_the_examples() as ward:
        file = example("pacsanini.yaml", ward, tmp_path)
        files = [example(name, ward, tmp_path) for name in ("pacsnpull-config.json", "pacsnpull-query.json")]
        found = radquarry("find", "-f", file, folder=tmp_path)
        rows = rows_of(tmp_path / "collected" / "resources.csv")[:3]
        listed(tmp_path, rows)
        shutil.move(tmp_path / "resources.csv", tmp_path / "collected" / "resources.csv")
        file.write_text(file.read_text().replace("start_time: 20:00", "start_time: 00:00").replace("08:00", "00:00"))
        moved = radquarry("move", "-f", file, folder=tmp_path)
        pulled = radquarry("move", "--pacsnpull", *files, folder=tmp_path)
        expected = ward.images(*(row["StudyInstanceUID"] for row in rows))

    table = rows_of(tmp_path / "resources_meta.csv")
    statuses = rows_of(tmp_path / "pacsnpull-query-images.status.csv")
    assert found.returncode == 0, found.stderr
    assert moved.returncode == 0, moved.stderr
    assert stems(tmp_path / "collected" / "dicom") == expected
    assert {row["SOPInstanceUID"] for row in table} == expected
    assert {row["Laterality"] for row in table} == {"U"}
    assert pulled.returncode == 0, pulled.stderr
    assert [(row["level"], row["status"]) for row in statuses] == [("STUDY", "complete"), ("PATIENT", "complete")]
    assert sum(int(row["received"]) for row in statuses) == len(stems(tmp_path / "pacsnpull-query-images"))


@pytest.mark.servers
@pytest.mark.parametrize("server", PEERS)
@pytest.mark.parametrize("level", ["STUDY", "PATIENT"])
def test_a_real_pacs_sends_everything(server: str, level: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = PEERS[server]()
    study, instances = fill(peer)
    listed(tmp_path, [{"StudyInstanceUID": study, "PatientID": study[-12:]}])
    with addresses.spare_destination() as destination:
        keys = {
            "move": {"query_level": level},
            "net": {
                "local_node": {"aetitle": destination.ae_title, "port": destination.port},
                "called_node": {"aetitle": peer.ae_title, "ip": peer.host, "port": peer.port},
            },
            "storage": {"resources": "resources.csv", "directory": "dicom"},
        }
        (tmp_path / "pacsanini.yaml").write_text(yaml.safe_dump(keys))
        done = radquarry("move", "-f", "pacsanini.yaml", folder=tmp_path)

    files = files_in(tmp_path / "dicom")
    assert done.returncode == 0, done.stderr
    assert sorted(path.stem for path in files) == sorted(instances)
    assert {pydicom.dcmread(path).PatientID for path in files} == {path.parts[-4] for path in files}
