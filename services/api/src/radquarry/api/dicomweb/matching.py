"""Attribute matching of QIDO-RS (PS3.18 section 8.3.4.1, which is PS3.4 section C.2.2.2)."""

import math
import re
from collections.abc import Callable, Sequence
from fnmatch import translate

RANGES = {"DA", "TM", "DT"}
NUMBERS = {"IS", "DS", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"}
LITERAL = {"UI"} | RANGES | NUMBERS
"""VRs whose values hold no wildcards."""
_PLAIN = {
    "DA": re.compile(r"\d{8}"),
    "TM": re.compile(r"\d{2,6}(?:\.\d{1,6})?"),
    "DT": re.compile(r"\d{4,14}(?:\.\d{1,6})?"),
}
_LISTED = re.compile(r"[,\\]")
"""Signs that stand in no UID and in no code string: they separate several."""
_WIDTH = {"DA": 8, "TM": 6, "DT": 14}

Match = Callable[[str], bool]


def matcher(vr: str, wanted: str) -> Match | None:
    """What decides about one value; None where everything fits. Raises ValueError, whose text names no value."""
    if wanted in {"", '""'} or (vr not in LITERAL and not wanted.strip("*")):
        return None
    if vr == "UI":
        if {"*", "?"} & {*wanted}:
            raise ValueError("is a UID or a list of them, without wildcards")
        uids = {part.strip(" \0") for part in _LISTED.split(wanted)} - {""}
        if not uids:
            raise ValueError("is a UID or a list of them")
        return uids.__contains__
    if vr in RANGES:
        return _in_range(vr, wanted)
    if vr in NUMBERS:
        return _equal_number(wanted)
    if vr == "CS" and _LISTED.search(wanted):
        listed = [_like(part, person=False) for part in _LISTED.split(wanted) if part.strip()]
        return lambda value: any(match(value) for match in listed)
    return _like(wanted, person=vr == "PN")


def fits(match: Match | None, values: Sequence[str]) -> bool:
    """One value of several is enough; an absent value fits only what fits everything."""
    return match is None or any(match(value) for value in values)


def _like(wanted: str, *, person: bool) -> Match:
    """`*` any characters, `?` one; names without regard to case and trailing delimiters."""
    text = _name(wanted) if person else wanted.strip()
    escaped = text.replace("[", "[[]")  # fnmatch would take it for a set of characters
    pattern = re.compile(translate(re.sub(r"\*+", "*", escaped)))
    if not person:
        return lambda value: pattern.fullmatch(value.strip()) is not None

    def of_name(value: str) -> bool:
        return any(pattern.fullmatch(_name(form)) is not None for form in (value, *value.split("=")))

    return of_name


def _name(text: str) -> str:
    return text.casefold().strip().rstrip("^= ")


def _equal_number(wanted: str) -> Match:
    try:
        number = float(wanted)
    except ValueError:
        raise ValueError("is a number") from None
    if not math.isfinite(number):
        raise ValueError("is a number")

    def equal(value: str) -> bool:
        try:
            return float(value) == number
        except ValueError:
            return False

    return equal


def _in_range(vr: str, wanted: str) -> Match:
    """`a-b`, `a-`, `-b`, or one moment, which stands for all of what it leaves open."""
    low, dash, high = wanted.replace(":", "").replace(" ", "").partition("-")
    if not dash:
        high = low
    if not low and not high:
        raise ValueError("is a range with at least one end")
    for end in (low, high):
        if end and not _PLAIN[vr].fullmatch(end):
            raise ValueError(f"is one {vr} or a range of two, such as {'20240601-20240630' if vr == 'DA' else '08-12'}")
    lowest, highest = _padded(low, vr, "0"), _padded(high, vr, "9") if high else "~"

    def within(value: str) -> bool:
        text = value.strip().replace(":", "")
        if vr == "DA":
            text = text.replace(".", "")  # as ACR-NEMA wrote dates
        return _PLAIN[vr].match(text) is not None and lowest <= _padded(text, vr, "0") <= highest

    return within


def _padded(text: str, vr: str, filling: str) -> str:
    whole, _, fraction = text.partition(".")
    return whole.ljust(_WIDTH[vr], filling)[: _WIDTH[vr]] + "." + fraction[:6].ljust(6, filling)
