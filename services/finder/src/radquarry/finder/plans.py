"""What a crawl falls into, whichever of the four ways it is asked for; and which orders make no sense."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

from radquarry.dicom.accession import WILDCARDS
from radquarry.errors import Permanent
from radquarry.finder.day_windows import windows
from radquarry.finder.matching import is_universal
from radquarry.finder.queries import QueryRefused, checked
from radquarry.messages import Command, CrawlRequested, FindQueries, FindRows, FindWindow, RowsListed

Item = TypeVar("Item")

MOST_DAYS = 200 * 366
MODALITY = re.compile(r"[A-Z0-9_]{1,16}")
ROWS_TOGETHER = 20
"""Rows of a portion: some seconds of work, lost when it is killed in the middle."""
MOST_ROWS = 200_000
MOST_QUERIES = 20_000
MOST_NAMED = 5
MOST_CHARACTERS = 64


class CrawlRefused(Permanent):
    """The crawl cannot be asked for like this."""


def check(order: CrawlRequested) -> None:
    """Raises `CrawlRefused` with what to mend, and nothing of a patient."""
    ways = [
        ("start_date and end_date", order.start_date is not None or order.end_date is not None),
        ("rows", bool(order.rows)),
        ("queries", bool(order.queries)),
        ("ris", bool(order.ris)),
    ]
    chosen = [name for name, is_chosen in ways if is_chosen]
    if len(chosen) != 1:
        named = " and ".join(chosen) or "nothing"
        raise CrawlRefused(f"a crawl is asked for by dates, rows, queries or a RIS: one of them, here it is {named}")
    if not all(MODALITY.fullmatch(modality) for modality in order.modalities):
        raise CrawlRefused("modalities are defined terms such as CT or MR, without wildcards")
    _check_dates(order)
    _check_rows(order)
    _check_queries(order)


def pieces(order: CrawlRequested) -> Iterator[Command]:
    """The windows or portions of a crawl by dates, rows or queries; `check` has passed it."""
    if order.start_date is not None and order.end_date is not None:
        yield from windows(order, order.start_date, order.end_date)
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "modalities": order.modalities}
    for portion, rows in enumerate(_in_parts(order.rows, ROWS_TOGETHER)):
        yield FindRows.after(order, portion=portion, rows=rows, **about)
    for portion, query in enumerate(order.queries):
        yield FindQueries.after(order, portion=portion, first=portion + 1, queries=(query,), **about)


def portions_of(listed: RowsListed) -> list[FindRows]:
    """The portions of one part of a RIS's list; their numbers are those of no other part."""
    about = {"crawl_id": listed.crawl_id, "pacs": listed.pacs, "modalities": listed.modalities}
    numbers = count(listed.portion * (MOST_ROWS // ROWS_TOGETHER))
    return [
        FindRows.after(listed, portion=number, rows=rows, **about)
        for number, rows in zip(numbers, _in_parts(listed.rows, ROWS_TOGETHER), strict=False)
    ]


def narrowing(order: CrawlRequested | FindWindow) -> dict[str, str]:
    """DICOM keyword → pattern, of those keys that leave out some studies of a day."""
    keys = {"StudyDescription": order.study_description.strip(), "InstitutionName": order.institution_name.strip()}
    return {keyword: pattern for keyword, pattern in keys.items() if not is_universal(pattern)}


def _check_dates(order: CrawlRequested) -> None:
    if order.start_date is None and order.end_date is None:
        if narrowing(order):
            raise CrawlRefused("study_description and institution_name go with start_date and end_date")
        return
    if order.start_date is None or order.end_date is None:
        raise CrawlRefused("start_date and end_date go together")
    days = (order.end_date - order.start_date).days + 1
    if days < 1:
        raise CrawlRefused(f"start_date {order.start_date} lies after end_date {order.end_date}")
    if days > MOST_DAYS:
        raise CrawlRefused(f"{order.start_date} to {order.end_date} is more than 200 years: ask for less at once")
    for keyword, pattern in narrowing(order).items():
        if len(pattern) > MOST_CHARACTERS or "\\" in pattern or not pattern.isprintable():
            raise CrawlRefused(f"{keyword} has at most {MOST_CHARACTERS} characters, no backslash and no controls")


def _check_rows(order: CrawlRequested) -> None:
    if len(order.rows) > MOST_ROWS:
        raise CrawlRefused(f"more than {MOST_ROWS} rows: ask for fewer at once")
    wild = [str(row.number) for row in order.rows if WILDCARDS & set(row.accession_number)]
    if wild:
        more = f" and {len(wild) - MOST_NAMED} more" if len(wild) > MOST_NAMED else ""
        named = ", ".join(wild[:MOST_NAMED])
        raise CrawlRefused(f"an accession number holds a wildcard (* ? \\) and would match others: row {named}{more}")


def _check_queries(order: CrawlRequested) -> None:
    if len(order.queries) > MOST_QUERIES:
        raise CrawlRefused(f"more than {MOST_QUERIES} queries: ask for fewer at once")
    for number, query in enumerate(order.queries, start=1):
        try:
            checked(query)
        except QueryRefused as refused:
            raise CrawlRefused(f"query {number}: {refused}") from None


def _in_parts(items: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
