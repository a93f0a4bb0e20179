"""What can be asked in a crawl: days, a list, queries, or a list that a RIS gives; one of them each time."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

from radquarry.api.listers import Lister, check_ris
from radquarry.api.problems import invalid, unknown_pacs
from radquarry.api.storable import storable
from radquarry.dicom.accession import WILDCARDS
from radquarry.messages import CrawlRequested, Row
from radquarry.messages.lookups import QueryOrder

Way = Literal["dates", "rows", "queries", "ris"]

MOST_DAYS = 36_525
MOST_MODALITIES = 50
MOST_ROWS = 50_000
MOST_LETTERS = 4_000_000
"""Of a whole list: one message holds it, and RabbitMQ takes 16 MiB."""
MOST_QUERIES = 1_000
MOST_KEYS = 100
MOST_CHARACTERS = 64
"""Of an identifier: the longest a DICOM LO or UI value may be (PS3.5 §6.2)."""
MOST_VALUE = 1024
IDENTIFIERS = ("accession_number", "study_instance_uid", "patient_id")
KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")


@dataclass(frozen=True)
class CrawlOrder:
    """What to ask of `pacs`; `CrawlRequested` says what the fields mean."""

    pacs: str
    start_date: date | None = None
    end_date: date | None = None
    modalities: tuple[str, ...] = ()
    study_description: str = ""
    institution_name: str = ""
    rows: tuple[Row, ...] = ()
    queries: tuple[QueryOrder, ...] = ()
    ris: str = ""
    ris_filter: Mapping[str, str] = field(default_factory=dict)

    def message(self, crawl_id: UUID, sent_at: datetime, user: str) -> CrawlRequested:
        """The order as it is published."""
        return CrawlRequested(
            trail=crawl_id,
            sent_at=sent_at,
            crawl_id=crawl_id,
            requested_by=user,
            **{name: getattr(self, name) for name in self.__dataclass_fields__ if name != "ris_filter"},
            ris_filter=dict(self.ris_filter),
        )


@dataclass(frozen=True)
class _Days:
    pacs: str
    start_date: date | None
    end_date: date | None
    modalities: tuple[str, ...]


@dataclass(frozen=True)
class _Other:
    pacs: str
    digest: str


def named(order: CrawlOrder) -> object:
    """What an Idempotency-Key stands for: short, however long the list is."""
    days = _Days(order.pacs, order.start_date, order.end_date, order.modalities)
    if order == CrawlOrder(**vars(days)):
        return days
    said = order.message(UUID(int=0), datetime.now(UTC), "").model_dump_json(exclude={"id", "sent_at"})
    return _Other(order.pacs, hashlib.sha256(said.encode()).hexdigest())


def way_of(order: CrawlOrder | CrawlRequested) -> Way:
    """In which of the four ways it asks."""
    if order.queries:
        return "queries"
    if order.rows:
        return "rows"
    return "ris" if order.ris else "dates"


def asked_in(order: CrawlRequested) -> dict[str, object]:
    """The order as a crawl's row keeps it, without its list."""
    return {
        "pacs": order.pacs,
        "way": way_of(order),
        "start_date": order.start_date,
        "end_date": order.end_date,
        "modalities": ",".join(order.modalities),
        "study_description": storable(order.study_description),
        "institution_name": storable(order.institution_name),
        "ris": storable(order.ris),
        "ris_filter": json.dumps(order.ris_filter) if order.ris_filter else "",
        "origin": order.origin,
        "requested_by": order.requested_by[:200],
        "requested_at": order.sent_at,
    }


def check(order: CrawlOrder, known: Collection[str], listing: Mapping[str, Lister]) -> None:
    """Raise the problem to show where it cannot be ordered; `listing` are the RIS that can give lists."""
    if order.pacs not in known:
        raise unknown_pacs(order.pacs, known, status=422)
    if len(order.modalities) > MOST_MODALITIES:
        raise invalid(f"A crawl names at most {MOST_MODALITIES} modalities.")
    match way_of(order):
        case "dates":
            _check_days(order)
        case "rows":
            _check_rows(order.rows)
        case "queries":
            _check_queries(order.queries)
        case "ris":
            check_ris(order.ris, order.ris_filter, order.pacs, listing)


def _check_days(order: CrawlOrder) -> None:
    if order.start_date is None or order.end_date is None:
        raise invalid("A crawl asks for days (start_date and end_date), a list, queries, or a RIS.")
    if order.start_date > order.end_date:
        raise invalid(f"start_date {order.start_date} is after end_date {order.end_date}.")
    if (order.end_date - order.start_date).days >= MOST_DAYS:
        raise invalid("A crawl asks for at most 100 years.")
    for name in ("study_description", "institution_name"):
        text = getattr(order, name)
        if len(text) > MOST_CHARACTERS or "\\" in text or not text.isprintable():
            raise invalid(f"{name} has at most {MOST_CHARACTERS} characters, no backslash and no line end.")


def _check_rows(rows: Collection[Row]) -> None:
    """Rows without a number are let through: each gets its result."""
    if len(rows) > MOST_ROWS:
        raise invalid(f"A list has at most {MOST_ROWS} rows, this one has {len(rows)}: split it.")
    if sum(len(getattr(row, name)) for row in rows for name in IDENTIFIERS) > MOST_LETTERS:
        raise invalid("The list is too large for one crawl: split it.")
    for row in rows:
        for name in (*IDENTIFIERS, "modality"):
            if len(getattr(row, name)) > MOST_CHARACTERS:
                raise invalid(f"Row {row.number}: {name} has more than {MOST_CHARACTERS} characters.")
        if WILDCARDS & set(row.accession_number):
            raise invalid(f"Row {row.number}: its accession number holds a wildcard (* ? \\) and would match others.")


def _check_queries(queries: Collection[QueryOrder]) -> None:
    if len(queries) > MOST_QUERIES:
        raise invalid(f"A crawl has at most {MOST_QUERIES} queries, this one has {len(queries)}: split it.")
    for number, query in enumerate(queries, 1):
        if reason := _refused(query):
            raise invalid(f"Query {number}: {reason}.")


def _refused(query: QueryOrder) -> str:
    """Why this cannot be asked, without its values; empty where it can."""
    if not query:
        return "it is empty"
    if len(query) > MOST_KEYS:
        return f"it has more than {MOST_KEYS} keys"
    if any(not KEYWORD.fullmatch(key) for key in query):
        return "a key is no DICOM keyword, such as PatientID"
    if any(len(value) > MOST_VALUE for value in query.values()):
        return f"a value has more than {MOST_VALUE} characters"
    if query.get("QueryRetrieveLevel", "STUDY") not in LEVELS:
        return f"QueryRetrieveLevel is one of {', '.join(LEVELS)}"
    return ""
