"""What is told of a study, a part at a time: by the PACS, by the RIS, by a visit that did not find it again."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.messages import Report, Study


class StudyPart(BaseModel):
    """What the PACS says. The part with the latest `answered_at` wins, whatever the order of arrival."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["study"] = "study"
    pacs: str
    study: Study
    answered_at: AwareDatetime

    @property
    def study_instance_uid(self) -> str:
        """The key of the document this part belongs to."""
        return self.study.study_instance_uid


class ReportPart(BaseModel):
    """What the RIS says. The report with the latest `issued`, then the highest `version`, wins."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["report"] = "report"
    study_instance_uid: str
    ris: str
    report: Report


class MissingReportPart(BaseModel):
    """The RIS has no report yet: shown while there is none, and never takes a report away."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["report-missing"] = "report-missing"
    study_instance_uid: str
    ris: str
    reason: str
    asked_at: AwareDatetime


class GonePart(BaseModel):
    """This PACS was asked for the study at `gone_at` and had it no more; a later answer makes up for it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["gone"] = "gone"
    study_instance_uid: str
    pacs: str
    gone_at: AwareDatetime


Part = StudyPart | ReportPart | MissingReportPart | GonePart


def unfit(part: Part) -> str:
    """Why no store takes this part, or "": its key could not be found again."""
    uid = part.study.study_instance_uid if isinstance(part, StudyPart) else part.study_instance_uid
    return "" if _A_KEY.fullmatch(uid) else "the StudyInstanceUID is empty, longer than 128, or not printable ASCII"


_A_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def age(part: Part) -> str:
    """Of two parts of one kind, the one with the greater age is kept; ASCII, compared letter by letter.

    Time first, then the report's version (`10` is later than `9`); the digest decides between parts that
    claim the same moment, so that every store keeps the same one whatever came first.
    """
    match part:
        case StudyPart():
            told_at, version = part.answered_at, ""
        case ReportPart():
            told_at, version = part.report.issued, part.report.version
        case MissingReportPart():
            told_at, version = part.asked_at, ""
        case GonePart():
            told_at, version = part.gone_at, ""
    counted = re.sub(r"[0-9]+", lambda number: number[0].zfill(12), version[:64])
    digest = sha256(part.model_dump_json().encode()).hexdigest()[:16]
    return f"{moment(told_at)} {counted.encode().hex()} {digest}"


def moment(at: datetime) -> str:
    """A moment as 20 digits that sort as time does; an age begins with one."""
    return f"{(at - _YEAR_ONE) // timedelta(microseconds=1) + _A_DAY:020d}"


_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_A_DAY = 86_400_000_000
"""Keeps moments positive that lie in year one only by their time zone."""
