"""The fields a query may name, and how each is compared."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "words", "code", "day"]

ANYWHERE = ""
"""The field of words that name none: report, description, modality, and the identifiers as a whole."""

FIELDS: Mapping[str, Kind] = MappingProxyType(
    {
        "report": "text",
        "description": "text",
        "study_description": "text",
        "series_description": "text",
        "body_part_examined": "words",
        "institution_name": "words",
        "patient_name": "words",
        "referring_physician_name": "words",
        "performer": "words",
        "modality": "code",
        "accession_number": "code",
        "patient_id": "code",
        "patient_sex": "code",
        "study_instance_uid": "code",
        "series_instance_uid": "code",
        "pacs": "code",
        "ris": "code",
        "language": "code",
        "link": "code",
        "status": "code",
        "study_date": "day",
        "patient_birth_date": "day",
    }
)
"""`text`: stemmed words of a German or English text. `words`: words as they stand. `code`: one value, whole.

`description` is all of the study's and the series' descriptions and body parts; `modality` is ModalitiesInStudy.
"""


def kind_of(field: str) -> Kind:
    """How `field` is compared; words that name no field are text."""
    return FIELDS[field] if field else "text"


def nearest(name: str) -> str:
    """The field that `name` was probably meant to be."""
    close = get_close_matches(name.lower()[:64], FIELDS, n=1, cutoff=0.0)
    return close[0] if close else "report"
