"""The conversation about a retrieval before it is ordered: what it would bring, and whether and when that fits."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.configuration.week import WeekWindows
from radquarry.messages.kinds import Command, Event
from radquarry.messages.retrievals import PriorsChoice, SeriesChoice
from radquarry.messages.studies import Series


class PlannedStudy(BaseModel):
    """A study that somebody may want, as it is known from the crawl: by its series, or by the numbers alone.

    With `sop_instance_uids` only so many of its instances are wanted.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    pacs: str
    series: tuple[Series, ...] = ()
    modalities_in_study: tuple[str, ...] = ()
    number_of_study_related_instances: int | None = None
    sop_instance_uids: tuple[str, ...] = ()


class EstimateRetrieval(Command):
    """Say what these studies would bring, and take; nothing is asked of any PACS, and nothing is ordered.

    The answer is a `RetrievalEstimated` whose `cause` is this message's `id`, within a second or two.
    """

    topic: ClassVar[str] = "retrieval.estimate"

    studies: tuple[PlannedStudy, ...]
    choice: SeriesChoice = SeriesChoice()
    priors: PriorsChoice | None = None
    not_before: AwareDatetime | None = None
    windows: WeekWindows = WeekWindows()


class PacsEstimate(BaseModel):
    """What one PACS would have to send, from when to when; `ends_at` is None when its windows never suffice."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pacs: str
    studies: int
    bytes_to_fetch: int
    work_hours: float
    """Hours of work, within its windows and at its pace."""
    ends_at: AwareDatetime | None = None


class RetrievalEstimated(Event):
    """What a retrieval would bring: `studies`, `series`, `instances`, `bytes` of all that is chosen.

    `instances_here` of them lie in the archive already; the rest is `instances_to_fetch` and `bytes_to_fetch`.
    `free_bytes` is what the archive's disk has left above its reserve, None when the mover does not see that disk; an
    order whose `estimated_bytes` is more than that is refused (`fits`). `hours` run from now to the last PACS's end,
    closed windows included, other work not; None when that is not known or never. `problems` say in plain words what
    was assumed or could not be counted.
    """

    topic: ClassVar[str] = "retrieval.estimated"

    studies: int
    series: int
    instances: int
    bytes: int
    instances_here: int
    instances_to_fetch: int
    bytes_to_fetch: int
    free_bytes: int | None = None
    fits: bool = True
    hours: float | None = None
    ends_at: AwareDatetime | None = None
    of_pacs: tuple[PacsEstimate, ...] = ()
    problems: tuple[str, ...] = ()
