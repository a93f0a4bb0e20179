"""How much traffic a PACS gets: what its administrator allows, and how it bears it."""

from datetime import date
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.configuration.week import WeekWindows
from radquarry.messages.kinds import Command, Event


class LoadLimits(BaseModel):
    """What a PACS may get from all of us together; None is: no such limit.

    On `holidays` the windows of Sunday hold, for the windows that begin on that day.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    associations: int = 2
    requests_per_hour: int | None = None
    studies_per_hour: int | None = None
    windows: WeekWindows = WeekWindows()
    holidays: tuple[date, ...] = ()


class LimitPacs(Command):
    """From now on these limits hold, instead of the configured ones; without `limits` the configured ones again."""

    topic: ClassVar[str] = "pacs.limit"

    pacs: str
    limits: LoadLimits | None = None
    requested_by: str = ""


class PacsLimited(Event):
    """These limits hold; `is_configured`: they are those of the configuration."""

    topic: ClassVar[str] = "pacs.limited"

    pacs: str
    limits: LoadLimits
    is_configured: bool
    requested_by: str = ""


class PacsTraffic(Event):
    """How a PACS bore the last minute. Counts are of this process alone: add those of one minute up.

    `associations_allowed` is what back-off leaves of the limit; `reason` says why it is less, or why nothing leaves.
    """

    topic: ClassVar[str] = "pacs.traffic"

    pacs: str
    source: str
    begun_at: AwareDatetime
    seconds: float
    requests: int = 0
    refused: int = 0
    failed: int = 0
    milliseconds_median: float | None = None
    milliseconds_slowest: float | None = None
    associations_allowed: int = 0
    reason: str = ""
