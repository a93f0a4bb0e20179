"""How a document lies in the embedded index: which values under which of its fields."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256

from radquarry.index.document import Document
from radquarry.index.fields import FIELDS
from radquarry.index.folding import as_code, words

TEXTS = tuple(name for name, kind in FIELDS.items() if kind == "text")
WORDS = tuple(name for name, kind in FIELDS.items() if kind == "words")
CODES = (*(name for name, kind in FIELDS.items() if kind == "code"), "identifier", "present")
DAYS = tuple(name for name, kind in FIELDS.items() if kind == "day")
FACETS = (
    "modality",
    "pacs",
    "patient_sex",
    "institution_name",
    "body_part_examined",
    "language",
    "has_report",
    "month",
)
LANGUAGES = ("german", "english")
GONE = "gone_at"
"""What `present` says of a study that is gone."""
NEWEST, OLDEST = "newest", "oldest"
"""Two numbers, all but unique, whose order is that of the studies' dates; without a date a study is last in both."""

_LONGEST_VALUE = 512
_UNDATED_LAST = 2**64 - 1
_EPOCH = datetime(1700, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One document as the index takes it: field and value pairs by the type of the field."""

    texts: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, int], ...]
    stored: bytes


def entry(document: Document) -> Entry:
    """What is indexed of `document`, and the document itself."""
    values = {name: tuple(found) for name, found in _values(document)}
    newest, oldest = _order(document)
    texts = [
        ("uid", document.study_instance_uid),
        *_patient(document),
        *(("present", name) for name, found in values.items() if any(map(str.strip, found))),
        *([("present", GONE)] if document.gone_at else []),
        *_indexed(values),
        *_facets(document, values),
    ]
    numbers = [(NEWEST, newest), (OLDEST, oldest)]
    if study := document.study:
        days = {"study_date": study.study_date, "patient_birth_date": study.patient_birth_date}
        numbers += [(name, day.toordinal()) for name, day in days.items() if day]
        texts += [("present", name) for name, day in days.items() if day]
    return Entry(tuple(texts), tuple(numbers), document.model_dump_json().encode())


def document_of(stored: bytes) -> Document:
    """The document of an entry's `stored` bytes."""
    return Document.model_validate_json(stored)


def _patient(document: Document) -> Iterator[tuple[str, str]]:
    if document.study and document.study.patient_id:
        yield "patient", patient_key(document.study.patient_id, document.pacs)


def patient_key(patient_id: str, pacs: str) -> str:
    """The patient of one PACS."""
    return f"{pacs}\x1f{patient_id}"


def identifier(text: str) -> str:
    """An accession number, patient id or UID without its signs: what a bare word is compared with, whole."""
    return "".join(words("".join(words(text))))


def _values(document: Document) -> Iterator[tuple[str, Iterable[str]]]:
    yield "pacs", [document.pacs]
    yield "ris", [document.ris]
    yield "study_instance_uid", [document.study_instance_uid]
    if study := document.study:
        parts = [series.body_part_examined for series in study.series]
        series = [series.series_description for series in study.series]
        yield "study_description", [study.study_description]
        yield "series_description", series
        yield "description", [study.study_description, *series, *parts]
        yield "body_part_examined", dict.fromkeys(parts)
        yield "series_instance_uid", [series.series_instance_uid for series in study.series]
        yield "modality", study.modalities_in_study
        for name in ("accession_number", "patient_id", "patient_sex", "patient_name"):
            yield name, [getattr(study, name)]
        yield "institution_name", [study.institution_name]
        yield "referring_physician_name", [study.referring_physician_name]
    if report := document.report:
        yield "report", [report.text]
        for name in ("language", "link", "status", "performer"):
            yield name, [getattr(report, name)]


def _indexed(values: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, found in values.items():
        match FIELDS[name]:
            case "code":
                yield from ((name, as_code(value)[:_LONGEST_VALUE]) for value in found if value)
            case "words":
                yield from ((name, " ".join(words(value))) for value in found if value)
            case _:
                folded = [" ".join(words(value)) for value in dict.fromkeys(found) if value]
                yield from ((analysis, text) for analysis in _ANALYSES[name] for text in folded)
    for name in ("accession_number", "patient_id", "study_instance_uid"):
        yield from (("identifier", identifier(value)) for value in values.get(name, ()) if value)


def analysed(field: str, language: str) -> str:
    """The index's name of a text field's analysis: stemmed in `language`, or as the words stand (`""`)."""
    return f"{field}_{language or 'words'}"


def _facets(document: Document, values: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name in FACETS:
        yield from ((facet(name), value[:_LONGEST_VALUE]) for value in dict.fromkeys(values.get(name, ())) if value)
    yield facet("has_report"), "false" if document.report is None else "true"
    if document.study and document.study.study_date:
        yield facet("month"), document.study.study_date.isoformat()[:7]


_ANALYSES = {name: tuple(analysed(name, language) for language in ("", *LANGUAGES)) for name in TEXTS}


def facet(name: str) -> str:
    """The index's name of the field that holds a facet's values as they are."""
    return f"facet_{name}"


def facet_value(value: str) -> str:
    """A facet's value as it is indexed."""
    return value[:_LONGEST_VALUE]


def _order(document: Document) -> tuple[int, int]:
    """Seconds since 1700 in the upper bits, some of the UID's digest in the lower 30."""
    tie = int.from_bytes(sha256(document.study_instance_uid.encode()).digest()[:4]) >> 2
    if document.study is None or document.study.study_date is None:
        return tie, _UNDATED_LAST - tie
    moment = datetime.combine(document.study.study_date, document.study.study_time or time(), UTC)
    seconds = min(max(int((moment - _EPOCH).total_seconds()), 1), 2**34 - 2)
    return (seconds << 30) + tie, (seconds << 30) + tie
