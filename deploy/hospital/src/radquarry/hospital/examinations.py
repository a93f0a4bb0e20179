"""What the hospital's clinics order: examinations with their series and what a report on them is about."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

SERIES_PLAN = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Examination:
    """One kind of examination. `series` holds (description, fewest instances, most instances)."""

    modality: str
    body_part: str
    regions: tuple[str, ...]
    description: dict[str, str]
    series: tuple[SERIES_PLAN, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Clinic:
    """A twentieth of the hospital's visits: a kind of patients and what is ordered for them."""

    name: str
    ages: tuple[int, int]
    sex: str
    companion: bool
    exams: tuple[Examination, ...]


@lru_cache(maxsize=1)
def clinics() -> tuple[Clinic, ...]:
    """The twenty clinics; exactly one has a companion study (ultrasound with a mammography)."""
    return tuple(_clinic(raw) for raw in _stock()["clinic"])


@lru_cache(maxsize=1)
def companion() -> Examination:
    """The second study under a mammography's accession number."""
    return _examination(_stock()["companion"])


@lru_cache(maxsize=1)
def _stock() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "stock" / "examinations.toml").read_text("utf-8"))


def _clinic(raw: dict[str, Any]) -> Clinic:
    ages = (raw["ages"][0], raw["ages"][1])
    exams = tuple(_examination(exam) for exam in raw["exams"])
    return Clinic(raw["name"], ages, raw.get("sex", ""), raw.get("companion", False), exams)


def _examination(raw: dict[str, Any]) -> Examination:
    return Examination(
        modality=raw["modality"],
        body_part=raw["body_part"],
        regions=tuple(raw["regions"]),
        description={"de": raw["de"], "en": raw["en"]},
        series=tuple((text, low, high) for text, low, high in raw["series"]),
        weight=raw.get("weight", 1),
    )
