"""Parts, hits and counts in OpenSearch's JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from radquarry.index.document import Document, FacetValue, Hit, Piece
from radquarry.index.opensearch_mapping import FACETS, LANGUAGES, MERGE, NEWEST, OLDEST
from radquarry.index.opensearch_query import EITHER_WAY, HIGHLIGHTED
from radquarry.index.parts import GonePart, MissingReportPart, Part, ReportPart, StudyPart, age
from radquarry.index.passages import Passage, beginning

BULK_BYTES = 10_000_000
BULK_PARTS = 1000
_AGES = {"study": "study_age", "report": "report_age", "report-missing": "report_missing_age", "gone": ""}


def update(part: Part) -> bytes:
    """The two lines of a bulk request that merge `part` into its document."""
    uid = part.study_instance_uid
    script = {
        "source": MERGE,
        "lang": "painless",
        "params": {"kind": part.kind, "age_field": _AGES[part.kind], "age": age(part), "fields": _fields(part)},
    }
    undated = {"study_instance_uid": uid, NEWEST: f" {uid}", OLDEST: f"~ {uid}"}
    body = {"scripted_upsert": True, "script": script, "upsert": undated}
    action = {"update": {"_id": uid, "retry_on_conflict": 10}}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (action, body)).encode()


def chunks(lines: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """Bulk requests of a bearable size; one part that is larger goes alone."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for place, line in lines:
        if chunk and (size + len(line) > BULK_BYTES or len(chunk) == BULK_PARTS):
            yield chunk
            chunk, size = [], 0
        chunk.append((place, line))
        size += len(line)
    if chunk:
        yield chunk


def _fields(part: Part) -> dict[str, Any]:
    told = _said(part.model_dump(mode="json", exclude={"kind", "study_instance_uid"}))
    match part:
        case StudyPart(study=study):
            moment = f"{study.study_date}T{study.study_time or '00:00:00'} {study.study_instance_uid}"
            undated = {NEWEST: f" {study.study_instance_uid}", OLDEST: f"~ {study.study_instance_uid}"}
            return told | ({NEWEST: moment, OLDEST: moment} if study.study_date else undated)
        case ReportPart():
            return told
        case MissingReportPart(reason=reason):
            return {"ris": part.ris, "report_missing": reason, "report_asked_at": told["asked_at"]}
        case GonePart():
            return told


def _said(told: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, so that `exists` means a value; what a document cannot be read without stays."""
    kept: dict[str, Any] = {
        name: _said(value) if isinstance(value, dict) else value
        for name, value in told.items()
        if value not in (None, "", []) or name in _NEEDED
    }
    return kept | ({"series": [_said(series) for series in kept["series"]]} if "series" in kept else {})


_NEEDED = ("study_instance_uid", "series_instance_uid", "report_id", "text", "issued")


def document(source: Mapping[str, Any]) -> Document:
    """The document as OpenSearch holds it."""
    return Document.model_validate(source)


def hit(found: Mapping[str, Any], marks: tuple[str, str]) -> Hit:
    """A hit with the passages of the first text that shows a match, else with its report's beginning."""
    held = document(found["_source"])
    return Hit(document=held, score=found.get("_score"), highlights=_why(held, found.get("highlight", {}), marks))


def _why(held: Document, highlight: Mapping[str, Sequence[str]], marks: tuple[str, str]) -> tuple[Passage, ...]:
    for path in HIGHLIGHTED:
        found = [highlight.get(f"{path}.{language}", []) for language in LANGUAGES]
        best = max(found, key=lambda passages: sum(passage.count(marks[0]) for passage in passages))
        if best:
            return tuple(tuple(_pieces(passage, marks)) for passage in best)
    return beginning(held.report.text) if held.report else ()


def _pieces(passage: str, marks: tuple[str, str]) -> Iterator[Piece]:
    plain, *matches = passage.split(marks[0])
    if plain:
        yield Piece(text=plain)
    for stretch in matches:
        match, _, plain = stretch.partition(marks[1])
        yield Piece(text=match, match=True)
        if plain:
            yield Piece(text=plain)


def facets(aggregations: Mapping[str, Any]) -> dict[str, tuple[FacetValue, ...]]:
    """The facets of a page, most frequent values first."""
    found = {name: aggregations[name]["buckets"] for name in FACETS}
    for name in EITHER_WAY:
        buckets = aggregations[name]["buckets"]
        found[name] = [{"key": value, "doc_count": buckets[value]["doc_count"]} for value in ("true", "false")]
    return {name: _ranked(buckets) for name, buckets in found.items()}


def months(aggregations: Mapping[str, Any]) -> dict[str, int]:
    """Studies by month, in order of time."""
    return {bucket["key_as_string"]: bucket["doc_count"] for bucket in aggregations["month"]["buckets"]}


def _ranked(buckets: Sequence[Mapping[str, Any]]) -> tuple[FacetValue, ...]:
    values = [FacetValue(value=bucket["key"], count=bucket["doc_count"]) for bucket in buckets if bucket["key"]]
    return tuple(sorted((value for value in values if value.count), key=lambda each: (-each.count, each.value)))
