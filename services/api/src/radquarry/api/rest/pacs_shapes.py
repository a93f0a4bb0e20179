"""What `/pacs` answers and takes."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from radquarry.api.archive_views import ArchiveAtWork, ArchiveState, Condition
from radquarry.configuration.sections import MOST_ASSOCIATIONS
from radquarry.configuration.week import WeekWindows
from radquarry.messages import LoadLimits, PacsProfile

MOST_LINES = 200
MOST_HOLIDAYS = 400
WINDOWS: list[Any] = ["mon-fri 20:00-08:00", "sat-sun 00:00-24:00"]


class LoadRequest(BaseModel):
    """How much traffic it may get from all of us together; null is: no such limit."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "associations": 2,
                    "requests_per_hour": 3600,
                    "studies_per_hour": 600,
                    "windows": WINDOWS,
                    "holidays": ["2025-12-25", "2026-01-01"],
                }
            ]
        },
    )

    associations: int = Field(ge=1, le=MOST_ASSOCIATIONS)
    requests_per_hour: int | None = Field(None, ge=1, le=10_000_000)
    studies_per_hour: int | None = Field(None, ge=1, le=10_000_000)
    windows: tuple[Annotated[str, StringConstraints(max_length=40)], ...] = Field(
        (), max_length=MOST_LINES, description="Hours of the week in which requests may leave; none is always."
    )
    holidays: tuple[date, ...] = Field((), max_length=MOST_HOLIDAYS, description="Days on which Sunday's hours hold.")

    @field_validator("windows")
    @classmethod
    def _readable(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        WeekWindows(lines)
        return lines

    def limits(self) -> LoadLimits:
        """As the message carries them."""
        fields = self.model_dump() | {"holidays": tuple(sorted(set(self.holidays)))}
        return LoadLimits.model_validate(fields | {"windows": list(self.windows)})


class PacsLoad(BaseModel):
    """The limits in force."""

    associations: int
    requests_per_hour: int | None
    studies_per_hour: int | None
    windows: tuple[str, ...] = Field(description="Hours in which requests may leave; none is always.")
    holidays: tuple[date, ...]
    is_configured: bool = Field(description="They are those of the configuration; else a person changed them.")
    changed_by: str
    changed_at: datetime | None = None
    ordered_at: datetime | None = Field(None, description="A change was ordered then and is not confirmed yet.")


class PacsNow(BaseModel):
    """How it stands: `stopped`, `closed` (outside its hours), `down`, `held` (nothing leaves), `slowed` (by back-off),
    `working`, `idle`, or `unknown`.
    """

    condition: Condition
    reason: str
    since: datetime | None = None
    until: datetime | None = Field(None, description="When its hours begin again.")
    allowed: int | None = Field(None, description="Associations that back-off leaves of the limit.")


class PacsTrafficDay(BaseModel):
    """The last 24 hours; `milliseconds` is the mean of the minutes' medians, weighted by requests."""

    requests: int
    refused: int
    failed: int
    milliseconds: float | None
    slowest: float | None


class PacsProbe(BaseModel):
    """The last probing: `ordered_at` while it is awaited, `problem` when it gave no profile."""

    ordered_by: str
    ordered_at: datetime | None = None
    problem: str
    problem_at: datetime | None = None


class Contradiction(BaseModel):
    """It now does otherwise than its profile says: it should be probed again."""

    reason: str
    seen_at: datetime


EXAMPLE: dict[str, Any] = {
    "name": "main",
    "ae_title": "ORTHANC",
    "host": "10.1.2.3",
    "port": 4242,
    "state": "up",
    "stopped_by": "",
    "stopped_at": None,
    "echoed_at": "2024-06-28T18:00:00Z",
    "milliseconds": 12.0,
    "problem": "",
    "now": {
        "condition": "slowed",
        "reason": "answers take 4 times as long as usual",
        "since": "2024-06-28T18:00:00Z",
        "until": None,
        "allowed": 1,
    },
    "load": {
        "associations": 2,
        "requests_per_hour": 3600,
        "studies_per_hour": 600,
        "windows": WINDOWS,
        "holidays": ["2025-12-25"],
        "is_configured": False,
        "changed_by": "ada",
        "changed_at": "2024-06-28T17:00:00Z",
        "ordered_at": None,
    },
    "traffic": {"requests": 41200, "refused": 3, "failed": 0, "milliseconds": 84.5, "slowest": 2100.0},
    "profile": {
        "probed_at": "2024-06-01T20:00:00Z",
        "find_limit": 200,
        "longest_answer": 200,
        "models": ["patient-root", "study-root"],
        "levels": ["PATIENT", "STUDY", "SERIES", "IMAGE"],
        "keys": {"ModalitiesInStudy": "matched", "InstitutionName": "returned", "StudyComments": "ignored"},
        "wildcards": "*?",
        "date_ranges": True,
        "time_ranges": True,
        "charset": "ISO_IR 100",
        "associations": 4,
        "associations_tried": 8,
        "c_get": False,
        "c_move": True,
        "storage_contexts": [],
        "milliseconds": 61.0,
        "notes": [],
    },
    "probe": {"ordered_by": "", "ordered_at": None, "problem": "", "problem_at": None},
    "contradiction": None,
}


class PacsAnswer(BaseModel):
    """One PACS; `up` and `down` are what its last C-ECHO said, or traffic since; `now` is how it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str
    ae_title: str
    host: str
    port: int
    state: ArchiveState
    stopped_by: str
    stopped_at: datetime | None = None
    echoed_at: datetime | None = None
    milliseconds: float | None = None
    problem: str
    now: PacsNow
    load: PacsLoad
    traffic: PacsTrafficDay
    profile: PacsProfile | None = Field(None, description="What probing found; null: never probed.")
    probe: PacsProbe
    contradiction: Contradiction | None = None


class PacsPage(BaseModel):
    """Every configured PACS."""

    items: tuple[PacsAnswer, ...]
    after: str | None = None


class Minute(BaseModel):
    """One minute; `milliseconds` is the typical answer time, `allowed` the associations that back-off left."""

    begun_at: datetime
    requests: int
    refused: int
    failed: int
    milliseconds: float | None
    slowest: float | None
    allowed: int | None


class TrafficAnswer(BaseModel):
    """Minutes in order of time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "pacs": "main",
                    "minutes": [
                        {
                            "begun_at": "2024-06-28T18:00:00Z",
                            "requests": 61,
                            "refused": 0,
                            "failed": 0,
                            "milliseconds": 84.5,
                            "slowest": 310.0,
                            "allowed": 2,
                        }
                    ],
                }
            ]
        }
    )

    pacs: str
    minutes: tuple[Minute, ...]


def shown(each: ArchiveAtWork) -> PacsAnswer:
    """The documented shape."""
    view, load, probing = each.view, each.view.load, each.view.probing
    contradiction = None
    if probing.contradicted_at is not None:
        contradiction = {"reason": probing.contradiction, "seen_at": probing.contradicted_at}
    return PacsAnswer.model_validate(
        vars(view)
        | {
            "now": vars(each.now),
            "load": vars(load) | vars(load.limits) | {"windows": load.limits.windows.lines},
            "traffic": vars(each.day),
            "profile": probing.profile,
            "probe": vars(probing),
            "contradiction": contradiction,
        }
    )
