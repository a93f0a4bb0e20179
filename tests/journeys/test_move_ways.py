"""`radquarry move` with pacs n pull's files, with our own configuration, with the examples, and at real PACSs."""

import asyncio
import json
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pydicom
import pytest
import yaml

from radquarry.bus.opening import open_bus
from radquarry.dicom.load import StateLoad
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from radquarry.messages import InstancesStored, LoadLimits
from radquarry.state.store import open_state
from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.moved import DAY, US, Ward, files_in, listed, ward_with
from tests.journeys.running import Process, eventually
from tests.mover.test_real_servers import PEERS, fill
from tests.servers import addresses

DATA = Path(__file__).parents[1] / "standalone" / "data"
SEEDS_PORT, OUR_PORT = 11113, 11112
"""What the example files name."""


def pacsnpull(folder: Path, ward: Ward, queries: list[dict[str, Any]], **changes: Any) -> tuple[Path, Path]:
    config, asked = folder / "config.json", folder / "query.json"
    keys = {"host_ip": "127.0.0.1", "host_port": ward.hospital.pacs.port, "client_name": US, "client_port": ward.port}
    config.write_text(json.dumps({**keys, "query_model": "S", "query_break_count": 10, **changes}))
    asked.write_text(json.dumps(queries))
    return config, asked


def ours(folder: Path, ward: Ward, **load: Any) -> Path:
    file = folder / "radquarry.yaml"
    pacs = {"ae_title": "HOSPITAL", "host": "127.0.0.1", "port": ward.hospital.pacs.port, "load": load}
    keys = {"data_dir": str(folder / "data"), "node": {"ae_title": US, "host": "127.0.0.1", "port": ward.port}}
    file.write_text(yaml.safe_dump({**keys, "pacs": {"main": pacs}, "archive": {"reserve_gb": 0.1}}))
    return file


def stems(folder: Path) -> set[str]:
    return {file.stem for file in files_in(folder)}


def test_what_the_queries_of_pacs_n_pull_answer_is_fetched(ward: Ward, tmp_path: Path) -> None:
    study, other = ward.rich(2)
    patient = ward.patient_id(other)
    theirs = [uid for uid in ward.studies(100) if ward.patient_id(uid) == patient]
    queries = [
        {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study, "PatientName": "*"},
        {"QueryRetrieveLevel": "PATIENT", "PatientID": patient, "PatientName": ""},
        {"QueryRetrieveLevel": "STUDY", "PatientName": "*"},
    ]

    done = radquarry("move", "--pacsnpull", *pacsnpull(tmp_path, ward, queries), folder=tmp_path)

    statuses = rows_of(tmp_path / "query-images.status.csv")
    assert done.returncode == 1
    assert "query 3: " in done.stderr
    assert stems(tmp_path / "query-images") == ward.images(study, *theirs)
    assert [row["status"] for row in statuses] == ["complete", "complete", "incomplete"]
    assert [int(row["received"]) for row in statuses] == [len(ward.images(study)), len(ward.images(*theirs)), 0]
    assert patient not in done.stderr


def test_a_pause_is_made_after_every_few_queries(ward: Ward, tmp_path: Path) -> None:
    queries = [{"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": uid} for uid in ward.studies(4)]
    files = pacsnpull(tmp_path, ward, queries, query_break_count=2)

    done = radquarry("move", "--pacsnpull", *files, "--pause", "3", "-o", "out", folder=tmp_path)

    starts = [entry.at for entry in ward.hospital.traffic.entries("c-find")][:4]
    assert done.returncode == 0, done.stderr
    assert starts[2] - starts[1] >= 3
    assert stems(tmp_path / "out") == ward.images(*ward.studies(4))


