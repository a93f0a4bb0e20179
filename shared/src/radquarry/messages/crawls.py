"""The conversation about a crawl: what is asked of a PACS, and what each part of it gave."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from radquarry.messages.kinds import Command, Event
from radquarry.messages.lookups import QueryOrder, Row


class CrawlRequested(Event):
    """Somebody wants to know what `pacs` holds; exactly one of four ways to ask is filled in.

    Dates: from `start_date` to `end_date`, both included, with the keys below them. `rows`: a list, one result a row.
    `queries`: C-FIND identifiers as they are. `ris`: the rows come from this RIS, chosen by `ris_filter` (parameter →
    value). `modalities` are those wanted, whatever the way; empty is all. `origin` tells a person's order from the
    worklist's own.
    """

    topic: ClassVar[str] = "crawl.requested"

    crawl_id: UUID
    pacs: str
    start_date: date | None = None
    end_date: date | None = None
    modalities: tuple[str, ...] = ()
    study_description: str = ""
    institution_name: str = ""
    rows: tuple[Row, ...] = ()
    queries: tuple[QueryOrder, ...] = ()
    ris: str = ""
    ris_filter: dict[str, str] = Field(default_factory=dict)
    requested_by: str = ""
    origin: Literal["person", "worklist"] = "person"


class FindWindow(Command):
    """Ask the PACS for one day, and one modality where the crawl names any (`""` is all of them).

    Where the crawl has a `study_description` or an `institution_name` (wildcards allowed), only such studies are
    wanted, and the window says nothing about the day's coverage.
    """

    topic: ClassVar[str] = "window.find"

    crawl_id: UUID
    pacs: str
    day: date
    modality: str = ""
    study_description: str = ""
    institution_name: str = ""
    origin: Literal["person", "worklist"] = "person"


class Gap(BaseModel):
    """A stretch of a day the PACS could not be made to list completely, and why in plain words."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    begin: str
    end: str
    reason: str


class WindowClosed(Event):
    """The window was asked to its end; with `gaps` it is not complete.

    `studies` counts those that no other window of this crawl found before, so that the sum over all windows
    is the number of different studies. `is_narrowed`: only some studies of the day were wanted. `is_unasked`: the crawl
    was cancelled before its turn, and the window is asked when it is resumed.
    """

    topic: ClassVar[str] = "window.closed"

    crawl_id: UUID
    pacs: str
    day: date
    modality: str = ""
    studies: int
    queries: int
    gaps: tuple[Gap, ...] = ()
    is_narrowed: bool = False
    is_unasked: bool = False


class CrawlPlanned(Event):
    """The crawl's windows, or portions of rows or queries, are known and ordered."""

    topic: ClassVar[str] = "crawl.planned"

    crawl_id: UUID
    windows: int


class CancelCrawl(Command):
    """No further window of this crawl is asked."""

    topic: ClassVar[str] = "crawl.cancel"

    crawl_id: UUID


class ResumeCrawl(Command):
    """What a cancelled crawl left unasked is asked after all."""

    topic: ClassVar[str] = "crawl.resume"

    crawl_id: UUID


class CrawlResumed(Event):
    """A cancelled crawl goes on; its unasked windows are open again."""

    topic: ClassVar[str] = "crawl.resumed"

    crawl_id: UUID


class CrawlCompleted(Event):
    """Every window was answered for, or the crawl was cancelled. Documents may still be on their way."""

    topic: ClassVar[str] = "crawl.completed"

    crawl_id: UUID
    windows_closed: int
    windows_with_gaps: int
    studies_found: int
    cancelled: bool = False
