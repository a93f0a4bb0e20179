"""How sure it is that a study is the one a row of a list means (`Link`)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from radquarry.dicom.accession import is_same
from radquarry.messages import Link, Row, Study

A_DAY = timedelta(days=1)
WORDS = {
    "conflict": "what was found has another patient id or date than the row",
    "several": "one number, several studies",
    "none": "not found in the PACS",
}


def has_modality(study: Study, wanted: Iterable[str]) -> bool:
    """Whether a study holds any of the modalities; one that names none may."""
    chosen = set(wanted)
    return not chosen or not study.modalities_in_study or not chosen.isdisjoint(study.modalities_in_study)


def is_number(study: Study, accession_number: str) -> bool:
    """Whether the study has this number, in any spelling."""
    return is_same(study.accession_number, accession_number)


def is_patient(study: Study, patient_id: str) -> bool:
    """Whether the study is of this patient, padding and case aside."""
    return study.patient_id.strip().casefold() == patient_id.strip().casefold()


def is_near(study: Study, row: Row) -> bool:
    """Whether the study is of the row's day, or of one beside it: a night's examination gets its date from either."""
    return row.study_date is None or study.study_date is None or abs(study.study_date - row.study_date) <= A_DAY


def contradicts(study: Study, row: Row) -> bool:
    """Whether the row says of the study what is not so."""
    is_other_patient = bool(row.patient_id.strip() and study.patient_id) and not is_patient(study, row.patient_id)
    return is_other_patient or not is_near(study, row)


def by_number(studies: Sequence[Study], row: Row) -> Link:
    """Of studies found by the row's accession number. Those that contradict the row count only if all do."""
    if all(contradicts(study, row) for study in studies):
        return "conflict"
    if len(studies) > 1:
        return "several"
    return "exact" if studies[0].accession_number == row.accession_number.strip() else "accession"


def without_contradictions(studies: Sequence[Study], row: Row) -> list[Study]:
    """The studies that fit the row; all of them where none does, so that a person sees the conflict."""
    return [study for study in studies if not contradicts(study, row)] or list(studies)


def nearest(studies: Sequence[Study], row: Row) -> list[Study]:
    """Those of the row's day if there are any, else those of the days beside."""
    return [study for study in studies if study.study_date == row.study_date] or list(studies)
