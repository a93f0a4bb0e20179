"""A real PACS on loopback that answers C-FIND from studies on its shelves, with the faults a test wants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from itertools import islice
from threading import Lock
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import evt

from radquarry.dicom.peer import Peer
from radquarry.messages import Study
from tests.finder.answering import answering

UNCLOSED = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""pynetdicom leaves the socket of a refused connection to the garbage collector."""


@dataclass
class ShelfPacs:
    """`limit` answers at most, silently; `aborts` names the numbers of the C-FINDs it answers with an abort."""

    studies: list[Study]
    limit: int = 10**9
    aborts: frozenset[int] = frozenset()
    ignores: frozenset[str] = frozenset()
    hides: frozenset[str] = frozenset()
    malformed_uids: dict[int, str] = field(default_factory=dict)
    levels: list[str] = field(default_factory=list)
    associations: set[Any] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def on_find(self, event: evt.Event) -> Iterator[tuple[Any, Dataset | None]]:
        question = event.identifier
        with self.lock:
            self.levels.append(question.QueryRetrieveLevel)
            self.associations.add(event.assoc)
            number = len(self.levels)
        if number in self.aborts:
            event.assoc.abort()
            return
        rows = self._studies(question) if question.QueryRetrieveLevel == "STUDY" else self._series(question)
        for row in islice(rows, self.limit):
            yield 0xFF00, row

    def _studies(self, question: Dataset) -> Iterator[Dataset]:
        for number, study in enumerate(self.studies):
            row = _study_row(study)
            if all(key in self.ignores or _matches(question, row, key) for key in MATCHED):
                if number in self.malformed_uids:
                    row.add_new("StudyInstanceUID", "UT", self.malformed_uids[number])
                for keyword in self.hides:
                    delattr(row, keyword)
                yield row

    def _series(self, question: Dataset) -> Iterator[Dataset]:
        for study in self.studies:
            if study.study_instance_uid != question.StudyInstanceUID:
                continue
            for number, modality in enumerate(study.modalities_in_study, start=1):
                if question.Modality not in ("", None, modality) or question.SeriesNumber not in (None, number):
                    continue
                row = Dataset()
                row.QueryRetrieveLevel = "SERIES"
                row.StudyInstanceUID = study.study_instance_uid
                row.SeriesInstanceUID = f"{study.study_instance_uid}.{number}"
                row.SeriesNumber = number
                row.Modality = modality
                yield row


MATCHED = ("StudyInstanceUID", "StudyDate", "StudyTime", "ModalitiesInStudy", "PatientID", "AccessionNumber")


@contextmanager
def serving(shelves: ShelfPacs, **settings: Any) -> Iterator[Peer]:
    """The PACS, listening on a port of its own."""
    with answering(shelves.on_find, **settings) as peer:
        yield peer


def _study_row(study: Study) -> Dataset:
    row = Dataset()
    row.QueryRetrieveLevel = "STUDY"
    row.SpecificCharacterSet = "ISO_IR 192"
    row.StudyInstanceUID = study.study_instance_uid
    row.StudyDate = study.study_date.strftime("%Y%m%d") if isinstance(study.study_date, date) else ""
    row.StudyTime = study.study_time.strftime("%H%M%S") if study.study_time else ""
    row.PatientID = study.patient_id
    row.PatientName = study.patient_name
    row.AccessionNumber = study.accession_number
    row.ModalitiesInStudy = list(study.modalities_in_study)
    row.NumberOfStudyRelatedSeries = len(study.modalities_in_study)
    return row


def _matches(question: Dataset, row: Dataset, key: str) -> bool:
    wanted = str(question.get(key) or "")
    if not wanted:
        return True
    if key == "ModalitiesInStudy":
        return wanted in ([row.ModalitiesInStudy] if isinstance(row.ModalitiesInStudy, str) else row.ModalitiesInStudy)
    value = str(row.get(key) or "")
    if key in ("StudyDate", "StudyTime"):
        first, _, last = wanted.partition("-")
        return bool(value) and first <= value <= (last or first)
    return fnmatchcase(value, wanted)
