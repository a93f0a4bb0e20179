"""The reports of a delivery's studies, as files beside its images.

This is the one place that says which reports leave: those of identified deliveries, as they are. De-identified ones
are not built; a delivery that was ordered with both says so.
"""

import csv
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from radquarry.dicom.uids import is_uid
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.pseudonyms.mapping_file import harmless
from radquarry.index.document import Document
from radquarry.index.port import Index

NOT_CLEANED = "the reports were not delivered: they are not de-identified yet"
NO_PLACE = "the reports were not delivered: they go to directories alone"
PATIENTS = ("patient_id", "patient_name", "patient_birth_date", "patient_sex")


def reason_to_keep_reports(of: Consignment, *, takes_papers: bool) -> str:
    """Why the reports that were ordered do not leave; empty when they do, or nobody wants them."""
    if not of.reports:
        return ""
    if not takes_papers:
        return NO_PLACE
    return NOT_CLEANED if of.deidentify is not None else ""


async def write_reports(index: Index, study_instance_uids: Sequence[str], folder: Path) -> int:
    """`reports.jsonl`, a text file for each, and `patients.csv` of their patients; how many studies have no report.

    Raises `PeerAway` when the index does not answer.
    """
    without = 0
    patients: dict[tuple[str, ...], None] = {}
    (folder / "reports").mkdir(parents=True, exist_ok=True)
    with (folder / "reports.jsonl").open("w", encoding="utf-8") as lines:
        async for document in _documents(index, study_instance_uids):
            if document.study is not None:
                said = (getattr(document.study, name) for name in PATIENTS)
                patients[tuple(harmless(str(value or "")) for value in said)] = None
            if document.report is None:
                without += 1
                continue
            lines.write(json.dumps(_line(document), ensure_ascii=False) + "\n")
            text = folder / "reports" / f"{document.study_instance_uid}.txt"
            text.write_text(document.report.text, encoding="utf-8")
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(PATIENTS)
        writer.writerows(sorted(patients))
    return without


async def _documents(index: Index, study_instance_uids: Sequence[str]) -> AsyncIterator[Document]:
    for uid in filter(is_uid, study_instance_uids):
        yield await index.get(uid) or Document(study_instance_uid=uid)


def _line(document: Document) -> dict[str, object]:
    report = document.report
    accession_number = document.study.accession_number if document.study else ""
    said = report.model_dump(mode="json") if report else {}
    return {"study_instance_uid": document.study_instance_uid, "accession_number": accession_number, **said}
