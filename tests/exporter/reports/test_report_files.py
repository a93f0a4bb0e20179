"""Texts and tables of reports beside images leave with the images' pseudonyms, or are held back with the reason."""

import csv
import json
from pathlib import Path

import pytest

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import Pseudonyms, project_key
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.report_run import clean_reports, with_reports
from radquarry.exporter.runs.sources import sources_in
from radquarry.exporter.runs.workplace import UNCHECKED, Order
from tests.exporter.cleaning import PROJECT, SECRET, ct, written

KEY = project_key(SECRET, PROJECT)
PSEUDONYMS = Pseudonyms(KEY)
TEXT = "CT vom 12.03.2023. Frau Josefine Quarrymann, PID4711234. Keine Embolie. gez. Dr. Keller"


def run(folder: Path, profile: Profile | None = None) -> list[Outcome]:
    (folder / "out" / UNCHECKED).mkdir(parents=True)
    order = Order(folder / "out", profile or Profile(), KEY)
    images, reports = with_reports(list(sources_in([folder / "in"], folder / "out")))
    return [outcome for _, outcome in clean_reports(order, reports, images)]


def beside(folder: Path, name: str, content: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / "image.dcm").write_bytes(written(ct()))
    (folder / "in" / name).write_text(content, encoding="utf-8", newline="")


def left(folder: Path, outcome: Outcome) -> str:
    assert outcome.state == "released", outcome
    return (folder / "out" / outcome.path).read_text("utf-8")


@pytest.mark.parametrize("name", [f"{ct().StudyInstanceUID}.txt", "ACC998877.txt", "PID4711234.TXT"])
def test_a_text_is_told_by_its_study_its_accession_number_or_its_patient(name: str, tmp_path: Path) -> None:
    beside(tmp_path, name, TEXT)

    (outcome,) = run(tmp_path)

    text = left(tmp_path, outcome)
    patient = PSEUDONYMS.patient_id("PID4711234")
    assert outcome.path.startswith(f"{patient}/report-")
    assert f"Frau [NAME], {patient}. Keine Embolie. gez. Dr. [NAME]" in text
    assert "12.03.2023" not in text


def test_a_text_of_nobodys_is_passed_over(tmp_path: Path) -> None:
    beside(tmp_path, "notes.txt", TEXT)

    assert [outcome.state for outcome in run(tmp_path)] == ["passed over"]


def test_a_table_as_the_search_exports_it_keeps_its_keys_as_pseudonyms(tmp_path: Path) -> None:
    study = ct().StudyInstanceUID
    heading = "study_instance_uid,accession_number,study_date,patient_id,patient_name,institution_name,report"
    cells = f'{study},ACC998877,2023-03-12,PID4711234,Quarrymann^Josefine,Spital,"{TEXT}\nZweite Zeile"'
    table = f"{heading}\r\n{cells}\r\n"
    beside(tmp_path, "studies.csv", "\ufeff" + table)

    (outcome,) = run(tmp_path)

    (row,) = csv.DictReader(left(tmp_path, outcome).splitlines(keepends=True))
    assert list(row) == ["patient_id", "study_instance_uid", "accession_number", "study_date", "report"]
    assert row["patient_id"] == PSEUDONYMS.patient_id("PID4711234")
    assert (row["study_instance_uid"], row["accession_number"]) == (
        PSEUDONYMS.uid(study),
        PSEUDONYMS.accession_number("ACC998877"),
    )
    assert row["study_date"] not in ("", "2023-03-12")
    assert row["report"].endswith("[NAME]\nZweite Zeile")


def test_a_row_that_says_who_it_is_needs_no_image(tmp_path: Path) -> None:
    row = {"patient_id": "77001", "patient_name": "Wu^Li", "accession_number": "B1234", "study_instance_uid": "1.2.9",
           "report": {"text": "Li Wu: o. B. Order B1234", "language": "de"}}  # fmt: skip
    beside(tmp_path, "studies.jsonl", json.dumps(row) + "\n")

    (outcome,) = run(tmp_path)

    done = json.loads(left(tmp_path, outcome))
    assert done["report"] == f"[NAME]: o. B. Order {PSEUDONYMS.accession_number('B1234')}"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "patient_id,report\r\n999999,Text\r\n", "in 1 of 1 rows"),
        ("a.csv", "patient_id,report\r\nPID4711234,Text,more\r\n", "no table"),
        ("a.jsonl", '{"patient_id": "PID4711234", "report": "x"}\n{', "no table"),
        ("a.csv", "patient_id,accession_number,report\r\n999999,ACC998877,Text\r\n", "it cannot be told"),
    ],
)
def test_what_cannot_be_told_or_read_is_held_back(name: str, content: str, reason: str, tmp_path: Path) -> None:
    beside(tmp_path, name, content)

    (outcome,) = run(tmp_path)

    assert outcome.state == "held back"
    assert reason in outcome.reason


def test_the_release_check_holds_back_what_the_cleaner_missed(tmp_path: Path) -> None:
    beside(tmp_path, "ACC998877.txt", "Patientin Quarry%6Dann")

    (outcome,) = run(tmp_path)

    assert (outcome.state, outcome.reason) == ("held back", "the release check found what should not leave")
    assert not list((tmp_path / "out").rglob("report-*"))


def test_a_cell_that_would_be_a_formula_is_none(tmp_path: Path) -> None:
    beside(tmp_path, "a.csv", "patient_id,report\r\nPID4711234,'=1+1\r\nPID4711234,=cmd()\r\n")

    (outcome,) = run(tmp_path)

    assert [row["report"] for row in csv.DictReader(left(tmp_path, outcome).splitlines())] == ["'=1+1", "'=cmd()"]


def test_dates_of_a_table_go_where_the_profile_keeps_none(tmp_path: Path) -> None:
    beside(tmp_path, "a.csv", "patient_id,study_date,report\r\nPID4711234,2023-03-12,am 12.03.2023\r\n")

    (outcome,) = run(tmp_path, Profile(options=()))

    (row,) = csv.DictReader(left(tmp_path, outcome).splitlines())
    assert (row["study_date"], row["report"]) == ("", "am [DATE]")


@pytest.mark.parametrize("line", ["5", "null", "[" * 100_000, '"report study_instance_uid"'])
def test_a_table_that_is_none_does_not_end_the_run(line: str, tmp_path: Path) -> None:
    beside(tmp_path, "odd.jsonl", line)

    assert run(tmp_path) == []
