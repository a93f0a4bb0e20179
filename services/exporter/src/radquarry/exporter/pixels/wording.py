"""What a line that was read says: the patient's own, text, text that may stay, or nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from radquarry.exporter.cleaning.own_values import Spellings
from radquarry.exporter.cleaning.spelt import folded
from radquarry.exporter.pixels.tesseract import Word

Meaning = Literal["nothing", "stays", "perhaps text", "text", "own"]
MAY_STAY = (
    "L", "R", "A", "P", "H", "F", "S", "I", "LPO", "RPO", "LAO", "RAO", "AP", "PA", "LAT", "SUPINE", "PRONE", "ERECT",
    "#", "# mm", "# cm", "# dB", "# Hz", "# kHz", "# MHz", "# %", "# fps", "# s", "# ms", "# bpm", "# cm/s", "# m/s",
    "# kV", "# mA", "# mAs", "# HU",
)  # fmt: skip
"""Letters of sides and orientations, and numbers on scales; # is a number of at most three digits before its point."""
A_NUMBER = r"[+-]?\d{1,3}(?:[.,]\d{1,2})?"
SURE, STAYS_FROM = 55.0, 70.0
"""Confidences from which a word is taken for read, and from which it may stay."""
RESEMBLES = 0.75
SHORTEST_RESEMBLING = 5


@dataclass(frozen=True)
class Wording:
    """What may stay, and what is the patient's own."""

    allowed: re.Pattern[str]
    own: Spellings
    names: frozenset[str]
    """Own words and numbers, folded: what was read is compared with them letter by letter, as reading errs."""

    def meaning(self, words: Sequence[Word]) -> Meaning:
        """Of one line."""
        text = " ".join(word.text for word in words)
        letters = sum(character.isalnum() for character in text)
        if letters and (self.own.found(text) or self.own.found(text.replace(" ", "")) or self._resembles(text)):
            return "own"
        if letters and self.allowed.fullmatch(text.strip()) and min(word.confidence for word in words) >= STAYS_FROM:
            return "stays"
        if any(word.confidence >= SURE and _letters(word.text) >= 3 for word in words):
            return "text"
        return "perhaps text" if letters >= 2 else "nothing"

    def _resembles(self, text: str) -> bool:
        tokens = [token for token in re.split(r"[^a-z0-9]+", folded(text)) if len(token) >= SHORTEST_RESEMBLING - 1]
        return any(_like(token, name) for token in tokens for name in self.names)


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _like(token: str, name: str) -> bool:
    matcher = SequenceMatcher(None, token, name, autojunk=False)
    return matcher.real_quick_ratio() >= RESEMBLES and matcher.ratio() >= RESEMBLES


def allowed_pattern(texts: Sequence[str]) -> re.Pattern[str]:
    """One pattern for texts in which # stands for a number; case counts not, nor do spaces beside a number."""
    each = (re.escape(text).replace(r"\#", A_NUMBER).replace(r"\ ", r"\s*") for text in texts)
    return re.compile(rf"(?:{'|'.join(each) or '(?!)'})", re.IGNORECASE)


def wording_of(texts: Sequence[str], own: Spellings, said: frozenset[str]) -> Wording:
    """`said`: the names and ids as they are written."""
    tokens = {token for text in said for token in re.split(r"[^a-z0-9]+", folded(text))}
    return Wording(
        allowed_pattern(texts), own, frozenset(token for token in tokens if len(token) >= SHORTEST_RESEMBLING)
    )
