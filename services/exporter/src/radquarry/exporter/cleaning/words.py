"""Clean Descriptors: of a text only the words stay that the standard's own codes are made of, and short numbers.

A list of what may stay, not of what must go: nobody knows all names. A surname that is such a word too (Long) stays,
unless it is this patient's own.
"""

import re
from functools import cache
from importlib.resources import files

from pydicom.sr.codedict import codes

TOKEN = re.compile(r"[^\W_]+|[\W_]+")
NUMBER = re.compile(r"[bclrstvx]?\d{1,3}(?:mm|cm|cc|ml|mg|kv|ma|ms|hu|hz|t|s|x|st|nd|rd|th)?|[234]d", re.IGNORECASE)
"""Of letters beside a number only those of vertebrae, sequences and units: 63y is somebody's age, f63 too."""
MONTH = (
    r"(?:jan(?:uary?|vier)?|feb(?:ruary?)?|f[eé]v(?:rier)?|m[aä]r(?:ch|z|s)?|apr(?:il)?|avr(?:il)?|ma[iy]|jun[ei]?|juin"
    r"|jul[yi]?|juil(?:let)?|aug(?:ust)?|ao[uû]t|sept?(?:emb(?:er|re))?|o[ck]t(?:ob(?:er|re))?|nov(?:emb(?:er|re))?"
    r"|d[eé][cz](?:emb(?:er|re))?)(?![^\W\d_])"
)
LONG, SHORT_DATE = r"\d(?:[\W_]*\d){4,}", r"\d+(?:[\W_]+\d+){2,}"
"""Telephone numbers, dates and ids in groups; and short dates: 3.5.62."""
OF_A_LETTER = rf"(?<=(?<![^\W_])[clst])[1-9][\W_]+(?:{LONG}|{SHORT_DATE})"
"""The digit of a sequence or a vertebra (T2, L5) before such a number: it does not belong to it."""
NUMBERS = re.compile(
    rf"(?!{OF_A_LETTER})(?:\+?{LONG}|{SHORT_DATE})"
    r"|(?<![^\W_])\d+[^\S\n]*[/:_-]+[^\S\n]*\d+"  # a month and a year, a time of day; C5/6 and 1.5 are neither
    rf"|(?<![^\W_])\d+(?:st|nd|rd|th)?[\W_]*{MONTH}[\W_]*\d*|(?<![^\W_]){MONTH}[\W_]*\d+(?:(?:st|nd|rd|th)?[\W_]+\d+)*"
    r"|(?<![^\W_])\d{1,3}[\W_]*(?:y|a|j|m|w|yo|yrs?|jr|ans?|mos?|wks?|mths?"
    r"|(?:year|day|week|month|jahr|jähr|tag|woche|monat|mois|jour|ann|año|mes)[^\W\d_]*)(?![^\W\d_])"  # ages
    r"|(?<![^\W_])(?:\d{2,3}|[15-9])[\W_]*d(?![^\W\d_])",  # days; 3D is none
    re.IGNORECASE,
)
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
    """The text without what is no such word; numbers are looked at again as what goes may stand between them."""
    known = known_words()
    kept = [
        token if not token[0].isalnum() or token.lower() in known or NUMBER.fullmatch(token) else ""
        for token in TOKEN.findall(NUMBERS.sub(" ", text))
    ]
    alone = NUMBERS.sub(" ", "".join(kept))
    return re.sub(r"[^\S\r\n]{2,}", " ", alone).strip(" ,;:-/_.()")
