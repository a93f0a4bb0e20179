"""Pages of the embedded index: in the order of dates from a key on, by relevance in a state that is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from radquarry.index import cursors, embedded_answers
from radquarry.index.clauses import Clause, Similar, Words, wanted
from radquarry.index.document import Document, Hit, Page, Query
from radquarry.index.embedded_entry import LANGUAGES, NEWEST, OLDEST
from radquarry.index.embedded_query import Q, Terms, compiled, no_longer_there
from radquarry.index.passages import Passage
from radquarry.index.port import QueryRefused
from radquarry.index.snapshots import Snapshots

PAGE_OF_SCAN = 1000
MOST_OF_A_PATIENT = 1000


class View(Protocol[Q]):
    """One state of the index: what is added later does not show in it."""

    @property
    def terms(self) -> Terms[Q]:
        """What can be looked for."""

    def ranked(self, query: Q, limit: int, offset: int) -> list[tuple[float, Document]]:
        """The best hits with their scores."""

    def ordered(self, query: Q, field: str, limit: int) -> list[tuple[int, Document]]:
        """The first hits with their numbers in `field`: the greatest of `NEWEST`, the least of `OLDEST`."""

    def counted(self, query: Q, counting: dict[str, Any]) -> dict[str, Any]:
        """The answer to tantivy aggregations over all hits."""


ViewType = TypeVar("ViewType", bound=View[Any])


@dataclass(frozen=True)
class Place:
    """Where a walk in the order of dates goes on: behind the number `last` and the `seen` studies that share it."""

    last: int | None = None
    seen: tuple[str, ...] = ()


class Pages(Generic[ViewType]):
    """Pages of searches, and the states that searches by relevance still walk through."""

    def __init__(self) -> None:
        self._kept: Snapshots[ViewType] = Snapshots()

    def page(self, view: ViewType, query: Query, clause: Clause) -> Page:
        """See `Index.search`."""
        place = cursors.read(query)
        if query.sort == "relevance" and _weighable(clause):
            return self._by_relevance(view, query, clause, place)
        found = compiled(clause, query.filters, view.terms)
        field = OLDEST if query.sort == "oldest" else NEWEST
        documents, then = _after(view, found, field, query.limit, _place(place)) if query.limit else ([], None)
        after = cursors.written(query, {"last": then.last, "seen": then.seen}) if then else None
        hits = tuple(Hit(document=each, highlights=_why(view, each, clause)) for each in documents)
        return _page(view, found, hits, after)

    def _by_relevance(self, view: ViewType, query: Query, clause: Clause, place: dict[str, Any]) -> Page:
        view = self._kept.get(place.get("state")) or view
        found = compiled(clause, query.filters, view.terms)
        page, offset = _page(view, found, (), None), place.get("offset", 0)
        if not isinstance(offset, int) or not 0 <= offset <= page.total:
            raise QueryRefused("after: this is not a cursor that a page gave", 0)
        ranked = view.ranked(found, query.limit, offset) if query.limit else []
        hits = tuple(Hit(document=each, score=score, highlights=_why(view, each, clause)) for score, each in ranked)
        behind, after = offset + len(hits), None
        if hits and behind < page.total:
            after = cursors.written(query, {"state": self._kept.keep(view), "offset": behind})
        return page.model_copy(update={"hits": hits, "after": after})


def held(view: View[Q], uids: Sequence[str]) -> dict[str, Document]:
    """The documents there are of these studies."""
    found = view.ordered(view.terms.any_of("uid", uids), NEWEST, len(uids)) if uids else []
    return {document.study_instance_uid: document for _, document in found}


def of_patient(view: View[Q], key: str) -> list[Document]:
    """The studies under a `patient_key`, oldest first."""
    return [document for _, document in view.ordered(view.terms.any_of("patient", [key]), OLDEST, MOST_OF_A_PATIENT)]


def walk(view: View[Q], query: Query, clause: Clause) -> Iterator[list[Document]]:
    """Every hit in the order of dates, some at a time."""
    found = compiled(clause, query.filters, view.terms)
    place: Place | None = Place()
    while place is not None:
        field = OLDEST if query.sort == "oldest" else NEWEST
        documents, place = _after(view, found, field, PAGE_OF_SCAN, place)
        yield documents


def _weighable(clause: Clause) -> bool:
    return any(isinstance(leaf, Words | Similar) for leaf in wanted(clause))


def _why(view: View[Q], document: Document, clause: Clause) -> tuple[Passage, ...]:
    def stems(words: Sequence[str]) -> list[tuple[str, ...]]:
        return list(zip(*(view.terms.stems(language, words) for language in LANGUAGES), strict=True))

    return embedded_answers.why(document, wanted(clause), stems)


def _page(view: View[Q], found: Q, hits: tuple[Hit, ...], after: str | None) -> Page:
    answer = view.counted(found, embedded_answers.counting())
    gone = view.counted(view.terms.both([found, no_longer_there(view.terms)], []), embedded_answers.TOTAL)
    return Page(
        total=embedded_answers.total(answer),
        hits=hits,
        facets=embedded_answers.facets(answer, embedded_answers.total(gone)),
        months=embedded_answers.months(answer),
        after=after,
    )


def _place(cursor: dict[str, Any]) -> Place:
    last, seen = cursor.get("last"), cursor.get("seen", [])
    if not isinstance(last, int | None) or not isinstance(seen, list) or not -1 < (last or 0) < 2**64:
        raise QueryRefused("after: this is not a cursor that a page gave", 0)
    return Place(last, tuple(map(str, seen)))


def _after(view: View[Q], found: Q, field: str, limit: int, place: Place) -> tuple[list[Document], Place | None]:
    """The next `limit` hits behind `place`, and the place behind them unless there are no more."""
    if place.last is not None:
        bounds = (None, place.last) if field == NEWEST else (place.last, None)
        found = view.terms.both([found, view.terms.between(field, *bounds)], [])
    ordered = view.ordered(found, field, limit + len(place.seen) + 1)
    fresh = [(key, each) for key, each in ordered if each.study_instance_uid not in place.seen]
    here = fresh[:limit]
    if len(fresh) <= limit:
        return [each for _, each in here], None
    last = here[-1][0]
    seen = [each.study_instance_uid for key, each in here if key == last]
    if last == place.last:
        seen = [*place.seen, *seen]
    return [each for _, each in here], Place(last, tuple(seen))
