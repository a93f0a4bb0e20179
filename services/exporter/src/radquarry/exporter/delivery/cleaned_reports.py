"""The reports of a de-identified delivery: with its images' pseudonyms and days, each checked before it leaves."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from radquarry.exporter.reports.report_files import REPORT
from radquarry.exporter.runs.report_run import clean_reports
from radquarry.exporter.runs.run import folder_of_one
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import Order
from radquarry.index.document import Document

SAID = (
    "study_instance_uid",
    "accession_number",
    "patient_id",
    "patient_name",
    "patient_birth_date",
    "study_date",
    "referring_physician_name",
)
"""What the record says of its patient, looked for in the report."""
NO_IMAGES = "its images are not in the archive any more, which say who is named in it"


@dataclass(frozen=True)
class Places:
    """`archive` holds the images, `work` is a folder of the exporter's, `folder` is what goes beside the delivery."""

    archive: Path
    work: Path
    folder: Path


async def write_cleaned_reports(order: Order, documents: AsyncIterator[Document], places: Places) -> str:
    """`reports.jsonl`, and a text file for each; which did not leave, by number and reason, empty when all did.

    A study without a report is none of them. Raises `RunRefused` and `OSError`.
    """
    kept: Counter[str] = Counter()
    (places.folder / "reports").mkdir(parents=True, exist_ok=True)
    with (places.folder / "reports.jsonl").open("w", encoding="utf-8") as lines:
        async for document in documents:
            if document.report is None:
                continue
            cleaned, reason = await asyncio.to_thread(_cleaned, order, document, places)
            if cleaned is None:
                kept[reason] += 1
                continue
            lines.write(cleaned)
            row = json.loads(cleaned)
            text = places.folder / "reports" / f"{row['study_instance_uid']}.txt"
            text.write_text(row[REPORT], encoding="utf-8")
    return "; ".join(f"{count} of the reports held back: {reason}" for reason, count in sorted(kept.items()))


def _cleaned(order: Order, document: Document, places: Places) -> tuple[str | None, str]:
    """The line that may leave, or why there is none."""
    images = sorted((places.archive / document.study_instance_uid).glob("*/*.dcm"))
    if not images:
        return None, NO_IMAGES
    shutil.rmtree(places.work, ignore_errors=True)
    places.work.mkdir(parents=True, mode=0o700)
    try:
        with folder_of_one(places.work):
            original = places.work / "report.jsonl"
            original.write_text(json.dumps(_row(document), ensure_ascii=False) + "\n", encoding="utf-8")
            sources = [Source(number, path) for number, path in enumerate(images, 1)]
            for _, outcome in clean_reports(order, [Source(0, original)], sources):
                if outcome.state == "released":
                    return (order.folder / outcome.path).read_text(encoding="utf-8"), ""
                return None, outcome.reason
        return None, "it could not be read"
    finally:
        shutil.rmtree(places.work, ignore_errors=True)


def _row(document: Document) -> dict[str, object]:
    study = document.study.model_dump(mode="json") if document.study is not None else {}
    report = document.report
    said = {name: study.get(name) or "" for name in SAID} | {"study_instance_uid": document.study_instance_uid}
    return said | {"author": report.performer if report else "", REPORT: report.text if report else ""}
