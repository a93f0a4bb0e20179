"""Places in a text that are to be replaced, and the text with them replaced."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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
    """In the order of the text, none in another: those given first win, what sticks out of them goes with a mark."""
    taken: list[Span] = []
    for span in spans:
        first = max(0, bisect_right(taken, span.begin, key=lambda other: other.begin) - 1)
        pieces = list(_free(span, taken, first))
        if pieces == [(span.begin, span.end)]:
            new = [span]
        else:
            new = [Span(begin, end, span.kind, MARKS.get(span.kind, "")) for begin, end in pieces]
        for one in new:
            taken.insert(bisect_right(taken, one.begin, key=lambda other: other.begin), one)
    return taken


def _free(span: Span, taken: Sequence[Span], first: int) -> Iterator[tuple[int, int]]:
    """What of the span is in none of those that are taken, which are in order; those before `first` end before it."""
    at = span.begin
    for number in range(first, len(taken)):
        other = taken[number]
        if other.begin >= span.end:
            break
        if other.begin > at:
            yield at, other.begin
        at = max(at, other.end)
    if at < span.end:
        yield at, span.end


def replaced(text: str, spans: Iterable[Span]) -> str:
    """The text with the replacements of spans that are apart."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        again = span.begin == at and pieces[-1:] == [span.replacement] and span.replacement in MARKS.values()
        pieces += [text[at : span.begin], "" if again else span.replacement]
        at = span.end
    return "".join((*pieces, text[at:]))
