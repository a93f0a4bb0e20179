"""A query said in words, for the line under the search field."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

from radquarry.index import clauses as c
from radquarry.index.document import Filters
from radquarry.index.fields import ANYWHERE
from radquarry.index.language import parse

Language = Literal["en", "de"]

_WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "and": "and", "or": "or", "not": "without {}", "everything": "every study", "present": "with any {}",
            "pattern": "words like {}", "similar": "{} or spelt nearly so", "near": "{} within {} words",
            "until": "until {}", "since": "since {}", "between": "{} to {}", "in": "{}: {}",
            "report": "report", "description": "description", "study_description": "study description",
            "series_description": "series description", "body_part_examined": "body part",
            "institution_name": "institution", "patient_name": "patient name",
            "referring_physician_name": "referring physician", "performer": "reported by", "modality": "modality",
            "accession_number": "accession number", "patient_id": "patient id", "patient_sex": "sex",
            "study_instance_uid": "study UID", "series_instance_uid": "series UID", "pacs": "PACS", "ris": "RIS",
            "language": "language", "link": "link", "status": "report status", "study_date": "study date",
            "patient_birth_date": "birth date", "has_report": "with a report", "has_no_report": "without a report",
            "is_gone": "no longer in the PACS", "is_there": "still in the PACS",
        },
        "de": {
            "and": "und", "or": "oder", "not": "ohne {}", "everything": "alle Studien", "present": "mit {}",
            "pattern": "Wörter wie {}", "similar": "{} oder ähnlich geschrieben", "near": "{} innerhalb von {} Wörtern",
            "until": "bis {}", "since": "seit {}", "between": "{} bis {}", "in": "{}: {}",
            "report": "Befund", "description": "Beschreibung", "study_description": "Studienbeschreibung",
            "series_description": "Serienbeschreibung", "body_part_examined": "Körperteil",
            "institution_name": "Einrichtung", "patient_name": "Patientenname",
            "referring_physician_name": "Zuweiser", "performer": "befundet von", "modality": "Modalität",
            "accession_number": "Auftragsnummer", "patient_id": "Patienten-ID", "patient_sex": "Geschlecht",
            "study_instance_uid": "Studien-UID", "series_instance_uid": "Serien-UID", "pacs": "PACS", "ris": "RIS",
            "language": "Sprache", "link": "Verknüpfung", "status": "Befundstatus", "study_date": "Studiendatum",
            "patient_birth_date": "Geburtsdatum", "has_report": "mit Befund", "has_no_report": "ohne Befund",
            "is_gone": "nicht mehr im PACS", "is_there": "noch im PACS",
        },
    }
)  # fmt: skip


def meaning(q: str, filters: Filters, language: Language = "en") -> str:
    """Such as "pneumothorax and CT or CR, 2023"; raises `QueryRefused` as `parse` does."""
    told = _WORDS[language]
    clause = parse(q)
    conditions = list(_filters(filters, told))
    if isinstance(clause, c.Everything) and conditions:
        return ", ".join(conditions)
    return ", ".join([_said(clause, told), *conditions])


def _said(clause: c.Clause, told: Mapping[str, str], within: str = "") -> str:
    match clause:
        case c.AllOf(parts):
            return _joined([_said(part, told, "and") for part in parts], told["and"], bracketed=within in ("or", "not"))
        case c.AnyOf(parts):
            return _joined([_said(part, told, "or") for part in parts], told["or"], bracketed=within in ("and", "not"))
        case c.Without(inner):
            return told["not"].format(_said(inner, told, "not"))
        case c.Everything():
            return told["everything"]
        case c.Present(field):
            return told["present"].format(told[field])
        case c.Days():
            return _named(clause.field, _days(clause.begin, clause.end, told), told)
        case leaf:
            return _named(leaf.field, _leaf(leaf, told), told)


def _joined(parts: list[str], word: str, *, bracketed: bool) -> str:
    said = f" {word} ".join(parts)
    return f"({said})" if bracketed and len(parts) > 1 else said


def _leaf(leaf: c.Words | c.Pattern | c.Similar | c.Code, told: Mapping[str, str]) -> str:
    match leaf:
        case c.Words(words=[word]):
            return word
        case c.Words(words=words, slop=0):
            return f"“{' '.join(words)}”"
        case c.Words(words=words, slop=slop):
            return told["near"].format(f"“{' '.join(words)}”", slop)
        case c.Pattern(pattern=pattern):
            return told["pattern"].format(pattern)
        case c.Similar(word=word):
            return told["similar"].format(word)
        case c.Code(field=field, value=value):
            return value.upper() if field in ("modality", "patient_sex", "accession_number", "patient_id") else value


def _named(field: str, said: str, told: Mapping[str, str]) -> str:
    if field in (ANYWHERE, "modality", "study_date"):
        return said
    return told["in"].format(told[field], said)


def _filters(filters: Filters, told: Mapping[str, str]) -> list[str]:
    said = [
        _named(name, _joined(list(values), told["or"], bracketed=False), told)
        for name in ("modality", "patient_sex", "institution_name", "body_part_examined", "pacs", "language")
        if (values := getattr(filters, name))
    ]
    if filters.exclude_modality:
        excluded = _joined(list(filters.exclude_modality), told["or"], bracketed=False)
        said.append(told["not"].format(excluded))
    if filters.has_report is not None:
        said.append(told["has_report" if filters.has_report else "has_no_report"])
    if filters.is_gone is not None:
        said.append(told["is_gone" if filters.is_gone else "is_there"])
    if filters.study_date_from or filters.study_date_to:
        said.append(_days(filters.study_date_from, filters.study_date_to, told))
    return said


def _days(begin: date | None, end: date | None, told: Mapping[str, str]) -> str:
    """A whole year or month by its name, else its days."""
    if begin and end:
        return _period(begin, end) or told["between"].format(begin, end)
    if begin:
        return told["since"].format(begin)
    return told["until"].format(end) if end else told["everything"]


def _period(begin: date, end: date) -> str:
    if begin == end:
        return str(begin)
    after = end + timedelta(days=1) if end < date.max else end
    if begin.day == begin.month == after.day == after.month == 1:
        return str(begin.year) if after.year == begin.year + 1 else f"{begin.year}–{end.year}"
    if begin.day == after.day == 1 and (begin.year, begin.month) == (end.year, end.month):
        return f"{begin:%Y-%m}"
    return ""
