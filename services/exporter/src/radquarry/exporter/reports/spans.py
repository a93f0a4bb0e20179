"""Places in a text that are to be replaced, and the text with them replaced."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "patient id", "accession number", "uid", "date", "phone", "insurance number", "e-mail", "url",
               "address", "id", "age"]  # fmt: skip
MARKS: dict[Kind, str] = {
    "name": "[NAME]", "date": "[DATE]", "phone": "[PHONE]", "insurance number": "[INSURANCE NUMBER]",
    "e-mail": "[E-MAIL]", "url": "[URL]", "address": "[ADDRESS]", "id": "[ID]", "age": "[AGE]",
}  # fmt: skip
"""What stands there then, where it is no pseudonym and no other date."""


@dataclass(frozen=True)
class Span:
    """From `begin` to before `end`; the text there becomes `replacement`."""

    begin: int
    end: int
    kind: Kind
    replacement: str


def marked(begin: int, end: int, kind: Kind) -> Span:
    """A span that becomes its kind's mark."""
    return Span(begin, end, kind, MARKS[kind])


def apart(spans: Iterable[Span]) -> list[Span]:
    """In the order of the text, none in another: earlier given ones win, and what sticks out of them goes with a mark."""
    taken: list[Span] = []
    for span in spans:
        pieces = [(span.begin, span.end)]
        for other in taken:
            pieces = [part for piece in pieces for part in _without(piece, other)]
        if pieces == [(span.begin, span.end)]:
            taken.append(span)
        else:
            taken += [Span(begin, end, span.kind, MARKS.get(span.kind, "")) for begin, end in pieces if end > begin]
    return sorted(taken, key=lambda span: span.begin)


def _without(piece: tuple[int, int], other: Span) -> list[tuple[int, int]]:
    begin, end = piece
    if other.end <= begin or other.begin >= end:
        return [piece]
    return [(begin, min(end, other.begin)), (max(begin, other.end), end)]


def replaced(text: str, spans: Iterable[Span]) -> str:
    """The text with the replacements of spans that are apart."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.begin], span.replacement]
        at = span.end
    return "".join((*pieces, text[at:]))
