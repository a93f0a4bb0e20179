"""How a document lies in OpenSearch: its mapping, the analysis of its texts, and how a part is merged there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

VERSION = 1
LANGUAGES = ("german", "english")

_FOLDED = ["lowercase", "german_normalization", "asciifolding", "no_marks"]
_UNSEARCHED = {"type": "keyword", "index": False, "doc_values": False}
_NUMBER = {"type": "long", "index": False, "doc_values": False}
_WORDS = {"type": "text", "analyzer": "folded"}
_CODE = {"type": "keyword", "normalizer": "code", "ignore_above": 512}
_TEXT = {
    **_WORDS,
    "fields": {language: {"type": "text", "analyzer": f"folded_{language}"} for language in LANGUAGES},
}
_FACET = {"type": "keyword", "ignore_above": 512, "fields": {"code": _CODE, "words": _WORDS}}
_ORDER = {"type": "keyword", "index": False}

PATHS: Mapping[str, str] = MappingProxyType(
    {
        "report": "report.text",
        "description": "description",
        "study_description": "study.study_description",
        "series_description": "study.series.series_description",
        "body_part_examined": "study.series.body_part_examined.words",
        "institution_name": "study.institution_name.words",
        "patient_name": "study.patient_name",
        "referring_physician_name": "study.referring_physician_name",
        "performer": "report.performer",
        "modality": "study.modalities_in_study.code",
        "accession_number": "study.accession_number",
        "patient_id": "study.patient_id.code",
        "patient_sex": "study.patient_sex.code",
        "study_instance_uid": "study_instance_uid.code",
        "series_instance_uid": "study.series.series_instance_uid",
        "pacs": "pacs.code",
        "ris": "ris.code",
        "language": "report.language.code",
        "link": "report.link",
        "status": "report.status",
        "study_date": "study.study_date",
        "patient_birth_date": "study.patient_birth_date",
    }
)
"""Field of the query language → where it is searched; texts also under `.german` and `.english`."""

FACETS: Mapping[str, str] = MappingProxyType(
    {
        "modality": "study.modalities_in_study",
        "pacs": "pacs",
        "patient_sex": "study.patient_sex",
        "institution_name": "study.institution_name",
        "body_part_examined": "study.series.body_part_examined",
        "language": "report.language",
    }
)
"""Facet → the field with its values as they are."""

HAS_REPORT = "report.link"
"""A field that every report has."""

NEWEST, OLDEST = "newest", "oldest"
"""Unique keys in the order of the studies' dates; without a date a study is last in both."""

ADDED: Mapping[str, Any] = MappingProxyType(
    {
        "gone": {"type": "object", "enabled": False},
        "gone_ages": {"type": "object", "enabled": False},
        "gone_at": {"type": "date", "format": "strict_date_optional_time"},
    }
)
"""Fields that an index of this version made earlier may lack: they are added to it, no document is touched."""

MERGE = """
if (params.kind == 'report-missing' && ctx._source.report != null) { ctx.op = 'none'; return; }
if (params.kind == 'gone') {
  if (ctx._source.gone == null) { ctx._source.gone = [:]; ctx._source.gone_ages = [:]; }
  def before = ctx._source.gone_ages[params.fields.pacs];
  if (before != null && before.compareTo(params.age) >= 0) { ctx.op = 'none'; return; }
  ctx._source.gone_ages[params.fields.pacs] = params.age;
  ctx._source.gone[params.fields.pacs] = params.fields.gone_at;
} else {
  def age = ctx._source[params.age_field];
  if (age != null && age.compareTo(params.age) >= 0) { ctx.op = 'none'; return; }
  ctx._source[params.age_field] = params.age;
  ctx._source.putAll(params.fields);
}
if (params.kind == 'report') {
  ctx._source.remove('report_missing'); ctx._source.remove('report_asked_at'); ctx._source.remove('report_missing_age');
}
def absence = ctx._source.gone_ages == null ? null : ctx._source.gone_ages[ctx._source.pacs];
def answer = ctx._source.study_age;
if (absence == null || (answer != null && answer.substring(0, 20).compareTo(absence.substring(0, 20)) > 0)) {
  ctx._source.remove('gone_at');
} else {
  ctx._source.gone_at = ctx._source.gone[ctx._source.pacs];
}
"""
"""`Document.merged`, said in painless; it runs under the document's lock, so parts may come from many processes."""


