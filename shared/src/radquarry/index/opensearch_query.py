"""Clauses and filters in OpenSearch's query language, and what to count and highlight."""

from collections.abc import Iterator, Sequence
from typing import Any

from radquarry.index import clauses as c
from radquarry.index.document import Filters, Query
from radquarry.index.fields import ANYWHERE, kind_of
from radquarry.index.opensearch_mapping import FACETS, HAS_REPORT, LANGUAGES, NEWEST, OLDEST, PATHS

Dsl = dict[str, Any]

MOST_VALUES = 50
EITHER_WAY = {"has_report": {"exists": {"field": HAS_REPORT}}, "is_gone": {"exists": {"field": "gone_at"}}}
"""Filters that are true, false, or not there, and what makes them true."""
HIGHLIGHTED = {
    "report.text": (ANYWHERE, "report"),
    "study.study_description": (ANYWHERE, "description", "study_description"),
    "study.series.series_description": (ANYWHERE, "description", "series_description"),
}
"""Texts in whose passages a match is shown, in this order, and the fields a query finds them by."""


def compiled(clause: c.Clause, filters: Filters) -> Dsl:
    """The documents that `clause` and `filters` ask for."""
    return {
        "bool": {
            "must": [_clause(clause)],
            "filter": list(_demanded(filters)),
            "must_not": _any_value("modality", filters.exclude_modality),
        }
    }


def by_date(query: Query) -> Dsl:
    """Newest first, unless the oldest are asked for."""
    return {"sort": [{OLDEST: "asc"} if query.sort == "oldest" else {NEWEST: "desc"}]}


def order(query: Query, clause: c.Clause) -> Dsl:
    """By relevance where there are words to weigh, else by date."""
    weighed = any(isinstance(leaf, c.Words | c.Similar) for leaf in c.wanted(clause))
    if query.sort == "relevance" and weighed:
        return {"sort": [{"_score": "desc"}, {NEWEST: "desc"}], "track_scores": True}
    return by_date(query)


def counting() -> Dsl:
    """Aggregations for the facets and the months; single-shard counts are exact, `shard_size` keeps others so."""
    facets = {
        name: {"terms": {"field": path, "size": MOST_VALUES, "shard_size": 10_000}} for name, path in FACETS.items()
    }
    return {
        **facets,
        **{
            name: {"filters": {"filters": {"true": condition, "false": {"bool": {"must_not": condition}}}}}
            for name, condition in EITHER_WAY.items()
        },
        "month": {
            "date_histogram": {
                "field": PATHS["study_date"],
                "calendar_interval": "month",
                "format": "yyyy-MM",
                "min_doc_count": 1,
            }
        },
    }


def highlighting(clause: c.Clause, marks: tuple[str, str]) -> Dsl:
    """Passages of the texts in which positive words of the query lie, each match between the two `marks`."""
    fields = {}
    for path, asked in HIGHLIGHTED.items():
        leaves = [leaf for leaf in c.wanted(clause) if getattr(leaf, "field", None) in asked]
        for language in LANGUAGES:
            field = f"{path}.{language}"
            if shown := [query for leaf in leaves for query in _within(leaf, field, field)]:
                fields[field] = {"highlight_query": {"bool": {"should": shown}}}
    return {
        "type": "unified",
        "pre_tags": [marks[0]],
        "post_tags": [marks[1]],
        "fragment_size": 180,
        "number_of_fragments": 3,
        "max_analyzer_offset": 999_999,
        "fields": fields,
    }


def _demanded(filters: Filters) -> Iterator[Dsl]:
    for name in FACETS:
        yield from _any_value(name, getattr(filters, name))
    for name, condition in EITHER_WAY.items():
        wanted = getattr(filters, name)
        if wanted is not None:
            yield condition if wanted else {"bool": {"must_not": condition}}
    if filters.study_date_from or filters.study_date_to:
        yield _days(c.Days("study_date", filters.study_date_from, filters.study_date_to))


def _any_value(name: str, values: Sequence[str]) -> list[Dsl]:
    return [{"terms": {FACETS[name]: list(values)}}] if values else []


def _clause(clause: c.Clause) -> Dsl:
    match clause:
        case c.AllOf(parts):
            return {
                "bool": {
                    "must": [_clause(part) for part in parts if not isinstance(part, c.Without)],
                    "must_not": [_clause(part.clause) for part in parts if isinstance(part, c.Without)],
                }
            }
        case c.AnyOf(parts):
            return {"bool": {"should": [_clause(part) for part in parts], "minimum_should_match": 1}}
        case c.Without(inner):
            return {"bool": {"must_not": [_clause(inner)]}}
        case c.Words() | c.Pattern() | c.Similar():
            return {"dis_max": {"queries": list(_text(clause)), "tie_breaker": 0.1}}
        case leaf:
            return _value(leaf)


def _value(leaf: c.Everything | c.Present | c.Code | c.Days) -> Dsl:
    match leaf:
        case c.Everything():
            return {"match_all": {}}
        case c.Present(field):
            return {"bool": {"filter": {"exists": {"field": PATHS[field]}}}}
        case c.Code(field, value):
            return {"term": {PATHS[field]: value}}
        case c.Days():
            return {"bool": {"filter": _days(leaf)}}


def _days(days: c.Days) -> Dsl:
    bounds = {"gte": days.begin, "lte": days.end}
    return {"range": {PATHS[days.field]: {name: str(day) for name, day in bounds.items() if day}}}


def _text(leaf: c.Words | c.Pattern | c.Similar) -> Iterator[Dsl]:
    """A word without a field is looked for in every text, as a modality, and as a whole identifier."""
    if leaf.field != ANYWHERE:
        yield from _in_field(leaf, leaf.field)
        return
    for field in ("report", "description"):
        yield from _in_field(leaf, field)
    match leaf:
        case c.Words(words=words):
            if len(words) == 1:
                yield {"term": {PATHS["modality"]: words[0]}}
            if any(map(_numbered, words)):
                yield {"term": {"identifier": "".join(words)}}
        case c.Pattern(pattern=pattern) if _numbered(pattern):
            yield from _within(leaf, "identifier", "identifier")
        case _:
            return


def _in_field(leaf: c.Leaf, field: str) -> Iterator[Dsl]:
    path = PATHS[field]
    if kind_of(field) == "text":
        stems = [f"{path}.{language}" for language in LANGUAGES]
        for stem in stems if isinstance(leaf, c.Words) else [path]:
            yield from _within(leaf, stem, path)
    else:
        yield from _within(leaf, path, path)


def _within(leaf: c.Leaf, stemmed: str, standing: str) -> Iterator[Dsl]:
    match leaf:
        case c.Words(words=words, slop=slop):
            yield {"match_phrase": {stemmed: {"query": " ".join(words), "slop": slop}}}
        case c.Pattern(pattern=pattern):
            yield {"wildcard": {standing: {"value": pattern.replace("\\", "\\\\")}}}
        case c.Similar(word=word, distance=distance):
            yield {"fuzzy": {standing: {"value": word, "fuzziness": distance}}}
        case _:
            return


def _numbered(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