@pytest.mark.parametrize(
    ("query", "changes", "words"),
    [
        ({"QueryRetrieveLevel": "FRAME", "StudyInstanceUID": "1.2"}, {}, "one of STUDY, PATIENT, SERIES, IMAGE"),
        ({"QueryRetrieveLevel": "STUDY"}, {"client_port": 0}, "a move needs client_port"),
    ],
)
def test_what_cannot_be_moved_so_is_refused(
    ward: Ward, tmp_path: Path, query: dict[str, str], changes: dict[str, int], words: str
) -> None:
    files = pacsnpull(tmp_path, ward, [query], **changes)

    done = radquarry("move", "--pacsnpull", *files, folder=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr


def test_studies_of_our_own_configuration_come_into_the_archive(ward: Ward, tmp_path: Path) -> None:
    """And the installation's mover hears of them when it runs next."""
    studies = ward.rich(2)

    done = radquarry("move", "-c", ours(tmp_path, ward), *studies, folder=tmp_path)
    heard = asyncio.run(announced(tmp_path / "data" / "bus.db", len(ward.images(*studies))))

    archive = tmp_path / "data" / "archive"
    assert done.returncode == 0, done.stderr
    assert stems(archive) == ward.images(*studies)
    assert {path.name for path in archive.iterdir()} == set(studies)
    assert {uid: size for uid, (size, _) in heard.items()} == {
        path.stem: path.stat().st_size for path in files_in(archive)
    }
    assert all(len(digest) == 64 for _, digest in heard.values())


async def announced(bus_file: Path, count: int) -> dict[str, tuple[int, str]]:
    """What waits on the bus for the mover."""
    heard: dict[str, tuple[int, str]] = {}
    is_all = asyncio.Event()

    async def hear(event: InstancesStored) -> None:
        heard.update((one.sop_instance_uid, (one.bytes, one.sha256)) for one in event.instances)
        if len(heard) >= count:
            is_all.set()

    async with open_bus(f"sqlite:///{bus_file}") as bus:
        await bus.subscribe("mover", InstancesStored, hear)
        consuming = asyncio.create_task(bus.consume())
        async with asyncio.timeout(30):
            await is_all.wait()
        consuming.cancel()
        await asyncio.wait({consuming})
    return heard


def test_days_of_our_own_configuration_come_into_a_folder(ward: Ward, tmp_path: Path) -> None:
    wanted = [uid for uid in ward.studies(100) if ward.hospital.truth.study(uid).modality == "DX"]
    what = ("--from", DAY, "--modality", "dx", "-o", "out", "--sort-by", "image")

    done = radquarry("move", "-c", ours(tmp_path, ward), *what, folder=tmp_path)

    assert wanted
    assert done.returncode == 0, done.stderr
    assert stems(tmp_path / "out") == ward.images(*wanted)
    assert all(path.parent == tmp_path / "out" for path in files_in(tmp_path / "out"))


async def stop(folder: Path) -> None:
    """As the administrator's page does."""
    async with open_state(f"sqlite:///{folder}/data/state.db") as state:
        await (await StateLoad.open(state, {"main": LoadLimits()})).stop("main", "the administrator")


def test_the_stop_button_holds_before_a_move(ward: Ward, tmp_path: Path) -> None:
    file = ours(tmp_path, ward)
    (tmp_path / "data").mkdir()
    asyncio.run(stop(tmp_path))

    done = radquarry("move", "-c", file, *ward.studies(1), folder=tmp_path)

    assert done.returncode == 1
    assert "traffic to main is stopped" in done.stderr
    assert ward.hospital.traffic.entries() == []


def test_the_stop_button_ends_a_move_within_five_seconds(ward: Ward, tmp_path: Path) -> None:
    study = ward.rich(1, least=40)[0]
    ward.hospital.faults.switch({"pacs": {"store_delay_ms": 500}})
    command = [sys.executable, "-m", "radquarry.standalone", "move", "-c", str(ours(tmp_path, ward)), study]
    with Process(command, tmp_path / "log") as process:
        eventually(lambda: ward.sent()[1:] or None, 90, "images come")
        asyncio.run(stop(tmp_path))
        stopped = time.time()
        code = process._process.wait(60)

    last = max(entry.at for entry in ward.hospital.traffic.entries("c-store"))
    assert code == 1
    assert "traffic to main is stopped" in (tmp_path / "log").read_text()
    assert last - stopped < 5
    assert 0 < len(ward.sent()) < len(ward.images(study))
    assert stems(tmp_path / "data" / "archive") >= set(ward.sent()[:-2])


def test_the_budget_of_an_installation_is_kept(ward: Ward, tmp_path: Path) -> None:
    """One study an hour: the second one is not begun."""
    studies = ward.studies(2)
    file, log = ours(tmp_path, ward, studies_per_hour=1), tmp_path / "log"
    with Process([sys.executable, "-m", "radquarry.standalone", "move", "-c", str(file), *studies], log) as process:
        archive = tmp_path / "data" / "archive"
        eventually(lambda: list(archive.glob("[0-9]*")) or None, 90, "the first study has come")
        with pytest.raises(TimeoutError):
            ward.hospital.traffic.wait_for(lambda traffic: len(traffic.entries("c-move")) > 1, 4)
        assert process.stop() == 143

    assert [path.name for path in archive.glob("[0-9]*")] == studies[:1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say what to move, in one way"),
        (("-f", "radquarry.yaml"), "is of radquarry, not of pacsanini; use it with -c"),
        (("-f", "x.yaml", "--pacs", "main"), "belong together; the file says it all"),
        (("1.2.3", "--from", "2024-01-01"), "name studies, or days with --from, not both"),
        (("Müller",), "1 of the arguments are no Study Instance UIDs"),
        (("--from", "2023-02-30"), "--from is no day of the calendar"),
        (("1.2.3", "--sort-by", "PATIENT"), "--sort-by needs a folder"),
        (("1.2.3", "-o", "x", "--sort-by", "SERIES"), "--sort-by is one of PATIENT, STUDY, IMAGE"),
        (("1.2.3", "--pacs", "mian"), "no PACS is named mian; known: main"),
    ],
)
def test_what_is_typed_wrongly_is_refused_before_a_pacs_is_asked(
    ward: Ward, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ours(tmp_path, ward)

    done = radquarry("move", *arguments, folder=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Müller" not in done.stderr
    assert ward.hospital.traffic.entries() == []


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
