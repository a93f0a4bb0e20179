"""What a page of the embedded index says beside its documents: counts over all hits, and why each is one."""

from collections.abc import Mapping, Sequence
from typing import Any

from radquarry.index.clauses import Leaf
from radquarry.index.document import Document, FacetValue
from radquarry.index.embedded_entry import FACETS, NEWEST, facet
from radquarry.index.fields import ANYWHERE
from radquarry.index.passages import Passage, Stems, beginning, passages

MOST_VALUES = 50
_ALL_VALUES = 60_000


TOTAL = {"total": {"value_count": {"field": NEWEST}}}
"""The aggregation that counts all hits."""


def counting() -> dict[str, Any]:
    """The aggregations; each segment gives all its values, so that the sums are exact."""
    every = {"size": _ALL_VALUES, "segment_size": _ALL_VALUES}
    facets = {name: {"terms": {"field": facet(name), **every}} for name in FACETS}
    return facets | TOTAL


def total(answer: Mapping[str, Any]) -> int:
    """The number of all hits."""
    return int(answer["total"]["value"])


def facets(answer: Mapping[str, Any], gone: int) -> dict[str, tuple[FacetValue, ...]]:
    """The facets of a page, most frequent values first; `gone` of its hits are no longer in their PACS."""
    counted = {name: _counts(answer, name) for name in FACETS if name != "month"}
    is_gone = {"false": total(answer) - gone, "true": gone}
    counted["is_gone"] = {value: count for value, count in is_gone.items() if count}
    return {name: _most_frequent(counts) for name, counts in counted.items()}


def months(answer: Mapping[str, Any]) -> dict[str, int]:
    """Studies by month, in order of time."""
    return dict(sorted(_counts(answer, "month").items()))


def _counts(answer: Mapping[str, Any], name: str) -> dict[str, int]:
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in answer[name]["buckets"]}


def _most_frequent(counts: Mapping[str, int]) -> tuple[FacetValue, ...]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]
    return tuple(FacetValue(value=value, count=count) for value, count in ranked)


def why(document: Document, leaves: Sequence[Leaf], stems: Stems) -> tuple[Passage, ...]:
    """Passages of the report that `leaves` found; else of the descriptions; else the report's beginning."""
    report = document.report.text if document.report else ""
    study = document.study
    series = [series.series_description for series in study.series] if study else []
    described = [study.study_description if study else "", *series]
    asked = {
        "report": [leaf for leaf in leaves if getattr(leaf, "field", None) in (ANYWHERE, "report")],
        "description": [leaf for leaf in leaves if getattr(leaf, "field", None) in (ANYWHERE, *_DESCRIPTIONS)],
    }
    if found := passages(report, asked["report"], stems):
        return found
    for text in dict.fromkeys(described):
        if found := passages(text, asked["description"], stems):
            return found
    return beginning(report)


_DESCRIPTIONS = ("description", "study_description", "series_description")
