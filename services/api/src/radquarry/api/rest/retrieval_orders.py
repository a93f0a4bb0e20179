"""What a retrieval, or an estimate of one, can be asked for over REST."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from radquarry.api.rest.asking import refuse_later
from radquarry.api.retrieval_views import MOST_WINDOWS
from radquarry.api.retrievals import MOST_INSTANCES, MOST_STUDIES, RetrievalOrder
from radquarry.configuration.week import WeekWindows
from radquarry.messages import PriorsChoice, SeriesChoice

LATER = ("cohort", "destination", "deidentify")
MOST_IMAGES = 1_000_000
MOST_BYTES = 2**53
FARTHEST = timedelta(days=3660)

Uid = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=r"^[0-9]+(\.[0-9]+)*$")]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Window = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Images = Annotated[int, Field(ge=0, le=MOST_IMAGES)]
Months = Annotated[int, Field(ge=1, le=1200)]
Newest = Annotated[int, Field(ge=1, le=1000)]

EXAMPLES: list[Any] = [
    {"studies": ["1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"]},
    {
        "studies": ["1.2.826.0.1.3680043.8.498.1"],
        "series": {
            "modality": ["CT"],
            "body_part": ["CHEST"],
            "include_description": ["lung", "thx*1?0"],
            "exclude_description": ["scout"],
            "min_images": 20,
            "thinnest_axial": True,
        },
        "priors": {"newest": 2, "within_months": 24, "same_body_part": True},
        "not_before": "2024-06-28T20:00:00+02:00",
        "estimated_bytes": 215482368,
        "windows": ["mon-fri 20:00-06:00", "sat-sun 00:00-24:00"],
    },
    {
        "studies": [
            {
                "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
                "sop_instance_uids": ["1.2.826.0.1.3680043.8.498.1.1.7"],
            }
        ],
        "priority": 5,
    },
]


class Series(BaseModel):
    """Which series; nothing named is all.

    A description matches in any case: as a part, or as a whole where the pattern holds `*` or `?`.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    modality: tuple[Annotated[Words, StringConstraints(to_upper=True)], ...] = Field((), max_length=50)
    include_description: tuple[Words, ...] = Field((), max_length=50)
    exclude_description: tuple[Words, ...] = Field((), max_length=50)
    body_part: tuple[Words, ...] = Field((), max_length=50, description="As the PACS tells it, in any case.")
    min_images: Images | None = Field(None, description="Of what the PACS holds of a series.")
    max_images: Images | None = None
    thinnest_axial: bool = Field(
        default=False, description="Of the series that all the rest has chosen, the axial one with the thinnest slices."
    )

    @model_validator(mode="after")
    def _leaves_some(self) -> "Series":
        if self.min_images is not None and self.max_images is not None and self.min_images > self.max_images:
            raise ValueError("min_images is more than max_images")
        return self


class Priors(BaseModel):
    """Which earlier studies of the same patient come too, each with the same choice of series; no rule is all."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    newest: Newest | None = Field(None, description="At most so many, the newest first.")
    within_months: Months | None = Field(None, description="Before the study's own date.")
    same_modality: bool = False
    same_body_part: bool = False


class ImagesOfStudy(BaseModel):
    """Only these instances of a study."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    study_instance_uid: Uid
    sop_instance_uids: tuple[Uid, ...] = Field(min_length=1, max_length=MOST_INSTANCES)


def _form(study: Any) -> str:
    """A study by its UID alone is wanted whole; so a fault is told of the form that was meant."""
    return "uid" if isinstance(study, str) else "images"


WantedStudy = Annotated[
    Annotated[Uid, Tag("uid")] | Annotated[ImagesOfStudy, Tag("images")],
    Discriminator(_form),
]


class RetrievalRequest(BaseModel):
    """The studies to bring home: whole, by the series that are chosen, or some of their instances."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": EXAMPLES})

    studies: tuple[WantedStudy, ...] = Field(
        min_length=1,
        max_length=MOST_STUDIES,
        description=f"At most {MOST_INSTANCES} instances are named. A study that is also named whole comes whole.",
    )
    series: Series = Series()
    priors: Priors | None = Field(None, description="Null: no earlier study.")
    priority: int = Field(
        0, ge=-100, le=100, description="Higher is sooner; more than 0 is urgent, which administrators may order."
    )
    not_before: AwareDatetime | None = Field(None, description="No PACS is asked for it before.")
    estimated_bytes: int | None = Field(
        None,
        ge=0,
        le=MOST_BYTES,
        description="`bytes_to_fetch` of the estimate: when the archive's disk cannot take it, nothing is fetched.",
    )

    windows: tuple[Window, ...] = Field(
        (),
        max_length=MOST_WINDOWS,
        description="Hours of the order's own, in the hospital's time, in which alone its studies are begun; "
        "those of the PACS hold, too. Empty: any time.",
    )

    @field_validator("windows")
    @classmethod
    def _of_the_week(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        WeekWindows(lines)
        return lines

    @model_validator(mode="before")
    @classmethod
    def _no_later_form(cls, value: Any) -> Any:
        return refuse_later(value, LATER, "A retrieval with")

    @field_validator("not_before")
    @classmethod
    def _in_our_time(cls, moment: datetime | None) -> datetime | None:
        """In UTC, so that the same moment is the same order."""
        if moment is None:
            return None
        if abs(moment - datetime.now(UTC)) > FARTHEST:
            raise ValueError("not_before is more than ten years away")
        return moment.astimezone(UTC)

    def wanted(self) -> RetrievalOrder:
        """The order."""
        whole = {study for study in self.studies if isinstance(study, str)}
        instances: dict[str, tuple[str, ...]] = {}
        for study in self.studies:
            if isinstance(study, ImagesOfStudy) and study.study_instance_uid not in whole:
                named = (*instances.get(study.study_instance_uid, ()), *study.sop_instance_uids)
                instances[study.study_instance_uid] = tuple(dict.fromkeys(named))
        return RetrievalOrder(
            studies=tuple(study if isinstance(study, str) else study.study_instance_uid for study in self.studies),
            series=SeriesChoice(**dict(self.series)),
            instances=instances,
            priors=None if self.priors is None else PriorsChoice(**dict(self.priors)),
            priority=self.priority,
            not_before=self.not_before,
            estimated_bytes=self.estimated_bytes,
            windows=self.windows,
        )