def lacking(mappings: Mapping[str, Any]) -> dict[str, Any]:
    """Of the fields that came later, those that not every index of OpenSearch's answer to `_mapping` has."""
    known = [set(index["mappings"].get("properties", {})) for index in mappings.values()]
    return {name: field for name, field in ADDED.items() if any(name not in names for names in known)}


def index_body(alias: str) -> dict[str, Any]:
    """Settings, mapping and alias of a new index."""
    return {"settings": _settings(), "mappings": _mappings(), "aliases": {alias: {"is_write_index": True}}}


def _settings() -> dict[str, Any]:
    stemmers = {f"{language}_stems": {"type": "stemmer", "language": f"light_{language}"} for language in LANGUAGES}
    stemmed = {
        f"folded_{language}": {
            "type": "custom",
            "tokenizer": "letters_and_digits",
            "filter": [*_FOLDED, f"{language}_stems"],
        }
        for language in LANGUAGES
    }
    return {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "30s",
        "analysis": {
            "tokenizer": {
                "letters_and_digits": {
                    "type": "char_group",
                    "tokenize_on_chars": ["whitespace", "punctuation", "symbol"],
                    "max_token_length": 200,
                }
            },
            "char_filter": {
                "padding": {"type": "pattern_replace", "pattern": "^\\s+|\\s+$", "replacement": ""},
                "no_signs": {"type": "pattern_replace", "pattern": "[^\\p{L}\\p{N}]", "replacement": ""},
            },
            "filter": {
                "no_marks": {"type": "pattern_replace", "pattern": "\\p{M}+", "replacement": ""},
                **stemmers,
            },
            "analyzer": {
                "folded": {"type": "custom", "tokenizer": "letters_and_digits", "filter": _FOLDED},
                **stemmed,
            },
            "normalizer": {
                "code": {"type": "custom", "char_filter": ["padding"], "filter": ["lowercase"]},
                "identifier": {
                    "type": "custom",
                    "char_filter": ["no_signs"],
                    "filter": ["lowercase", "german_normalization", "asciifolding"],
                },
            },
        },
    }


def _mappings() -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "properties": {
            "study_instance_uid": {"type": "keyword", "copy_to": "identifier", "fields": {"code": _CODE}},
            "pacs": _FACET,
            "study": {"properties": _study()},
            "answered_at": _UNSEARCHED,
            "ris": _FACET,
            "report": {"properties": _report()},
            "report_missing": _UNSEARCHED,
            "report_asked_at": _UNSEARCHED,
            "study_age": _UNSEARCHED,
            "report_age": _UNSEARCHED,
            "report_missing_age": _UNSEARCHED,
            **ADDED,
            "description": _TEXT,
            "identifier": {"type": "keyword", "normalizer": "identifier", "ignore_above": 512},
            NEWEST: _ORDER,
            OLDEST: _ORDER,
        },
    }


def _study() -> dict[str, Any]:
    return {
        "study_instance_uid": _UNSEARCHED,
        "accession_number": {**_CODE, "copy_to": "identifier"},
        "study_date": {"type": "date", "format": "strict_date"},
        "study_time": _UNSEARCHED,
        "study_description": {**_TEXT, "copy_to": "description"},
        "modalities_in_study": _FACET,
        "patient_id": {**_FACET, "copy_to": "identifier"},
        "patient_name": _WORDS,
        "patient_birth_date": {"type": "date", "format": "strict_date"},
        "patient_sex": _FACET,
        "patient_age": _UNSEARCHED,
        "institution_name": _FACET,
        "referring_physician_name": _WORDS,
        "number_of_study_related_series": _NUMBER,
        "number_of_study_related_instances": _NUMBER,
        "series": {"properties": _series()},
    }


def _series() -> dict[str, Any]:
    return {
        "series_instance_uid": _CODE,
        "modality": _UNSEARCHED,
        "series_number": _NUMBER,
        "series_description": {**_TEXT, "copy_to": "description"},
        "body_part_examined": {**_FACET, "copy_to": "description"},
        "number_of_series_related_instances": _NUMBER,
    }


def _report() -> dict[str, Any]:
    return {
        "report_id": _UNSEARCHED,
        "text": _TEXT,
        "issued": _UNSEARCHED,
        "status": _CODE,
        "version": _UNSEARCHED,
        "language": _FACET,
        "performer": _WORDS,
        "link": _CODE,
    }
