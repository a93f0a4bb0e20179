"""What a PACS can do, found by asking it, and what later contradicts that."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from radquarry.messages.kinds import Command, Event

QueryLevel = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]
KeySupport = Literal["matched", "returned", "ignored"]
"""An optional key narrows the answer; or comes back filled in, but narrows nothing; or neither."""


class PacsProfile(BaseModel):
    """One PACS as it was found; None or empty is: could not be told from what the PACS holds.

    `find_limit` is the most answers one C-FIND gives, None when an answer showed no limit up to `longest_answer`.
    `keys`: DICOM keyword → what becomes of it at study level. `wildcards`: which of `*` and `?` work.
    `charset` is the SpecificCharacterSet of its answers, "" when it names none.
    `associations`: how many at once it took, up to `associations_tried`.
    `storage_contexts`: SOP class UIDs of which it takes the storage role-selection for C-GET, or accepts C-STORE.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    probed_at: AwareDatetime
    find_limit: int | None = None
    longest_answer: int = 0
    models: tuple[Literal["patient-root", "study-root"], ...] = ()
    levels: tuple[QueryLevel, ...] = ()
    keys: dict[str, KeySupport] = {}
    wildcards: str = ""
    date_ranges: bool | None = None
    time_ranges: bool | None = None
    charset: str | None = None
    associations: int = 0
    associations_tried: int = 0
    c_get: bool | None = None
    c_move: bool | None = None
    storage_contexts: tuple[str, ...] = ()
    milliseconds: float | None = None
    notes: tuple[str, ...] = ()


class ProbePacs(Command):
    """Find out what this PACS can do."""

    topic: ClassVar[str] = "pacs.probe"

    pacs: str
    requested_by: str = ""


class PacsProbed(Event):
    """What the probing came to: a profile, or a problem in plain words."""

    topic: ClassVar[str] = "pacs.probed"

    pacs: str
    profile: PacsProfile | None = None
    problem: str = ""


class PacsContradicted(Event):
    """The PACS now does otherwise than its profile says: it should be probed again.

    `kind` is the same when the same thing is seen again; `crawl_id` is the crawl that met it, which says so once.
    """

    topic: ClassVar[str] = "pacs.contradicted"

    pacs: str
    kind: str = ""
    reason: str
    seen_at: AwareDatetime
    crawl_id: UUID | None = None
