"""Who the patients are: believable, and derived from their number alone."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from radquarry.hospital.dice import Dice

_LANGUAGES = ("de", "fr", "it", "en")
_FIRST_PATIENT_ID = 41_000


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as PACS and RIS know them. `name` is a DICOM person name (family^given^middle^prefix)."""

    number: int
    patient_id: str
    name: str
    birth_date: date
    sex: str


@lru_cache(maxsize=1)
def names() -> dict[str, Any]:
    """The stock of names: per language, and the hospital's own staff."""
    return tomllib.loads((files(__package__) / "stock" / "names.toml").read_text("utf-8"))


def patient(seed: int, number: int, ages: tuple[int, int], sex: str, today: date) -> Patient:
    """Patient `number`, of an age (years at `today`) within `ages`; `sex` M, F or "" for either."""
    dice = Dice(seed, "patient", number)
    sex = sex or ("O" if dice.chance(0.005) else dice.pick("MF"))
    stock = names()[dice.weighted(_LANGUAGES, (62, 18, 10, 10))]
    given = dice.pick(stock["male" if sex == "M" else "female"])
    family = dice.pick(stock["family"])
    if dice.chance(0.05):
        family = f"{family}-{dice.pick(stock['family'])}"
    middle = dice.pick(stock["male" if sex == "M" else "female"]) if dice.chance(0.08) else ""
    prefix = "Dr." if dice.chance(0.02) else ""
    born = today - timedelta(days=dice.between(ages[0] * 365, ages[1] * 365))
    name = f"{family}^{given}^{middle}^{prefix}".rstrip("^")
    return Patient(number, patient_id_of(number), name, born, sex)


def patient_id_of(number: int) -> str:
    """The hospital's id of a patient: seven or more digits, the last a check digit."""
    body = str(_FIRST_PATIENT_ID * 10 + number)
    return body + _check_digit(body)


def patient_number_of(patient_id: str) -> int | None:
    """The patient behind an id, or None when the hospital never gave out such an id."""
    body = patient_id[:-1]
    if not (body.isascii() and body.isdigit()) or patient_id[-1] != _check_digit(body):
        return None
    number = int(body) - _FIRST_PATIENT_ID * 10
    return number if number >= 0 and patient_id_of(number) == patient_id else None


def _check_digit(body: str) -> str:
    return str(sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)
