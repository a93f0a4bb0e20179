"""A machine of its own that delivers two studies of a patient; its arguments are a folder and a project.

Prints the year of its clock, and what left: pseudonyms, days and the report, and the table of originals.
"""

import asyncio
import csv
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import FileDataset

from radquarry.configuration.sections import Destination
from radquarry.index.document import Document
from radquarry.messages import Deidentification, Report
from radquarry.messages import Study as Record
from tests.exporter.delivery.archived import Study, archived
from tests.exporter.delivery.rig import desk

DAYS = (date(2024, 2, 10), date(2024, 3, 11))
TEXT = "Josefine Quarrymann, examined on {first:%d.%m.%Y}, compared with {second:%d.%m.%Y}: unchanged."


def dated(day: date) -> Any:
    def change(dataset: FileDataset) -> None:
        dataset.StudyDate = dataset.SeriesDate = f"{day:%Y%m%d}"

    return change


def document(study: Study) -> Document:
    record = Record(study_instance_uid=study.uid, patient_id="PID4711234", patient_name="Quarrymann^Josefine")
    text = TEXT.format(first=DAYS[0], second=DAYS[1])
    report = Report(report_id="1", text=text, issued=datetime(2024, 3, 12, tzinfo=UTC))
    return Document(study_instance_uid=study.uid, study=record, report=report)


async def delivered(folder: Path, project: str) -> dict[str, Any]:
    """What left, as it lies there."""
    studies = [archived(folder, number, 2, dated(day)) for number, day in enumerate(DAYS, 1)]
    destinations = {"out": Destination(kind="directory", path=folder / "out")}
    async with desk(folder, destinations, documents=[document(study) for study in studies]) as it:
        await it.retrieved(*studies)
        how = Deidentification(project=project)
        delivery_id = await it.order(deidentify=how, reports=True, mapping=True)
        end = await it.heard.end(delivery_id)
    assert (end.state, end.delivered, end.problem) == ("complete", 4, ""), end
    files = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((folder / "out").rglob("*.dcm"))]
    keywords = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "AccessionNumber", "StudyDate")
    beside = folder / "out" / f"delivery-{delivery_id}"
    with (folder / "exporter" / "mappings" / f"{delivery_id}.csv").open(newline="") as table:
        mapping = sorted(csv.reader(table))
    return {
        "year": datetime.now(UTC).year,
        "dicom": sorted([[str(file.get(keyword, "")) for keyword in keywords] for file in files]),
        "reports": sorted((beside / "reports.jsonl").read_text().splitlines()),
        "mapping": mapping,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(delivered(Path(sys.argv[1]), sys.argv[2]))) + "\n")
