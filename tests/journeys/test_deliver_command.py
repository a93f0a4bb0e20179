"""`radquarry deliver` as a user types it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.exporter.cleaning import SECRET
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.nodes import node, web
from tests.exporter.delivery.orthanc import orthanc
from tests.exporter.delivery.stow import response
from tests.exporter.running import files, series
from tests.journeys.running import free_port

UIDS = {f"1.2.3.{number}" for number in (1, 2, 3)}


def configured(folder: Path, **destinations: Any) -> None:
    (folder / "radquarry.yaml").write_text(
        yaml.safe_dump({"data_dir": "data", "archive": {"reserve_gb": 0}, "destinations": destinations})
    )


def deliver(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RADQUARRY_PSEUDONYM_KEY": SECRET.decode()}
    command = [sys.executable, "-m", "radquarry.standalone", "deliver", *arguments, "-c", "radquarry.yaml"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=110, check=False
    )


def test_a_folder_is_delivered_deidentified_into_a_folder(tmp_path: Path) -> None:
    series(tmp_path / "in")
    configured(tmp_path, research={"kind": "directory", "path": "out", "identified": False})

    done = deliver(tmp_path, "in", "--to", "research", "--project", "lungs")

    said = "3 files: 3 delivered, 0 delivered before, 0 passed over, 0 not delivered"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, said)
    left = files(tmp_path / "out")
    assert len([path for path in left if path.endswith(".dcm")]) == 3
    assert len([path for path in left if path.endswith("release-report.json")]) == 1
    assert not any("PID4711234" in path for path in left)
    assert files(tmp_path / "data" / "exporter" / "staging") == []

    again = deliver(tmp_path, "in", "--to", "research", "--project", "lungs")
    assert (again.returncode, again.stderr.splitlines()[-1]) == (0, said)
    assert files(tmp_path / "out") == left


def test_files_of_an_archive_arrive_as_they_are_at_a_real_orthanc(tmp_path: Path) -> None:
    series(tmp_path / "in")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in (tmp_path / "in").iterdir():
            archive.write(path, path.name)
    with orthanc(tmp_path) as real:
        there = {"kind": "dicom", "ae_title": "ORTHANC", "host": "127.0.0.1", "port": real.dicom_port}
        configured(tmp_path, pacs=there)
        done = deliver(tmp_path, "in.zip", "--to", "pacs", "--identified")
        arrived = real.instances()

    assert done.returncode == 0, done.stderr
    assert arrived == UIDS


def test_repeated_it_sends_to_a_node_only_what_is_not_there(tmp_path: Path) -> None:
    series(tmp_path / "in")
    with node() as it:
        it.answer = lambda number, uid: 0xC000 if uid == "1.2.3.2" else 0
        configured(tmp_path, pacs={"kind": "dicom", "ae_title": "NODE", "host": "127.0.0.1", "port": it.port})
        first = deliver(tmp_path, "in", "--to", "pacs", "--identified")
        it.answer = lambda number, uid: 0
        second = deliver(tmp_path, "in", "--to", "pacs", "--identified")
        third = deliver(tmp_path, "in", "--to", "pacs", "--identified", "--again")

    assert first.returncode == 1
    assert "not delivered: in/Quarrymann 2.dcm: the destination says: it cannot be understood there" in first.stderr
    assert second.returncode == 0
    assert second.stderr.splitlines()[-1].startswith("3 files: 1 delivered, 2 delivered before")
    assert third.returncode == 0
    assert len(it.got) == 3 + 1 + 3


def test_a_service_that_is_not_there_ends_with_1_and_the_reason(tmp_path: Path) -> None:
    series(tmp_path / "in", 1)
    configured(tmp_path, archive={"kind": "dicomweb", "url": f"http://127.0.0.1:{free_port()}/dicom-web"})

    done = deliver(tmp_path, "in", "--to", "archive", "--identified")

    assert done.returncode == 1
    assert "not delivered: in/Quarrymann 1.dcm: STOW-RS: ConnectError" in done.stderr


def test_a_web_service_takes_them(tmp_path: Path) -> None:
    archived(tmp_path)
    with web() as service:
        service.tell = lambda uids: (200, {}, response(uids))
        configured(tmp_path, archive={"kind": "dicomweb", "url": service.url})
        done = deliver(tmp_path, "archive", "--to", "archive", "--identified")

    assert done.returncode == 0, done.stderr
    assert len(service.got) == 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("in", "--to", "nowhere", "--identified"), "no destination is named nowhere; known: research"),
        (("in", "--to", "research", "--identified"), "research takes no identified images"),
        (("in", "--to", "research"), "say how: --project NAME (de-identified), or --identified (as they are)"),
        (("in", "--to", "research", "--project", "a", "--profile", "x"), "no profile of de-identification is named x"),
        (("away", "--to", "research", "--project", "a"), "away: is not there"),
        ((".", "--to", "research", "--project", "a"), "the destination lies in it"),
    ],
)
def test_a_wrong_order_is_refused_before_anything_is_done(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    series(tmp_path / "in", 1)
    configured(tmp_path, research={"kind": "directory", "path": "out", "identified": False})

    done = deliver(tmp_path, *arguments)

    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (tmp_path / "out").exists()
