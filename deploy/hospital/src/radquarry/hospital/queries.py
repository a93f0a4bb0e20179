"""A C-FIND identifier as a query: which studies may match, which records do, what is answered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pydicom import Dataset
from pydicom.multival import MultiValue
from pynetdicom import evt

from radquarry.hospital.dice import share
from radquarry.hospital.faults import PacsFaults
from radquarry.hospital.holdings import Holdings
from radquarry.hospital.matching import day_number, is_single, is_universal, matches, range_of
from radquarry.hospital.studies import Record, Study

LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
UNIQUE_KEYS = dict(zip(LEVELS, ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"), strict=True))
_NO_VALUE = "\x7f"
_NO_KEYS = {"QueryRetrieveLevel", "SpecificCharacterSet", "TimezoneOffsetFromUTC", "RetrieveAETitle", ""}
_PATIENT = {"PatientName", "PatientID", "PatientBirthDate", "PatientSex", "NumberOfPatientRelatedStudies"}


class UnmatchableError(ValueError):
    """The identifier does not fit the information model (status 0xA900)."""


@dataclass(frozen=True, slots=True)
class Query:
    """What one identifier asks: keyword → (VR, values) of every key, at a level."""

    level: str
    keys: dict[str, tuple[str, tuple[str, ...]]]

    def values(self, keyword: str) -> tuple[str, ...]:
        """The values of a key that can only match those values; empty for any other key."""
        vr, values = self.keys.get(keyword, ("", ()))
        return tuple(filter(None, values)) if is_single(vr, values) else ()


def root_of(event: evt.Event) -> str:
    """The information model of a request: "patient" or "study"."""
    return "patient" if ".5.1.4.1.2.1." in str(event.request.AffectedSOPClassUID) else "study"


def read_query(identifier: Dataset, root: str, *, relational: bool) -> Query:
    """The query of an identifier under the "patient" or "study" root. Raises UnmatchableError."""
    level = str(identifier.get("QueryRetrieveLevel") or "").strip()
    if level not in LEVELS or (root == "study" and level == "PATIENT"):
        raise UnmatchableError(f"no level {level!r} in the {root} root")
    keys = {element.keyword: (str(element.VR), _texts(element.value)) for element in identifier}
    query = Query(level, {keyword: key for keyword, key in keys.items() if keyword not in _NO_KEYS})
    if not relational:
        above = LEVELS[LEVELS.index("PATIENT" if root == "patient" else "STUDY") : LEVELS.index(level)]
        for missing in (UNIQUE_KEYS[one] for one in above if len(query.values(UNIQUE_KEYS[one])) != 1):
            raise UnmatchableError(f"a {level} query needs one {missing}")
    return query


def answers(query: Query, holdings: Holdings, faults: PacsFaults) -> Iterator[Record]:
    """The matching records of the query's level, with all their attributes."""
    seen: set[str] = set()
    for study in _candidates(query, holdings):
        record = faulty(study.record, faults)
        if not _study_matches(query, record, faults):
            continue
        if query.level == "PATIENT":
            patient_id = str(record["PatientID"])
            if patient_id not in seen:
                seen.add(patient_id)
                yield _patient(record, holdings)
        elif query.level == "STUDY":
            yield record
        else:
            yield from _below(query, study, record)


def as_understood(query: Query, faults: PacsFaults) -> Query:
    """The query as a PACS takes it that ignores some keys, or knows no wildcards."""
    keys = {keyword: (vr, _as_understood(keyword, vr, values, faults)) for keyword, (vr, values) in query.keys.items()}
    return Query(query.level, keys)


def _as_understood(keyword: str, vr: str, values: tuple[str, ...], faults: PacsFaults) -> tuple[str, ...]:
    is_wild = not is_universal(vr, values) and not is_single(vr, values) and vr not in {"DA", "TM"}
    if keyword in faults.ignored_keys or (is_wild and faults.wildcards == "ignored"):
        return ()
    return (_NO_VALUE,) if is_wild and faults.wildcards == "literal" else values


def faulty(record: Record, faults: PacsFaults) -> Record:
    """A study's record as the faults in force leave it."""
    uid = record["StudyInstanceUID"]
    if faults.timeless_share and share("timeless", uid) < faults.timeless_share:
        record = record | {"StudyTime": ""}
    nearline = share("nearline", uid) < faults.nearline_share
    return record | {"InstanceAvailability": "NEARLINE" if nearline else "ONLINE"}


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, MultiValue | list) else (str(value),)


def _candidates(query: Query, holdings: Holdings) -> Iterable[Study]:
    """The fewest studies that can be told to hold every match without looking at them."""
    if uids := query.values("StudyInstanceUID"):
        return (study for uid in dict.fromkeys(uids) for study in holdings.with_uid(uid.strip()))
    if accession_numbers := query.values("AccessionNumber"):
        return (
            s for number in dict.fromkeys(accession_numbers) for s in holdings.with_accession_number(number.strip())
        )
    if patient_ids := query.values("PatientID"):
        return (study for one in dict.fromkeys(patient_ids) for study in holdings.of_patient_id(one.strip()))
    vr, dates = query.keys.get("StudyDate", ("DA", ()))
    if is_universal(vr, dates) or len(dates) != 1:
        return holdings.all()
    low, high = range_of(dates[0], day_number)
    if low is None or high is None or low > high:
        return ()
    return holdings.between(date.fromordinal(int(max(low, 1))), date.fromordinal(int(min(high, date.max.toordinal()))))


def _study_matches(query: Query, record: Record, faults: PacsFaults) -> bool:
    for keyword, (vr, key) in query.keys.items():
        if keyword not in record or (keyword == "ModalitiesInStudy" and not faults.modalities_in_study):
            continue
        if not matches(vr, key, record[keyword]):
            return False
        hidden = share("accession", record["StudyInstanceUID"]) < faults.empty_accession_share
        if hidden and keyword == "AccessionNumber" and not is_universal(vr, key):
            return False
    return True


def _patient(record: Record, holdings: Holdings) -> Record:
    studies = sum(1 for _ in holdings.of_patient_id(str(record["PatientID"])))
    kept: Record = {keyword: value for keyword, value in record.items() if keyword in _PATIENT}
    return kept | {"NumberOfPatientRelatedStudies": str(studies)}


def _below(query: Query, study: Study, record: Record) -> Iterator[Record]:
    for series in study.series():
        if not _matches(query, series.record):
            continue
        if query.level == "SERIES":
            yield record | series.record
            continue
        for instance in series.instances():
            if _matches(query, instance.record):
                yield record | series.record | instance.record


def _matches(query: Query, record: Record) -> bool:
    return all(matches(vr, key, record[keyword]) for keyword, (vr, key) in query.keys.items() if keyword in record)
