"""Every study that matches a query, from a PACS that gives only some at a time.

An answer that is cut, or not known to be whole, is asked for again in spans of time: what lies before the middle day
of those that came, that day, and what lies after. A day that is still not whole is listed like a window of a crawl.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median_low

from pydicom.datadict import tag_for_keyword

from radquarry.dicom.peer import PacsRefuses
from radquarry.dicom.rows import Row
from radquarry.dicom.uids import NotAUid
from radquarry.finder.answers import Answered, AnswerRow, contradictions, values_of
from radquarry.finder.pacs import Pacs
from radquarry.finder.queries import checked
from radquarry.finder.rows import STUDY_KEYS, study_of
from radquarry.messages import Study

MOST_QUERIES = 2000
"""For one row or query; a PACS that needs more shows too little at a time."""

DayRange = tuple[date | None, date | None]
"""First and last day, both included; None is open."""


@dataclass
class Gathered:
    """What was found; `reasons` say in plain words why it may not be all."""

    studies: dict[str, Study] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    queries: int = 0
    is_ignored: bool = False
    is_refused: bool = False

    def note(self, reason: str) -> None:
        """One more reason, each once."""
        if reason and reason not in self.reasons:
            self.reasons.append(reason)


async def ask_once(pacs: Pacs, keys: Mapping[str, str], most: int = 0) -> tuple[Gathered, Answered]:
    """One STUDY question, with all that is wanted of a study; a PACS that does not take it is a reason."""
    gathered = Gathered()
    query = {**dict.fromkeys(STUDY_KEYS, ""), **keys, "QueryRetrieveLevel": "STUDY"}
    try:
        answered = await pacs.answers(query, most=most)
    except PacsRefuses as refused:
        answered = Answered((), str(refused), 1)
        gathered.is_refused = True
    gathered.queries = answered.queries
    gathered.is_ignored = answered.is_ignored
    for row in answered.rows:
        try:
            study = study_of_answer(row)
        except NotAUid as fault:
            gathered.note(f"a row could not be read: {fault}")
        else:
            gathered.studies[study.study_instance_uid] = study
    gathered.note(answered.cut)
    return gathered, answered


def study_of_answer(row: AnswerRow) -> Study:
    """Raises `NotAUid` when the row names no study."""
    values = {tag_for_keyword(keyword) or 0: "\\".join(values_of(row, keyword)).encode() for keyword in row}
    return study_of(Row(values, "ISO_IR 192"))


class Spans:
    """One query's work; `most` rows are heard of one answer."""

    def __init__(self, pacs: Pacs, keys: Mapping[str, str], most: int = 0) -> None:
        self._pacs = pacs
        self._most = most
        self._keys = {keyword: value for keyword, value in keys.items() if keyword != "StudyDate"}
        self._span = _days(keys.get("StudyDate", ""))
        self._gathered = Gathered()

    async def all(self) -> Gathered:
        """Every study, or reasons. Raises `PacsAway`, `PacsStopped`."""
        await self._list(self._span)
        return self._gathered

    async def _list(self, span: DayRange) -> None:
        if self._gathered.queries >= MOST_QUERIES:
            self._gathered.note(f"it would take more than {MOST_QUERIES} queries")
            return
        found, answered = await ask_once(self._pacs, {**self._keys, "StudyDate": date_key(span)}, self._most)
        self._gathered.studies |= found.studies
        self._gathered.queries += found.queries
        self._gathered.is_ignored |= found.is_ignored
        for reason in found.reasons:
            if reason != answered.cut:
                self._gathered.note(reason)
        if answered.cut or not answered.is_sure:
            await self._split(span, found, answered)

    async def _split(self, span: DayRange, found: Gathered, answered: Answered) -> None:
        first, last = span
        days = [study.study_date for study in found.studies.values() if study.study_date and _holds(span, study)]
        if first is not None and first == last:
            await self._list_day(first)
            return
        middle = median_low(days) if days else _middle(span)
        is_open = None in span
        if found.is_refused or middle is None or (found.is_ignored and is_open):
            self._gathered.note(answered.cut or f"the PACS gives {answered.received} answers at once")
            return
        for part in _around(span, middle):
            await self._list(part)

    async def _list_day(self, day: date) -> None:
        """As a window of a crawl is listed, with the other keys beside."""
        query = checked({**self._keys, "StudyDate": _digits(day), "QueryRetrieveLevel": "STUDY"})
        try:
            listed = await self._pacs.narrowed(day, "", query.asking(StudyDate="").narrowing)
        except PacsRefuses as refused:
            self._gathered.note(str(refused))
            return
        self._gathered.queries += listed.queries
        for study in listed.studies:
            if not contradictions(answer_of(study), query):
                self._gathered.studies.setdefault(study.study_instance_uid, study)
        for gap in listed.gaps:
            self._gathered.note(gap.reason)


def answer_of(study: Study) -> AnswerRow:
    """Those keys of a study that a query may name, as an answer has them."""
    return {
        "StudyInstanceUID": study.study_instance_uid,
        "AccessionNumber": study.accession_number,
        "StudyDate": _digits(study.study_date),
        "StudyTime": study.study_time.strftime("%H%M%S") if study.study_time else "",
        "StudyDescription": study.study_description,
        "ModalitiesInStudy": list(study.modalities_in_study),
        "PatientID": study.patient_id,
        "PatientName": study.patient_name,
        "PatientBirthDate": _digits(study.patient_birth_date),
        "PatientSex": study.patient_sex,
        "InstitutionName": study.institution_name,
        "ReferringPhysicianName": study.referring_physician_name,
    }


def _middle(span: DayRange) -> date | None:
    """Where a PACS gave up before its first row."""
    first, last = span
    return first + (last - first) // 2 if first and last else None


def _around(span: DayRange, day: date) -> list[DayRange]:
    first, last = span
    parts: list[DayRange] = [(day, day)]
    if day > date.min and (first is None or first < day):
        parts.insert(0, (first, day - timedelta(days=1)))
    if day < date.max and (last is None or day < last):
        parts.append((day + timedelta(days=1), last))
    return parts


def _holds(span: DayRange, study: Study) -> bool:
    first, last = span
    day = study.study_date
    return day is not None and (first is None or first <= day) and (last is None or day <= last)


def _days(study_date: str) -> DayRange:
    """Of a key that `queries.py` has passed."""
    begin, dash, end = study_date.partition("-")
    first = _day(begin)
    return (first, _day(end)) if dash else (first, first)


def _day(text: str) -> date | None:
    digits = text.strip()
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if digits else None


def _digits(day: date | None) -> str:
    return day.isoformat().replace("-", "") if day else ""


def date_key(span: DayRange) -> str:
    """As a StudyDate to ask for; "" where both ends are open."""
    first, last = (_digits(day) for day in span)
    return first if first == last else f"{first}-{last}"


def days_around(day: date, reach: int) -> DayRange:
    """`reach` days to both sides, within the calendar."""
    least, most = day.toordinal() - reach, day.toordinal() + reach
    first, last = max(least, date.min.toordinal()), min(most, date.max.toordinal())
    return date.fromordinal(first), date.fromordinal(last)
