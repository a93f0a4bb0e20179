"""Dates that move by whole days: intervals and times of day stay."""

import re
from datetime import date, timedelta

DATE = re.compile(r"(\d{4})[.-]?(\d\d)[.-]?(\d\d)(.*)", re.DOTALL)
TIME = re.compile(r"\d{0,6}(\.\d{0,6})?([+-]\d{4})?")


def shifted(value: str, days: int) -> str | None:
    """A DA or DT (`\\` between several) so many days later; None where a value is no whole date."""
    moved = []
    for text in (part.strip(" \0") for part in value.split("\\")):
        found = DATE.fullmatch(text)
        if not text:
            moved.append("")
            continue
        if not found or not TIME.fullmatch(found[4]):
            return None
        try:
            day = date(int(found[1]), int(found[2]), int(found[3])) + timedelta(days=days)
        except (ValueError, OverflowError):
            return None
        moved.append(f"{day:%Y%m%d}".rjust(8, "0") + found[4])
    return "\\".join(moved)
