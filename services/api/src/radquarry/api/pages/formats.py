"""How numbers, dates and ages are written, in the reader's language."""

from datetime import UTC, date, datetime, tzinfo
from math import ceil
from typing import Literal

NARROW_SPACE = "\u202f"
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": ("Jan.", "Febr.", "März", "April", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
}


def number(value: int) -> str:
    """12345 → 12 345, with the narrow space that both languages read alike (ISO 80000-1 §7.3.1)."""
    return f"{value:,}".replace(",", NARROW_SPACE)


def day(value: date, language: Literal["en", "de"]) -> str:
    """The date as the reader writes it, never to be mistaken for another: 12 Apr 2023, 12.04.2023."""
    if language == "de":
        return f"{value.day:02}.{value.month:02}.{value.year}"
    return f"{value.day:02}\u00a0{MONTHS['en'][value.month - 1]}\u00a0{value.year}"


def month(value: str, language: Literal["en", "de"]) -> str:
    """`2023-04` → Apr 2023."""
    year, number_of_month = value.split("-")
    return f"{MONTHS[language][int(number_of_month) - 1]}\u00a0{year}"


def moment(value: datetime, language: Literal["en", "de"], zone: tzinfo = UTC) -> str:
    """Date and minute in the hospital's time zone; a narrow place parts them, and nothing else."""
    local = value.astimezone(zone)
    return f"{day(local.date(), language)} {local:%H:%M}"


def clock(value: datetime, zone: tzinfo = UTC) -> str:
    """The minute in the hospital's time zone."""
    return f"{value.astimezone(zone):%H:%M}"


def span(hours: float) -> str:
    """A time that something takes, in the two units a person would choose; the symbols are those of both languages."""
    minutes = max(1, ceil(round(hours * 60, 3)))
    parts = (minutes // 60, "h", minutes % 60, "min")
    if minutes >= 24 * 60:
        parts = (minutes // 1440, "d", minutes // 60 % 24, "h")
    more, of_more, less, of_less = parts
    return " ".join(f"{number}\u00a0{unit}" for number, unit in ((more, of_more), (less, of_less)) if number)


def size(value: int) -> str:
    """Bytes in the unit a person would choose, in powers of ten."""
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= factor:
            return f"{value / factor:.1f}\u00a0{unit}"
    return f"{value}\u00a0B"


def person_name(text: str) -> str:
    """A PN value as people write it: Keller, Anna Maria, Dr. (PS3.5 §6.2.1); further spellings after a slash."""
    return " / ".join(_one_name(group) for group in text.split("=") if group.strip("^ "))


def _one_name(group: str) -> str:
    family, given, middle, prefix, suffix = ([part.strip() for part in group.split("^")] + [""] * 5)[:5]
    return ", ".join(part for part in (family, f"{given} {middle}".strip(), prefix, suffix) if part)


def age(patient_age: str, birth_date: date | None, study_date: date | None) -> tuple[int, str] | None:
    """How old the patient was: a number and its DICOM unit letter (Y, M, W, D; PS3.5 Table 6.2-1, AS)."""
    if len(patient_age) == 4 and patient_age[:3].isdecimal() and patient_age[3] in "YMWD":
        return int(patient_age[:3]), patient_age[3]
    if birth_date is None or study_date is None or study_date < birth_date:
        return None
    had_birthday = (study_date.month, study_date.day) >= (birth_date.month, birth_date.day)
    years = study_date.year - birth_date.year - (not had_birthday)
    return (years, "Y") if years >= 2 else ((study_date - birth_date).days // 30, "M")
