"""Six PACS as they are really found, each as data: a hospital that behaves so, and what its profile must say."""

from dataclasses import dataclass, field
from typing import Any

from radquarry.hospital.settings import HospitalSettings

STUDIES = 120
ALL_LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
BOTH_MODELS = ("patient-root", "study-root")
MATCHED = (
    "StudyTime",
    "AccessionNumber",
    "PatientID",
    "PatientName",
    "ModalitiesInStudy",
    "StudyDescription",
    "InstitutionName",
    "ReferringPhysicianName",
    "StudyID",
    "PatientBirthDate",
    "PatientSex",
)
RETURNED = ("PatientAge", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")
KEYS = dict.fromkeys(MATCHED, "matched") | dict.fromkeys(RETURNED, "returned")
IMAGES = "1.2.840.10008.5.1.4.1.1."
STORED = tuple(IMAGES + end for end in ("1", "1.1", "1.2", "12.1", "2", "20", "4", "6.1"))
"""CR, DX, MG, XA, CT, NM, MR and US image storage: what a hospital has objects of."""
GENEROUS: dict[str, Any] = {
    "find_limit": None,
    "longest_answer": STUDIES,
    "models": BOTH_MODELS,
    "levels": ALL_LEVELS,
    "keys": KEYS,
    "wildcards": "*?",
    "date_ranges": True,
    "time_ranges": True,
    "charset": "ISO_IR 100",
    "associations": 4,
    "associations_tried": 4,
    "c_get": True,
    "c_move": True,
    "storage_contexts": STORED,
}


@dataclass(frozen=True)
class Personality:
    """`otherwise` is what its true profile has other than a generous one; `gaps` the words of the gaps of a crawl."""

    name: str
    pacs: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    otherwise: dict[str, Any] = field(default_factory=dict)
    gaps: str = ""

    @property
    def hospital(self) -> HospitalSettings:
        return HospitalSettings.model_validate(
            {
                "studies": STUDIES,
                "days": 3,
                "pixels": 16,
                "samples": False,
                "pacs": self.pacs,
                "faults": {"pacs": self.faults},
            }
        )

    @property
    def truth(self) -> dict[str, Any]:
        return GENEROUS | self.otherwise


PERSONALITIES = (
    Personality("generous"),
    Personality(
        "forty answers in silence, in UTF-8, and no objects by C-GET",
        pacs={"charset": "ISO_IR 192", "services": ["find", "move"]},
        faults={"answer_limit": 40},
        otherwise={
            "find_limit": 40,
            "longest_answer": 40,
            "charset": "ISO_IR 192",
            "c_get": False,
            "storage_contexts": (),
        },
    ),
    Personality(
        "eighty answers and a word, no modalities of a study",
        faults={"answer_limit": 80, "answer_limit_status": "FE00", "modalities_in_study": False},
        otherwise={"find_limit": 80, "longest_answer": 80, "keys": KEYS | {"ModalitiesInStudy": "ignored"}},
    ),
    Personality(
        "wildcards are letters, every level needs the keys above it, no character set is named",
        faults={"wildcards": "literal", "relational": False, "charset": "omitted"},
        otherwise={"wildcards": "", "charset": ""},
    ),
    Personality(
        "wildcards match everything, keys are ignored or kept back, two associations",
        faults={
            "wildcards": "ignored",
            "max_associations": 2,
            "ignored_keys": ["StudyDescription", "InstitutionName", "StudyTime"],
            "withheld_keys": ["NumberOfStudyRelatedInstances", "PatientAge"],
        },
        otherwise={
            "wildcards": "",
            "time_ranges": False,
            "associations": 2,
            "associations_tried": 3,
            "keys": KEYS
            | dict.fromkeys(("StudyDescription", "InstitutionName", "StudyTime"), "returned")
            | dict.fromkeys(("NumberOfStudyRelatedInstances", "PatientAge"), "ignored"),
        },
    ),
    Personality(
        "patient root alone, and nothing below a study",
        pacs={"roots": ["patient"], "levels": ["PATIENT", "STUDY"]},
        otherwise={"models": ("patient-root",), "levels": ("PATIENT", "STUDY")},
        gaps="the series of studies are not listed: the PACS does not take this C-FIND: status 0xa900",
    ),
)
