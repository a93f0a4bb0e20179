"""What is the matter with the patients: each finding affirmed, uncertain or negated at each visit. The truth."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

from radquarry.hospital.dice import share
from radquarry.hospital.visits import Visit

_LASTING = 0.55


class Assertion(StrEnum):
    """What a report says of a finding it mentions."""

    AFFIRMED = "affirmed"
    UNCERTAIN = "uncertain"
    NEGATED = "negated"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the stock. `phrases[language]` holds noun, bare, yes, maybe and no."""

    name: str
    regions: frozenset[str]
    modalities: frozenset[str]
    chance: tuple[int, int, int]
    phrases: dict[str, dict[str, Any]]

    def fits(self, visit: Visit) -> bool:
        """True when one of the visit's examinations can show it."""
        return any(
            self.regions.intersection(exam.regions) and (not self.modalities or exam.modality in self.modalities)
            for exam in visit.examinations
        )

    def noun(self, language: str) -> str:
        """The finding without side, place or size."""
        phrases = self.phrases[language]
        return str(phrases.get("bare", phrases["noun"]))


@lru_cache(maxsize=1)
def findings() -> tuple[Finding, ...]:
    """The whole stock."""
    stock = tomllib.loads((files(__package__) / "stock" / "findings.toml").read_text("utf-8"))
    return tuple(_finding(name, raw) for name, raw in stock.items())


def assertions(seed: int, visit: Visit) -> dict[str, Assertion]:
    """Finding → what is true of it at this visit; a finding that is not mentioned is missing.

    More than half of the findings stay with a patient from visit to visit.
    """
    told = {finding.name: _assertion(seed, visit, finding) for finding in findings() if finding.fits(visit)}
    return {name: assertion for name, assertion in told.items() if assertion is not None}


def _assertion(seed: int, visit: Visit, finding: Finding) -> Assertion | None:
    lasts = share(seed, "lasts", visit.patient.number, finding.name) < _LASTING
    of = ("patient", visit.patient.number) if lasts else ("visit", visit.number)
    left = 100 * share(seed, "finding", *of, finding.name)
    for assertion, percent in zip(Assertion, finding.chance, strict=True):
        if left < percent:
            return assertion
        left -= percent
    return None


def _finding(name: str, raw: dict[str, Any]) -> Finding:
    affirmed, uncertain, negated = raw["chance"]
    return Finding(
        name=name,
        regions=frozenset(raw["regions"]),
        modalities=frozenset(raw.get("modalities", ())),
        chance=(affirmed, uncertain, negated),
        phrases={"en": raw["en"], "de": raw["de"]},
    )
