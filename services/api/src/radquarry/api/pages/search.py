"""The search page: one field, facets, a histogram, hits."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from radquarry.api.pages.address import SORTS, Asked
from radquarry.api.pages.facets import Chip, Facet, chips, facets
from radquarry.api.pages.frame import Notice
from radquarry.api.pages.histogram import Histogram, histogram
from radquarry.api.pages.study_line import StudyLine, study_line
from radquarry.api.pages.visible import shortened, visible
from radquarry.api.pages.wording import Language
from radquarry.index.document import Hit, Page, Piece, Query
from radquarry.index.meaning import meaning
from radquarry.index.port import Index, QueryRefused

LONGEST_PASSAGE = 400


class CursorSpent(Exception):  # noqa: N818 - nobody's mistake: the page is gone, the first one is there
    """The cursor belongs to another search, or to none any more."""


@dataclass(frozen=True)
class HitRow:
    """A hit: its line, and the passages that made it one."""

    line: StudyLine
    passages: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True)
class QueryError:
    """What could not be read: the query before the character, the character, the rest, and what was expected.

    `name` is what the sentence `expected` has in its place `{name}`.
    """

    before: str
    character: str
    behind: str
    expected: str
    name: str


@dataclass(frozen=True)
class Results:
    """One page of what was found."""

    total: int
    hits: tuple[HitRow, ...]
    facets: tuple[Facet, ...]
    histogram: Histogram | None
    next_href: str
    first_href: str
    csv_href: str
    sorts: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class SearchPage:
    """`asked` as typed; `results` of it, or of the last query that could be read, or None.

    `meaning` is the query in words; `filled` says whether there is anything to search in at all; `doubts` are the
    searched days that are not known to their end; of the `viewable` studies there are images here.
    """

    asked: Asked
    meaning: str
    chips: tuple[Chip, ...]
    results: Results | None
    error: QueryError | None
    examples: tuple[str, ...]
    filled: bool
    kept: str
    kept_filters: tuple[tuple[str, str], ...]
    doubts: tuple[Notice, ...] = ()
    viewable: frozenset[str] = frozenset()


async def search_page(asked: Asked, index: Index, language: Language, examples: Sequence[str]) -> SearchPage:
    """What the index answers to `asked`. Raises `CursorSpent`, and `PeerAway` when nobody answers."""
    error, shown, found = None, asked, None
    try:
        found = await index.search(asked.query())
    except QueryRefused as refused:
        if asked.after and str(refused).startswith("after:"):
            raise CursorSpent from None
        error, shown = _explained(asked.q, refused), replace(asked, q=asked.last or "", after=None)
        if asked.last is not None:
            found = await _last_good(shown, index)
    return SearchPage(
        asked=asked,
        meaning="" if error else _meaning(asked, language),
        chips=chips(asked),
        results=_results(found, shown) if found else None,
        error=error,
        examples=tuple(examples),
        filled=bool(found and found.total) or await index.count() > 0,
        kept=shown.q,
        kept_filters=tuple(asked.filter_pairs()),
    )


async def working(candidates: Sequence[str], index: Index, most: int) -> tuple[str, ...]:
    """The first `most` of these queries that find something in this index."""
    pages = await asyncio.gather(*(index.search(Query(q=q, limit=0)) for q in candidates))
    return tuple(q for q, page in zip(candidates, pages, strict=True) if page.total)[:most]


def _meaning(asked: Asked, language: Language) -> str:
    """The query in words, where they say more than the query itself."""
    words = meaning(asked.q, asked.filters, language) if asked.q else ""
    return "" if words.lower() == asked.q.lower() else words


async def _last_good(asked: Asked, index: Index) -> Page | None:
    try:
        return await index.search(asked.query())
    except QueryRefused:
        return None


def _explained(q: str, refused: QueryRefused) -> QueryError:
    at = min(max(refused.position, 0), len(q))
    sentence, nearest, name = str(refused).partition("; the nearest is ")
    expected = f"{sentence}{nearest}{{name}}" if nearest else sentence
    return QueryError(visible(q[:at]), visible(q[at : at + 1]), visible(q[at + 1 :]), expected, name)


def _results(page: Page, asked: Asked) -> Results:
    return Results(
        total=page.total,
        hits=tuple(HitRow(study_line(hit.document), tuple(_passages(hit))) for hit in page.hits),
        facets=facets(page.facets, asked),
        histogram=histogram(page.months, asked),
        next_href=replace(asked, after=page.after, last=None).href() if page.after else "",
        first_href=replace(asked, after=None, last=None).href() if asked.after else "",
        csv_href=_csv_href(asked),
        sorts=tuple(_sorts(asked)),
    )


def _sorts(asked: Asked) -> Iterator[tuple[str, str, bool]]:
    """Order, its address, whether it is the one on the screen; relevance needs words."""
    current = asked.query().sort
    for sort in SORTS:
        if sort != "relevance" or asked.q:
            yield sort, replace(asked, sort=sort, after=None, last=None).href(), sort == current


def _csv_href(asked: Asked) -> str:
    href = replace(asked, after=None, last=None).href("/api/v1/studies")
    return f"{href}{'&' if '?' in href else '?'}format=csv"


def _passages(hit: Hit) -> Iterator[tuple[Piece, ...]]:
    """At most two passages of bounded length; what the index cut is shown as it is."""
    for passage in hit.highlights[:2]:
        left, pieces = LONGEST_PASSAGE, list[Piece]()
        for piece in passage:
            text, cut = shortened(re.sub(r"\s+", " ", visible(piece.text)), left)
            pieces.append(Piece(text=f"{text} …" if cut else text, match=piece.match))
            left -= len(text)
            if cut or left <= 0:
                break
        if pieces and not pieces[-1].text.rstrip().endswith((".", "!", "?", "…")):
            pieces.append(Piece(text=" …"))
        yield tuple(pieces)
