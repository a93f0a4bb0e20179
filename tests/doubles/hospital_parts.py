"""The demo hospital's studies and reports as parts of documents, without asking anybody over a network."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from radquarry.hospital import Hospital
from radquarry.hospital.studies import Record
from radquarry.index.document import Part, ReportPart, StudyPart
from radquarry.messages import Report, Series, Study


def parts_of(hospital: Hospital) -> Iterator[Part]:
    """Study and report of everything the hospital holds."""
    for held in hospital.truth._holdings.all():
        study = _study(held)
        when = datetime.combine(study.study_date, time(12), UTC) if study.study_date else datetime.now(UTC)
        yield StudyPart(pacs="main", study=study, answered_at=when)
        written = hospital.truth.report(study.study_instance_uid)
        if written is not None:
            language = hospital.truth.study(study.study_instance_uid).language
            report = Report(
                report_id=f"r-{study.study_instance_uid[-12:]}", text=written.text, issued=when, status="final",
                language=language, performer="Dr. A. Beispiel", link="exact",
            )  # fmt: skip
            yield ReportPart(study_instance_uid=study.study_instance_uid, ris="main", report=report)


def _study(held) -> Study:
    record = held.record
    listed = held.series()
    return Study(
        study_instance_uid=held.study_instance_uid,
        accession_number=_text(record, "AccessionNumber"),
        study_date=_day(_text(record, "StudyDate")),
        study_description=_text(record, "StudyDescription"),
        modalities_in_study=tuple(dict.fromkeys(_text(series.record, "Modality") for series in listed)),
        patient_id=_text(record, "PatientID"),
        patient_name=_text(record, "PatientName"),
        patient_birth_date=_day(_text(record, "PatientBirthDate")),
        patient_sex=_text(record, "PatientSex"),
        institution_name=_text(record, "InstitutionName"),
        referring_physician_name=_text(record, "ReferringPhysicianName"),
        number_of_study_related_series=len(listed),
        number_of_study_related_instances=sum(len(series.instances()) for series in listed),
        series=tuple(
            Series(
                series_instance_uid=series.series_instance_uid,
                modality=_text(series.record, "Modality"),
                series_number=int(_text(series.record, "SeriesNumber") or 0),
                series_description=_text(series.record, "SeriesDescription"),
                body_part_examined=_text(series.record, "BodyPartExamined"),
                number_of_series_related_instances=len(series.instances()),
            )
            for series in listed
        ),
    )


def _text(record: Record, keyword: str) -> str:
    value = record.get(keyword, "")
    return value if isinstance(value, str) else "\\".join(value)


def _day(text: str):
    return datetime.strptime(text, "%Y%m%d").date() if len(text) == 8 else None  # noqa: DTZ007 - a DICOM date has no zone
