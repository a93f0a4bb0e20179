"""The conversation about a crawl: which days are asked, what each window gave."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from radquarry.messages.kinds import Command, Event


class CrawlRequested(Event):
    """Somebody wants to know what `pacs` holds from `start_date` to `end_date`, both included."""

    topic: ClassVar[str] = "crawl.requested"

    crawl_id: UUID
    pacs: str
    start_date: date
    end_date: date
    modalities: tuple[str, ...] = ()
    requested_by: str = ""


class FindWindow(Command):
    """Ask the PACS for one day, and one modality where the crawl names any (`""` is all of them)."""

    topic: ClassVar[str] = "window.find"

    crawl_id: UUID
    pacs: str
    day: date
    modality: str = ""


class Gap(BaseModel):
    """A stretch of a day the PACS could not be made to list completely, and why in plain words."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    begin: str
    end: str
    reason: str


class WindowClosed(Event):
    """The window was asked to its end; with `gaps` it is not complete.

    `studies` counts those that no other window of this crawl found before, so that the sum over all windows
    is the number of different studies.
    """

    topic: ClassVar[str] = "window.closed"

    crawl_id: UUID
    pacs: str
    day: date
    modality: str = ""
    studies: int
    queries: int
    gaps: tuple[Gap, ...] = ()


class CrawlPlanned(Event):
    """The crawl's windows are known and ordered."""

    topic: ClassVar[str] = "crawl.planned"

    crawl_id: UUID
    windows: int


class CancelCrawl(Command):
    """No further window of this crawl is asked."""

    topic: ClassVar[str] = "crawl.cancel"

    crawl_id: UUID


class CrawlCompleted(Event):
    """Every window was answered for, or the crawl was cancelled. Documents may still be on their way."""

    topic: ClassVar[str] = "crawl.completed"

    crawl_id: UUID
    windows_closed: int
    windows_with_gaps: int
    studies_found: int
    cancelled: bool = False
