"""Reports beside images: into folders and archives, cleaned where the images are; elsewhere it is said why not."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

from radquarry.configuration.sections import Destination
from radquarry.index.document import Document
from radquarry.messages import Report, Study
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.nodes import node
from tests.exporter.delivery.rig import DEIDENTIFY, desk


def document(uid: str, text: str = "No nodule.", patient_id: str = "=cmd") -> Document:
    study = Study(
        study_instance_uid=uid, patient_id=patient_id, patient_name="Quarry^Jo", patient_birth_date=date(1950, 1, 2)
    )
    report = Report(report_id="r1", text=text, issued=datetime(2025, 1, 2, tzinfo=UTC))
    return Document(study_instance_uid=uid, study=study, report=report)


async def test_a_folder_gets_the_reports_of_its_studies(tmp_path: Path) -> None:
    first, second, other = (archived(tmp_path, number, count=1) for number in (1, 2, 3))
    documents = [document(first.uid), document(second.uid, "Ein Rundherd.\n"), document("1.2.3")]
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations, documents=documents) as it:
        await it.retrieved(first, second, other)
        delivery_id = await it.order(reports=True)
        end = await it.heard.end(delivery_id)

    assert (end.state, end.problem) == ("complete", "")
    beside = tmp_path / "out" / f"delivery-{delivery_id}"
    lines = [json.loads(line) for line in (beside / "reports.jsonl").read_text().splitlines()]
    assert {line["study_instance_uid"]: line["text"] for line in lines} == {
        first.uid: "No nodule.",
        second.uid: "Ein Rundherd.\n",
    }
    assert (beside / "reports" / f"{second.uid}.txt").read_text() == "Ein Rundherd.\n"
    with (beside / "patients.csv").open(newline="") as rows:
        assert list(csv.DictReader(rows)) == [
            {"patient_id": "'=cmd", "patient_name": "Quarry^Jo", "patient_birth_date": "1950-01-02", "patient_sex": ""}
        ]
    assert [*(tmp_path / "exporter" / "papers").glob("*")] == []


async def test_reports_leave_with_the_pseudonyms_and_days_of_their_images(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    text = "Jo Quarry, born 02.01.1950. Compared with 3 February 2025: no nodule."
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations, documents=[document(study.uid, text, "PID4711234")]) as it:
        await it.retrieved(study)
        delivery_id = await it.order(reports=True, deidentify=DEIDENTIFY)
        end = await it.heard.end(delivery_id)

    assert (end.state, end.problem, end.delivered) == ("complete", "", 1)
    (image,) = (tmp_path / "out").rglob("*.dcm")
    beside = tmp_path / "out" / f"delivery-{delivery_id}"
    (line,) = (json.loads(line) for line in (beside / "reports.jsonl").read_text().splitlines())
    patient, uid = image.relative_to(tmp_path / "out").parts[:2]
    assert (line["patient_id"], line["study_instance_uid"]) == (patient, uid)
    assert (beside / "reports" / f"{uid}.txt").read_text() == line["report"]
    assert "no nodule" in line["report"]
    left = "".join(file.read_text() for file in beside.rglob("*") if file.is_file())
    assert [
        word for word in ("Quarry", "Jo ", "1950", "02.01", "3 February 2025", study.uid, "=cmd") if word in left
    ] == []
    assert [*(tmp_path / "exporter" / "papers").glob("*")] == []


async def test_a_report_that_may_not_leave_stays_and_the_delivery_says_so(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    report = Report(report_id="r1", text="No nodule.", issued=datetime(2025, 1, 2, tzinfo=UTC))
    of_nobody = Document(
        study_instance_uid=study.uid, study=Study(study_instance_uid=study.uid, patient_id="another"), report=report
    )
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations, documents=[of_nobody]) as it:
        await it.retrieved(study)
        delivery_id = await it.order(reports=True, deidentify=DEIDENTIFY)
        end = await it.heard.end(delivery_id)

    assert (end.state, end.delivered) == ("incomplete", 1)
    assert end.problem.startswith("1 of the reports held back: it cannot be told whose report it is")
    assert (tmp_path / "out" / f"delivery-{delivery_id}" / "reports.jsonl").read_text() == ""


async def test_an_original_that_a_killed_exporter_left_goes_with_the_delivery(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        order = it.request(deidentify=DEIDENTIFY)
        left = tmp_path / "exporter" / "papers" / f"{order.delivery_id}.reports" / "report.jsonl"
        left.parent.mkdir(parents=True)
        left.write_text("an original")
        await it.retrieved(study)
        await it.say(order)
        await it.heard.end(order.delivery_id)

    assert not left.parent.exists()


async def test_a_node_takes_no_reports_and_the_delivery_says_so(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    with node() as it_node:
        there = Destination(kind="dicom", ae_title="NODE", host="127.0.0.1", port=it_node.port)
        async with desk(tmp_path, {"out": there}, documents=[document(study.uid)]) as it:
            await it.retrieved(study)
            end = await it.heard.end(await it.order(reports=True))

    assert (end.state, end.delivered) == ("incomplete", 1)
    assert end.problem == "the reports were not delivered: they go to directories alone"
