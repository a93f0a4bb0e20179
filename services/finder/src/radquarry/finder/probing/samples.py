"""A few studies to try questions on, found without asking for everything."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from radquarry.finder.probing.questions import Asking, Heard, HeardRow
from radquarry.finder.queries import Model

REACHES = (1, 7, 60, 730, 7300)
"""Days back from today."""
FIRST_DAY = date(1900, 1, 1)
SINGLE_DAYS = 10
MOST_OF_A_DAY = 300
ENOUGH = 1000
MODELS_BY_USE: tuple[Model, ...] = ("study-root", "patient-root")

STUDY_LEVEL = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ModalitiesInStudy",
    "InstitutionName",
    "ReferringPhysicianName",
    "StudyDescription",
    "StudyID",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)


@dataclass(frozen=True)
class Sample:
    """Studies of one day, or of one patient where the PACS is only asked by patients; `base` is the key they share."""

    base: dict[str, str]
    rows: tuple[HeardRow, ...]

    @property
    def row(self) -> HeardRow:
        """The one of them that has most values."""
        return max(self.rows, key=lambda row: sum(map(bool, row.values.values())))

    @property
    def day(self) -> date | None:
        """None where they are of one patient."""
        return as_day(self.base.get("StudyDate", ""))

    @property
    def patient(self) -> dict[str, str]:
        """The unique key of a study's patient, for questions that need it."""
        return {"PatientID": self.row.first("PatientID")}


async def sample(asking: Asking, today: date) -> Sample | None:
    """None when nothing was found. Sets the information model that is answered in."""
    for model in MODELS_BY_USE:
        asking.model = model
        heard = await asking.ask(studies(StudyDate=digits(today)), most=ENOUGH)
        if not heard.refusal:
            return await _by_days(asking, today)
    return await _by_patients(asking)


async def _by_days(asking: Asking, today: date) -> Sample | None:
    ranges = [span(today - timedelta(days=reach), today) for reach in REACHES] + [span(FIRST_DAY, today)]
    single = [digits(today - timedelta(days=age)) for age in range(1, SINGLE_DAYS)]
    for study_date in ranges + single:
        heard = await asking.ask(studies(StudyDate=study_date), most=ENOUGH)
        day = _day_to_try(heard)
        if day:
            whole = await asking.ask(studies(StudyDate=digits(day)))
            rows = [row for row in whole.rows if as_day(row.first("StudyDate")) in (day, None)]
            return Sample({"StudyDate": digits(day)}, tuple(rows or heard.rows))
    return None


async def _by_patients(asking: Asking) -> Sample | None:
    """Where a study is only told of a patient that is named: some patients, by the end of their ids."""
    for tail in (f"*{number:02d}" for number in range(0, 100, 11)):
        patients = await asking.ask({"PatientID": tail}, level="PATIENT", most=ENOUGH)
        for patient in patients.rows[:3]:
            base = {"PatientID": patient.first("PatientID")}
            heard = await asking.ask(studies(**base)) if base["PatientID"] else Heard()
            if heard.rows:
                return Sample(base, tuple(heard.rows))
    return None


def _day_to_try(heard: Heard) -> date | None:
    """The day with most studies of those with not too many."""
    days = Counter(filter(None, (as_day(row.first("StudyDate")) for row in heard.rows)))
    small = [day for day, count in days.items() if count <= MOST_OF_A_DAY]
    if small:
        return max(small, key=lambda day: (days[day], day))
    return min(days, key=lambda day: days[day], default=None)


def studies(**keys: str) -> dict[str, str]:
    """A study-level question that narrows by `keys` and has everything returned that interests us."""
    return dict.fromkeys(STUDY_LEVEL, "") | keys


def digits(day: date) -> str:
    """As a DA."""
    return day.isoformat().replace("-", "")


def span(first: date, last: date) -> str:
    """A range of DA."""
    return f"{digits(first)}-{digits(last)}"


def as_day(text: str) -> date | None:
    """The day of a DA, None when it is none."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
