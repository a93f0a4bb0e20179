"""A row of a list → the studies it means: by UID, by accession number, by patient and date (design section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from radquarry.dicom.accession import WILDCARDS, spellings
from radquarry.dicom.uids import is_uid
from radquarry.finder.links import (
    WORDS,
    by_number,
    contradicts,
    has_modality,
    is_near,
    is_number,
    is_patient,
    nearest,
    without_contradictions,
)
from radquarry.finder.pacs import Pacs
from radquarry.finder.plans import MODALITY
from radquarry.finder.series_desk import SeriesDesk
from radquarry.finder.spans import Gathered, Spans, ask_once, date_key, days_around
from radquarry.messages import Link, Row, Study

MOST_ROWS = 1000
"""Of the answer to one number: beyond this the PACS ignores the key."""
MOST_OF_A_PATIENT = 20_000
MOST_CHARACTERS = 64


@dataclass(frozen=True)
class Found:
    """What became of a row; `problem` is in plain words, without anything of the patient."""

    link: Link | None
    studies: tuple[Study, ...] = ()
    problem: str = ""
    is_gap: bool = False
    queries: int = 0


class Lookup:
    """One row's work. Raises `PacsAway`, `PacsStopped`."""

    def __init__(self, row: Row, modalities: Iterable[str], pacs: Pacs, desk: SeriesDesk) -> None:
        self._row = row
        self._own = row.modality.strip().upper()
        self._modalities = tuple(modalities)
        self._pacs = pacs
        self._desk = desk
        self._notes: list[str] = []
        self._reasons: list[str] = []
        self._unwanted = 0
        self._queries = 0

    async def find(self) -> Found:
        """By the surest identifier first; by the next one where that finds nothing."""
        if fault := self._fault():
            return Found(None, problem=fault)
        for way in (self._by_uid, self._by_number, self._by_patient):
            link, studies = await way()
            if studies:
                return self._found(link, studies)
        return self._found("none", [])

    def _fault(self) -> str:
        row = self._row
        given = [each.strip() for each in (row.study_instance_uid, row.accession_number, row.patient_id)]
        if not any(given):
            return "the row has no accession number, no StudyInstanceUID and no patient id"
        if any(WILDCARDS & set(each) or not each.isprintable() for each in given):
            return "the row holds a wildcard (* ? \\) or a control character, and would match others"
        if any(len(each) > MOST_CHARACTERS for each in given):
            return f"the row's number is longer than {MOST_CHARACTERS} characters"
        if self._own and not MODALITY.fullmatch(self._own):
            return "the row's modality is no defined term such as CT or MR"
        return ""

    async def _by_uid(self) -> tuple[Link, list[Study]]:
        uid = self._row.study_instance_uid.strip()
        if not uid:
            return "none", []
        if not is_uid(uid):
            self._notes.append("its StudyInstanceUID is no UID")
            return "none", []
        gathered, _answered = await ask_once(self._pacs, {"StudyInstanceUID": uid}, MOST_ROWS)
        studies = [study for study in gathered.studies.values() if study.study_instance_uid == uid]
        if studies:
            gathered.reasons.clear()  # a UID names one study: there it is
        self._heed(gathered, "StudyInstanceUID", studies)
        wanted = await self._wanted(studies)
        return ("conflict" if any(contradicts(study, self._row) for study in wanted) else "exact"), wanted

    async def _by_number(self) -> tuple[Link, list[Study]]:
        number = self._row.accession_number.strip()
        for spelling in spellings(number):
            gathered = await Spans(self._pacs, {"AccessionNumber": spelling}, MOST_ROWS).all()
            studies = [study for study in gathered.studies.values() if is_number(study, number)]
            self._heed(gathered, "AccessionNumber", studies)
            all_wanted = await self._wanted(studies)
            wanted = without_contradictions(all_wanted, self._row)
            if len(wanted) < len(all_wanted):
                self._notes.append("another study with this number has another patient id or date than the row")
            if wanted:
                return by_number(wanted, self._row), wanted
            if gathered.is_ignored:
                break
        return "none", []

    async def _by_patient(self) -> tuple[Link, list[Study]]:
        row, patient_id = self._row, self._row.patient_id.strip()
        is_the_only_one = not row.accession_number.strip() and not row.study_instance_uid.strip()
        if not patient_id or (row.study_date is None and not is_the_only_one):
            return "none", []
        keys = {"PatientID": patient_id}
        if row.study_date is not None:
            keys["StudyDate"] = date_key(days_around(row.study_date, 1))
        gathered = await Spans(self._pacs, keys, MOST_OF_A_PATIENT).all()
        studies = [each for each in gathered.studies.values() if is_patient(each, patient_id) and is_near(each, row)]
        self._heed(gathered, "PatientID", studies)
        wanted = await self._wanted(studies)
        return ("exact", wanted) if row.study_date is None else ("patient-date", nearest(wanted, row))

    async def _wanted(self, studies: Iterable[Study]) -> list[Study]:
        """With their series, those that hold a modality the row and the list want."""
        likely = [study for study in studies if self._is_wanted(study)]
        filled, gaps, queries = await self._desk.filled(likely)
        wanted = [study for study in filled if self._is_wanted(study)]
        self._queries += queries
        self._reasons += gaps
        self._unwanted += len(list(studies)) - len(wanted)
        return wanted

    def _is_wanted(self, study: Study) -> bool:
        return has_modality(study, self._modalities) and has_modality(study, (self._own,) if self._own else ())

    def _heed(self, gathered: Gathered, keyword: str, studies: list[Study]) -> None:
        self._queries += gathered.queries
        self._reasons += gathered.reasons
        if gathered.is_ignored or len(studies) < len(gathered.studies):
            self._notes.append(f"the PACS ignores {keyword} and gave studies that were not asked for")

    def _found(self, link: Link, studies: list[Study]) -> Found:
        notes = [*self._reasons, *self._notes]
        if not studies and self._reasons:
            return Found(None, problem="; ".join(dict.fromkeys(notes)), is_gap=True, queries=self._queries)
        if link in WORDS:
            notes.insert(0, WORDS[link])
        if link == "patient-date" and len(studies) > 1:
            notes.insert(0, "several studies of this patient at this time")
        if not studies and self._unwanted:
            notes.append("only studies of other modalities")
        return Found(link, tuple(studies), "; ".join(dict.fromkeys(notes)), bool(self._reasons), self._queries)
