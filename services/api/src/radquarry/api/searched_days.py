"""Which days and modalities a search is about: what its filters say of them, and what its words say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from radquarry.api.coverage import Coverage
from radquarry.api.coverage_reach import Reach
from radquarry.index.clauses import AllOf, AnyOf, Clause, Code, Days
from radquarry.index.document import Query
from radquarry.index.language import parse
from radquarry.index.port import QueryRefused


@dataclass(frozen=True)
class SearchedDays:
    """No hit lies outside: None is open, no `modalities` are all of them."""

    first: date | None = None
    last: date | None = None
    modalities: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """The search contradicts itself: nothing can be found."""
        return self.first is not None and self.last is not None and self.first > self.last


async def reach_of(coverage: Coverage, query: Query) -> Reach:
    """How far the answer to `query` can be trusted."""
    about = searched_days(query)
    return await coverage.reach(query.filters.pacs, about.first, about.last, tuple(sorted(about.modalities)))


def searched_days(query: Query) -> SearchedDays:
    """Of words that cannot be read, or that contradict the filters, only the filters count."""
    filters = query.filters
    beside = SearchedDays(filters.study_date_from, filters.study_date_to, frozenset(map(str.upper, filters.modality)))
    try:
        both = _all_of((beside, _said_by(parse(query.q))))
    except QueryRefused:
        return beside
    return beside if both.is_empty else both


def _said_by(clause: Clause) -> SearchedDays:
    match clause:
        case Days("study_date", begin, end):
            return SearchedDays(begin, end)
        case Code("modality", value):
            return SearchedDays(modalities=frozenset({value.upper()}))
        case AllOf(clauses):
            return _all_of(map(_said_by, clauses))
        case AnyOf(clauses):
            return _any_of(tuple(map(_said_by, clauses)))
        case _:
            return SearchedDays()


def _all_of(parts: Iterable[SearchedDays]) -> SearchedDays:
    """A study of several modalities is found where one of them is known: the first that is named will do."""
    every = tuple(parts)
    return SearchedDays(
        max((part.first for part in every if part.first), default=None),
        min((part.last for part in every if part.last), default=None),
        next((part.modalities for part in every if part.modalities), frozenset()),
    )


def _any_of(parts: tuple[SearchedDays, ...]) -> SearchedDays:
    firsts, lasts = [part.first for part in parts], [part.last for part in parts]
    known = [part.modalities for part in parts]
    return SearchedDays(
        None if None in firsts else min(filter(None, firsts), default=None),
        None if None in lasts else max(filter(None, lasts), default=None),
        frozenset().union(*known) if all(known) else frozenset(),
    )
