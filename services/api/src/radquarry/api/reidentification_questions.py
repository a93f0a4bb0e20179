"""What a question who is behind pseudonyms asks, and how pseudonyms are read from a paste or a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from radquarry.api.lists.columns import IDENTIFIERS, headings
from radquarry.api.lists.text import read_text
from radquarry.api.problems import invalid

MOST_PSEUDONYMS = 1000
MOST_CHARACTERS = 64
LEAST_OF_A_REASON, MOST_OF_A_REASON = 10, 2000
HEADINGS = frozenset({"pseudonym", "pseudonyms", "pseudonyme"})
_UNFIT = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Question:
    """Which pseudonyms of a delivery somebody wants resolved, and why."""

    delivery_id: UUID
    pseudonyms: tuple[str, ...]
    reason: str


def reason_of(text: str) -> str:
    """Why, without white space around it; raises the problem that says what to mend."""
    reason = text.strip()
    if not LEAST_OF_A_REASON <= len(reason) <= MOST_OF_A_REASON:
        raise invalid(f"A reason has {LEAST_OF_A_REASON} to {MOST_OF_A_REASON} characters.")
    return reason


def read_pseudonyms(content: bytes) -> tuple[str, ...]:
    """Each once, in their order: of one a line, or of a CSV. Raises the problem that says what to mend.

    A CSV of several columns has one that is called `pseudonym`, or as an identifier is (`PatientID`, …).
    """
    lines = read_text(content).lines
    place, has_heading = _column(lines)
    below = lines[has_heading:]
    found = [(number, line[place]) for number, line in enumerate(below, 1 + has_heading) if len(line) > place]
    for number, each in found:
        if len(each) > MOST_CHARACTERS or _UNFIT.search(each):
            raise invalid(f"Line {number} is no pseudonym: it has more than {MOST_CHARACTERS} characters, or signs.")
    pseudonyms = tuple(dict.fromkeys(each for _, each in found if each))
    if not pseudonyms:
        raise invalid("Name at least one pseudonym, one a line, or in a CSV file.")
    if len(pseudonyms) > MOST_PSEUDONYMS:
        raise invalid(f"These are {len(pseudonyms)} pseudonyms: at most {MOST_PSEUDONYMS} are asked for at a time.")
    return pseudonyms


def _column(lines: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Where the pseudonyms stand, and whether the first line is one of headings."""
    if not lines:
        return 0, False
    for place, cell in enumerate(lines[0]):
        if cell.casefold() in HEADINGS:
            return place, True
    for place, meaning in enumerate(headings(lines[0])):
        if meaning in IDENTIFIERS:
            return place, True
    if max(map(len, lines)) > 1:
        raise invalid("The table has several columns: call the one with the pseudonyms pseudonym in its first line.")
    return 0, False
