"""The initials of a name of the record: K. H. for Huber^Karl."""

import re
from collections.abc import Iterable, Iterator

from radquarry.exporter.cleaning.spelt import pieces_of
from radquarry.exporter.reports.spans import Span, marked

ABBREVIATIONS = frozenset(
    ("zn", "km", "ob", "iv", "ia", "im", "sc", "md", "zb", "va", "dd", "ap", "pa", "po", "og", "so", "su", "ua", "nb",
     "da", "dh", "eu", "mm")
)  # fmt: skip
"""Zustand nach, Kontrastmittel, ohne Befund: what stands in reports with two points and is nobody."""


def initials_in(text: str, names: Iterable[str]) -> Iterator[Span]:
    """In capitals with their points, either way round."""
    for name in sorted(names):
        family, given = (*pieces_of(name), [], [])[:2]
        if not family or not given or not (family[0][0].isalpha() and given[0][0].isalpha()):
            continue
        last = rf"{family[0][0].upper()}\."
        first = rf"{given[0][0].upper()}\.(?:[ -]?[^\W\d_]\.)?" if len(given) > 1 else rf"{given[0][0].upper()}\."
        letters = (given[0][0] + family[0][0]).casefold()
        for one, other, both in ((first, last, letters), (last, first, letters[::-1])):
            if both not in ABBREVIATIONS:
                for found in re.finditer(rf"(?<![\w.-])(?<!\w\. ){one}(?:,? ?){other}(?![\w-])(?! ?[^\W\d_]\.)", text):
                    yield marked(*found.span(), "name")
