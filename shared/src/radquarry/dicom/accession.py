"""Spellings of an accession number, from the surest to the boldest, and whether two spell the same one."""

import re

WILDCARDS = frozenset("*?\\")


def spellings(accession_number: str) -> list[str]:
    """What to ask for, in this order: as it is, then in upper case without blanks, punctuation and leading zeros.

    Nothing for an empty number or one with a wildcard: a RIS or a PACS would give everything it has.
    """
    as_is = accession_number.strip()
    if not as_is or WILDCARDS & set(as_is):
        return []
    upper = "".join(as_is.upper().split())
    bare = re.sub(r"[\W_]", "", upper)
    candidates = (as_is, upper, bare, bare.lstrip("0"))
    return [spelling for spelling in dict.fromkeys(candidates) if spelling]


def is_same(one: str, other: str) -> bool:
    """Whether two numbers are the same one, whatever their case, blanks, punctuation and leading zeros."""
    spelt, others = spellings(one), spellings(other)
    return bool(spelt and others) and spelt[-1] == others[-1]
