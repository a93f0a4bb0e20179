"""`radquarry move` with our own configuration: into the archive or a folder, within the limits of the PACS."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from radquarry.bus.opening import open_bus
from radquarry.dicom.load import StateLoad
from radquarry.messages import InstancesStored, LoadLimits
from radquarry.state.store import open_state
from tests.journeys.command_line import radquarry
from tests.journeys.moved import DAY, Ward, files_in, ours, stems
from tests.journeys.running import Process, eventually


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
