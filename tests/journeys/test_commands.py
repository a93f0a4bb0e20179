"""The `radquarry` command as a user types it."""

import subprocess
import sys
from pathlib import Path

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from radquarry.dicom.connection import tended
from radquarry.index.document import ReportPart, StudyPart
from radquarry.index.opening import open_index
from radquarry.messages import Report, Study
from tests.configuration.test_file import DESIGNED
from tests.journeys.command_line import radquarry

NOON = "2024-05-17T12:00:00Z"


def test_the_designed_configuration_is_right(tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text(DESIGNED)

    done = radquarry("config", "check", "radquarry.yaml", folder=tmp_path)

    assert (done.returncode, done.stdout) == (0, "radquarry.yaml: right (1 PACS, 1 RIS)\n")


@pytest.mark.parametrize("command", [("config", "check", "radquarry.yaml"), ("serve",), ("echo",), ("search", "x")])
def test_every_command_names_the_fault_of_a_configuration(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text("api:\n  prot: 1\n")

    done = radquarry(*command, folder=tmp_path)

    assert done.returncode == 2
    assert "radquarry.yaml:2: unknown key 'api.prot'; did you mean 'port'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_single_part_refuses_a_wrong_configuration_too(tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text("pacs:\n  main: {ae_title: A, host: h}\n")
    command = [sys.executable, "-m", "radquarry.finder", "-c", "radquarry.yaml"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (2, "radquarry.yaml:2: pacs.main.port: Field required\n")


def test_beyond_loopback_it_refuses_to_start_without_authentication(tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text("api: {host: 0.0.0.0, port: 0}\nnode: {host: 127.0.0.1, port: 0}\n")

    done = radquarry("serve", folder=tmp_path)

    assert done.returncode == 2
    assert "api.authentication" in done.stderr
    assert "Traceback" not in done.stderr


def test_echo_says_who_answers_and_who_does_not(tmp_path: Path) -> None:
    entity = AE(ae_title="PACS")
    entity.add_supported_context(Verification)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=tended())
    try:
        port = server.socket.getsockname()[1]
        (tmp_path / "radquarry.yaml").write_text(
            "pacs:\n"
            f"  near: {{ae_title: PACS, host: 127.0.0.1, port: {port}}}\n"
            "  gone: {ae_title: PACS, host: 127.0.0.1, port: 1}\n"
        )
        both = radquarry("echo", folder=tmp_path)
        one = radquarry("echo", "near", folder=tmp_path)
    finally:
        server.shutdown()

    assert both.returncode == 1
    assert "gone: does not answer gone does not answer at 127.0.0.1:1" in both.stdout
    assert "near: answers" in both.stdout
    assert one.returncode == 0


def test_echo_names_the_pacs_it_knows(tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text(DESIGNED)

    done = radquarry("echo", "mian", folder=tmp_path)

    assert (done.returncode, done.stderr) == (2, "no PACS is named mian; known: main\n")


async def test_search_prints_hits_and_steers_no_terminal(tmp_path: Path) -> None:
    async with open_index(f"tantivy:///{tmp_path}/radquarry-data/index") as index:
        study = Study(
            study_instance_uid="1.2.3", study_description="Thorax \x1b[2J[bold]ap[/]", modalities_in_study=("CR",)
        )
        report = Report(report_id="r", text="Grosser Pneumothorax links.", issued=NOON)
        await index.merge(
            [
                StudyPart(pacs="main", study=study, answered_at=NOON),
                ReportPart(study_instance_uid="1.2.3", ris="main", report=report),
            ]
        )
        (tmp_path / "radquarry.yaml").write_text("")

        done = radquarry("search", "pneumothorax", folder=tmp_path)
        lines = radquarry("search", "pneumothorax", "--json", folder=tmp_path)
        wrong = radquarry("search", "report:(", folder=tmp_path)

    assert done.returncode == 0
    assert "1 studies, 1 shown" in done.stdout
    assert "Pneumothorax" in done.stdout
    assert "\x1b" not in done.stdout
    assert "[bold]" in done.stdout
    assert '"study_instance_uid":"1.2.3"' in lines.stdout
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr


def test_search_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "radquarry.yaml").write_text("")

    done = radquarry("search", "x", folder=tmp_path)

    assert (done.returncode, done.stderr) == (1, "there is no index here yet: start a crawl first\n")


def test_the_schema_of_the_configuration_is_exported(tmp_path: Path) -> None:
    done = radquarry("config", "schema", folder=tmp_path)

    assert '"find_limit"' in done.stdout


def test_a_password_becomes_a_line_that_does_not_hold_it(tmp_path: Path) -> None:
    done = radquarry("password", "ada", folder=tmp_path, given="correct horse\n")
    short = radquarry("password", "ada", folder=tmp_path, given="short\n")

    assert done.stdout.startswith("ada:")
    assert "correct horse" not in done.stdout
    assert short.returncode == 2
