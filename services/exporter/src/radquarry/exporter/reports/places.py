"""Addresses: a street with a number, a postal code with a town."""

import re
from collections.abc import Iterator

from radquarry.exporter.reports.spans import Span, marked

PART = r"[A-ZÄÖÜ][a-zäöüßéèâ]{1,40}"
TOWN = rf"{PART}(?:[ -](?:{PART}|am|an|der|im|bei|a\.|M\.|sur|de)){{0,4}}"
GERMAN = (
    "strasse|straße|str\\.|gasse|platz|allee|[Ss]trasse|[Ss]traße|[Ww]eg|[Rr]ing|rain|matte|halde|quai|ufer|steig|damm"
)
PLACED = "Am|An der|Im|In der|Auf der|Unter den|Unter der|Zum|Zur|Bei der|Hinter der|Vor dem"
"""Before a street's name that no other word betrays: then its town must follow."""
ENGLISH = "Street|St\\.?|Road|Rd\\.?|Avenue|Ave\\.?|Lane|Ln\\.?|Drive|Boulevard|Blvd\\.?|Court|Way|Close|Square|Terrace"
FRENCH = "[Rr]ue|[Aa]venue|[Cc]hemin|[Pp]lace|[Bb]oulevard|[Rr]oute"
LATIN = r"[A-ZÉ][\wàâèéìòù'-]{1,40}(?:[ -][A-Z][\wàâèéìòù'-]{1,40}){0,4}"
OF = r"(?:(?:de|du|des|la|le|l['’])\s?){0,2}"
NUMBER = r"\s\d{1,4}\s?[a-z]?(?!\w)"
STREETS = (
    re.compile(
        rf"(?<!\w)[A-ZÄÖÜ][\w-]{{0,40}}?(?:[ -][A-ZÄÖÜ]\w{{0,40}}?){{0,2}}?(?:{GERMAN})"
        r"\s\d{1,4}\s?[a-z]?(?![\w.,]\d|\w)"
    ),
    re.compile(rf"(?<![\w.,])\d{{1,5}}\s(?:[A-Z][a-z]{{1,40}}\s){{1,3}}(?:{ENGLISH})(?!\w)"),
    re.compile(
        rf"(?<!\w)(?:{PLACED})\s{PART}(?:[- ]{PART})?\s\d{{1,3}}\s?[a-z]?(?=,?\s\s?(?:(?:CH|D|A)-)?\d{{4,5}}\s{PART})"
    ),
    re.compile(rf"(?<!\w)(?:{FRENCH})\s{OF}{LATIN},?{NUMBER}"),
    re.compile(rf"(?<!\w)\d{{1,4}}[a-z]?,?\s(?:{FRENCH})\s{OF}{LATIN}"),
    re.compile(rf"(?<!\w)(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso)\s{LATIN},?{NUMBER}"),
)
BEHIND_STREET = re.compile(rf"[,\s]*\s?(?:(?:CH|D|A|F|I)-)?\d{{4,5}}\s{TOWN}")
TOWNS = (
    re.compile(rf"(?<!\w)(?:CH|D|A|F|I)-\d{{4,5}}\s{TOWN}"),
    re.compile(
        r"(?:(?<=wohnhaft in )|(?<=Adresse: )|(?<=Address: )|(?<=living in )|(?<=aus )|(?<=domicilié à ))"
        rf"\d{{4,5}}\s{TOWN}"
    ),
    re.compile(r"(?<!\w)[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,\s[A-Z]{2}\s\d{5}(?:-\d{4})?(?!\d)"),
    re.compile(r"(?<!\w)(?:[A-Z][a-z]+,?\s)?(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})(?!\w)"),
    re.compile(rf"(?m)^[^\S\n]*\d{{4,5}}\s{TOWN}[^\S\n]*$"),
)


def places_in(text: str) -> Iterator[Span]:
    """Streets with the towns behind them, then towns that are named otherwise."""
    for pattern in STREETS:
        for found in pattern.finditer(text):
            town = BEHIND_STREET.match(text, found.end())
            yield marked(found.start(), town.end() if town else found.end(), "address")
    for pattern in TOWNS:
        yield from (marked(*found.span(), "address") for found in pattern.finditer(text))
