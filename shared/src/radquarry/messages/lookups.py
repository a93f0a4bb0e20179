"""The conversation about lists: rows of numbers that people have, and C-FIND identifiers as they are."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from radquarry.messages.kinds import Command, Event
from radquarry.messages.studies import Link

QueryOrder = dict[str, str]
"""DICOM keyword → value, `QueryRetrieveLevel` among them; `*` or empty is: return it."""


class Row(BaseModel):
    """One row of a list. `number` counts from 1; at least one of the three identifiers is filled in.

    `study_date` and `modality` are what the list knows beside them, for the fall-back by patient and date.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    number: int
    accession_number: str = ""
    study_instance_uid: str = ""
    patient_id: str = ""
    study_date: date | None = None
    modality: str = ""


class RowResult(BaseModel):
    """What became of one row, or of one query (then `number` is its place, from 1, and `link` is empty).

    `studies` counts what was found; of `study_instance_uids` at most 100 are named. `problem` says in plain words,
    without anything of the patient, why there is nothing or why it may not be all; a row that was asked for
    properly and is not there has link `none` and a problem that says so. `is_gap`: the PACS could not be asked to the
    end.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    number: int
    link: Link | None = None
    studies: int = 0
    study_instance_uids: tuple[str, ...] = ()
    problem: str = ""
    is_gap: bool = False


class RowsListed(Event):
    """The RIS gave a portion of the rows a crawl asked it for. `portion` counts from 0; the last one says so."""

    topic: ClassVar[str] = "rows.listed"

    crawl_id: UUID
    pacs: str
    ris: str
    portion: int
    rows: tuple[Row, ...]
    is_last: bool
    modalities: tuple[str, ...] = ()


class FindRows(Command):
    """Look these rows up in the PACS. `portion` names them within the crawl."""

    topic: ClassVar[str] = "rows.find"

    crawl_id: UUID
    pacs: str
    portion: int
    rows: tuple[Row, ...]
    modalities: tuple[str, ...] = ()


class FindQueries(Command):
    """Ask the PACS these queries. `first` is the place (from 1) of the first one in the order."""

    topic: ClassVar[str] = "queries.find"

    crawl_id: UUID
    pacs: str
    portion: int
    first: int
    queries: tuple[QueryOrder, ...]
    modalities: tuple[str, ...] = ()


class PortionClosed(Event):
    """A portion of rows or queries was asked to its end, with one result each.

    `studies` counts those that no other portion of this crawl found before.
    """

    topic: ClassVar[str] = "portion.closed"

    crawl_id: UUID
    pacs: str
    portion: int
    results: tuple[RowResult, ...]
    studies: int
    queries: int
    is_unasked: bool = False
