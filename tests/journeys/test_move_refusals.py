"""What `radquarry move` says when it cannot move, and what it never says."""

import socket
from pathlib import Path

import pydicom
import pytest

from tests.journeys.command_line import radquarry
from tests.journeys.moved import TAGS, Ward, by_uid, files_in, listed, pacsanini
from tests.journeys.running import free_port


def test_nothing_of_a_patient_is_on_the_screen(ward: Ward, tmp_path: Path) -> None:
    studies = ward.rich(2)
    rows = [{"PatientID": ward.patient_id(study)} for study in studies]
    listed(tmp_path, [*rows, {"PatientID": "NOBODY^KNOWN"}, {"PatientID": "41*"}])
    ward.hospital.faults.switch({"pacs": {"lost_instances": 1, "lost_asks": 1000}})
    file = pacsanini(tmp_path, ward, move={"query_level": "PATIENT"}, tags=TAGS)

    done = radquarry("move", "-f", file, "--wait", "0", folder=tmp_path)

    said = done.stdout + done.stderr
    names = {str(pydicom.dcmread(path).PatientName) for path in files_in(tmp_path / "dicom")}
    assert done.returncode == 1
    assert "patient 3 of the list: has no studies in this PACS" in said
    assert "patient 4 of the list: has an id that stands for several patients" in said
    assert names
    assert [text for text in {*names, "NOBODY", *map(ward.patient_id, studies)} if text in said] == []


def test_a_pacs_that_is_off_is_named(tmp_path: Path, ward: Ward) -> None:
    by_uid(tmp_path, ward.studies(1))
    port = free_port()
    node = {"aetitle": "HOSPITAL", "ip": "127.0.0.1", "port": port}

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, net={"called_node": node}), folder=tmp_path)

    assert done.returncode == 1
    assert f"HOSPITAL does not answer at 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_somebody_else_has_is_named(tmp_path: Path, ward: Ward) -> None:
    by_uid(tmp_path, ward.studies(1))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("0.0.0.0", ward.port))
        other.listen()
        done = radquarry("move", "-f", pacsanini(tmp_path, ward), folder=tmp_path)

    assert done.returncode == 1
    assert f"node: cannot listen at 0.0.0.0:{ward.port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"net": {"local_node": {"aetitle": "RADQUARRY"}}}, "needs a port: that is where images arrive"),
        ({"storage": {"resources": "gone.csv"}}, "gone.csv: there is no such list; radquarry find makes one"),
        ({"move": {"query_level": "PATIENT"}}, "has no column PatientID"),
        ({"storage": {"resources": "oracle://me:secret@x/y"}}, "oracle://…x/y: a database is sqlite"),
        ({"storage": {"resources_meta": "sqlite:///x.db"}, "tags": TAGS}, "name a CSV for the tags"),
        ({"storage": {"resources_meta": "x.xls"}, "tags": TAGS}, "a table is written as .csv or .jsonl"),
        ({"tags": [{"tag_name": "PatientName", "callback": "os:system"}]}, "nothing is imported from a configuration"),
    ],
)
def test_a_wrong_file_is_refused_before_a_pacs_is_asked(
    ward: Ward, tmp_path: Path, sections: dict[str, dict[str, object]], words: str
) -> None:
    by_uid(tmp_path, ward.studies(1))

    done = radquarry("move", "-f", pacsanini(tmp_path, ward, **sections), folder=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
    assert "secret" not in done.stderr
    assert ward.hospital.traffic.entries() == []
