"""Addresses: a street with a number, a postal code with a town."""

import re
from collections.abc import Iterator

from radquarry.exporter.reports.spans import Span, marked

TOWN = r"[A-ZÄÖÜ][a-zäöüßéèâ]{1,40}(?:[ -](?:[A-ZÄÖÜ][a-zäöüßéèâ]{1,40}|am|an|der|im|bei|a\.|M\.|sur|de)){0,4}"
STREETS = (
    re.compile(
        r"(?<!\w)[A-ZÄÖÜ][\w-]{0,40}?(?:[ -][A-ZÄÖÜ]\w{0,40}?){0,2}?(?:strasse|straße|str\.|gasse|platz|allee|[Ss]trasse|[Ss]traße|[Ww]eg|[Rr]ing|rain|matte|halde|quai|ufer|steig|damm)\s\d{1,4}\s?[a-z]?(?![\w.,]\d|\w)"
    ),
    re.compile(
        r"(?<![\w.,])\d{1,5}\s(?:[A-Z][a-z]{1,40}\s){1,3}(?:Street|St\.?|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Drive|Boulevard|Blvd\.?|Court|Way|Close|Square|Terrace)(?!\w)"
    ),
    re.compile(r"(?<!\w)(?:[Rr]ue|[Aa]venue|[Cc]hemin|[Pp]lace|[Bb]oulevard|[Rr]oute)\s(?:(?:de|du|des|la|le|l['’])\s?){0,2}[A-ZÉ][\wéèâ'-]{1,40}(?:[ -][A-Z][\wéè'-]{1,40}){0,4},?\s\d{1,4}\s?[a-z]?(?!\w)"),
    re.compile(r"(?<!\w)\d{1,4}[a-z]?,?\s(?:rue|avenue|chemin|place|boulevard|route)\s(?:(?:de|du|des|la|le|l['’])\s?){0,2}[A-ZÉ][\wéèâ'-]{1,40}(?:[ -][A-Z][\wéè'-]{1,40}){0,4}"),
    re.compile(r"(?<!\w)(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso)\s[A-Z][\wàèéìòù'-]{1,40}(?:[ -][A-Z][\wàèéìòù'-]{1,40}){0,4},?\s\d{1,4}\s?[a-z]?(?!\w)"),
)  # fmt: skip
BEHIND_STREET = re.compile(rf"[,\s]*\s?(?:(?:CH|D|A|F|I)-)?\d{{4,5}}\s{TOWN}")
TOWNS = (
    re.compile(rf"(?<!\w)(?:CH|D|A|F|I)-\d{{4,5}}\s{TOWN}"),
    re.compile(rf"(?:(?<=wohnhaft in )|(?<=Adresse: )|(?<=Address: )|(?<=living in )|(?<=aus )|(?<=domicilié à ))\d{{4,5}}\s{TOWN}"),
    re.compile(r"(?<!\w)[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,\s[A-Z]{2}\s\d{5}(?:-\d{4})?(?!\d)"),
    re.compile(r"(?<!\w)(?:[A-Z][a-z]+,?\s)?(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})(?!\w)"),
    re.compile(rf"(?m)^\s*\d{{4,5}}\s{TOWN}\s*$"),
)  # fmt: skip


def places_in(text: str) -> Iterator[Span]:
    """Streets with the towns behind them, then towns that are named otherwise."""
    for pattern in STREETS:
        for found in pattern.finditer(text):
            town = BEHIND_STREET.match(text, found.end())
            yield marked(found.start(), town.end() if town else found.end(), "address")
    for pattern in TOWNS:
        yield from (marked(*found.span(), "address") for found in pattern.finditer(text))
