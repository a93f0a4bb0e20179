"""A report leaves de-identified while its images are here to say who is named in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from pydicom.dataset import FileDataset

from radquarry.exporter.delivery.cleaned_reports import Places, write_cleaned_reports
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import project_key
from radquarry.exporter.runs.workplace import Order
from radquarry.index.document import Document
from radquarry.messages import Report, Study
from tests.exporter.cleaning import SECRET
from tests.exporter.delivery.archived import archived


def operated(dataset: FileDataset) -> None:
    """Somebody whom only the image names."""
    dataset.OperatorsName = "Zwickel^Odo"


async def test_a_report_whose_images_have_left_stays(tmp_path: Path) -> None:
    here, gone = archived(tmp_path, 1, 1, operated), "1.2.826.0.1.2"

    async def documents() -> AsyncIterator[Document]:
        for uid in (here.uid, gone):
            study = Study(study_instance_uid=uid, patient_id="PID4711234", patient_name="Quarry^Jo")
            report = Report(report_id="r", text="Scan by Odo Zwickel.", issued=datetime(2025, 1, 2, tzinfo=UTC))
            yield Document(study_instance_uid=uid, study=study, report=report)

    places = Places(tmp_path / "archive", tmp_path / "work", tmp_path / "beside")
    order = Order(places.work, Profile(), project_key(SECRET, "lungs"))
    kept = await write_cleaned_reports(order, documents(), places)

    assert kept.startswith("1 of the reports held back: its images are not in the archive any more")
    left = (places.folder / "reports.jsonl").read_text()
    assert len(left.splitlines()) == 1
    assert "Zwickel" not in left
