"""A handful of studies written down for the pages' tests."""

from datetime import UTC, date, datetime

from radquarry.index.document import MissingReportPart, Part, ReportPart, StudyPart
from radquarry.messages import Report, Series, Study

THEN = datetime(2024, 3, 6, 12, tzinfo=UTC)
CHEST = "1.2.3.1"
PRIOR = "1.2.3.2"
KNEE = "1.2.3.3"


def study_part(uid: str, **changes) -> StudyPart:
    """A chest CT of a woman of 60."""
    usual = {
        "study_instance_uid": uid,
        "accession_number": f"A{uid[-1]}",
        "study_date": date(2024, 3, 6),
        "study_description": "CT Thorax",
        "modalities_in_study": ("CT",),
        "patient_id": "4711",
        "patient_name": "Keller^Anna",
        "patient_birth_date": date(1963, 7, 1),
        "patient_sex": "F",
        "institution_name": "Klinik Höhenweg",
        "number_of_study_related_series": 1,
        "number_of_study_related_instances": 120,
        "series": (
            Series(
                series_instance_uid=f"{uid}.1",
                modality="CT",
                series_number=2,
                series_description="Lunge 1 mm",
                body_part_examined="CHEST",
                number_of_series_related_instances=120,
            ),
        ),
    }
    return StudyPart(pacs="main", study=Study(**(usual | changes)), answered_at=THEN)


def report_part(uid: str, text: str, **changes) -> ReportPart:
    """A final report in English."""
    usual = {"report_id": f"r{uid}", "text": text, "issued": THEN, "status": "final", "language": "en"}
    return ReportPart(study_instance_uid=uid, ris="main", report=Report(**(usual | changes)))


def written_studies() -> list[Part]:
    """Two chest CTs of one woman, and a man's knee without a report."""
    return [
        study_part(CHEST),
        report_part(CHEST, "Clinical information: Fall.\n\nFindings:\nSmall left pneumothorax. No effusion.\n"),
        study_part(PRIOR, study_date=date(2023, 11, 2), study_description="CT Thorax nativ"),
        report_part(PRIOR, "Befund: Kein Pneumothorax.", language="de"),
        study_part(
            KNEE,
            study_description="MRI Knie",
            modalities_in_study=("MR",),
            patient_id="4712",
            patient_name="Frei^Beat^^Dr.",
            patient_sex="M",
            institution_name="Kantonsspital Seeblick",
        ),
        MissingReportPart(study_instance_uid=KNEE, ris="main", reason="no report under this number", asked_at=THEN),
    ]
