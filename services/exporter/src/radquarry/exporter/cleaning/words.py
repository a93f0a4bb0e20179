"""Clean Descriptors: of a text only the words stay that the standard's own codes are made of, and short numbers.

A list of what may stay, not of what must go: nobody knows all names. A surname that is such a word too (Long) stays,
unless it is this patient's own.
"""

import re
from functools import cache
from importlib.resources import files

from pydicom.sr.codedict import codes

TOKEN = re.compile(r"[^\W_]+|[\W_]+")
NUMBER = re.compile(r"[a-z]?\d{1,3}[a-z]{0,2}", re.IGNORECASE)
NUMBERS_IN_A_ROW = re.compile(r"\+?\d(?:[\s./:()-]*\d){4,}")
"""Telephone numbers, dates, ids in groups."""
PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@cache
def known_words() -> frozenset[str]:
    """In lower case."""
    own = (files("radquarry.exporter.standard") / "data/imaging_words.txt").read_text("utf-8")
    words = {line.strip() for line in own.splitlines() if line and not line.startswith("#")}
    for scheme in ("SCT", "DCM"):
        for keyword in dir(getattr(codes, scheme)):
            words |= {part.lower() for part in PARTS.findall(keyword) if len(part) > 2}
    return frozenset(words)


def cleaned_text(text: str) -> str:
    """The text without what is no such word."""
    known = known_words()
    kept = [
        token if not token[0].isalnum() or token.lower() in known or NUMBER.fullmatch(token) else ""
        for token in TOKEN.findall(NUMBERS_IN_A_ROW.sub(" ", text))
    ]
    return re.sub(r"[^\S\r\n]{2,}", " ", "".join(kept)).strip(" ,;:-/_.()")
