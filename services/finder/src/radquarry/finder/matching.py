"""Whether a value matches a key, as PS3.4 section C.2.2.2 has it: on our side again, because a PACS may ignore keys.

Milder than the standard where archives are: letters in any case, accents and padding aside.
"""

import re
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase

WILDCARDS = "*?"
RANGED = frozenset(("DA", "TM", "DT"))
WILD = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
"""VRs whose keys may hold `*` and `?` (PS3.4 section C.2.2.2.4)."""


def matches(values: Iterable[str], key: str, vr: str) -> bool:
    """Whether any of an attribute's values matches the key; an empty key, or an attribute without a value, does.

    No value is no contradiction: a PACS need not return what it matched by.
    """
    given = [value for value in values if value]
    if not given or is_universal(key):
        return True
    if vr in RANGED:
        return any(_in_range(value, key) for value in given)
    if vr in WILD:
        return any(fits(value, one, vr) for value in given for one in key.split("\\"))
    return any(_plain(value, vr) == _plain(one, vr) for value in given for one in key.split("\\"))


def is_universal(key: str) -> bool:
    """Whether the key matches everything, and only asks for the attribute to be returned."""
    return not key.strip(" \0*")


def fits(value: str, pattern: str, vr: str = "LO") -> bool:
    """Whether one text matches one pattern with `*` and `?`; all other characters stand for themselves."""
    shape = _folded(pattern, vr).replace("[", "[[]")
    names = value.split("=") if vr == "PN" else (value,)
    return any(fnmatchcase(_folded(name, vr), shape) for name in names)


def _folded(text: str, vr: str) -> str:
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    plain = plain.strip(" \0").casefold()
    return plain.rstrip("^") if vr == "PN" else plain


def _plain(text: str, vr: str) -> str:
    bare = text.strip(" \0")
    return bare.lstrip("+0") if vr == "IS" else bare


def _in_range(value: str, key: str) -> bool:
    """Dates and times as their digits; what is shorter stands for all that begins with it."""
    first, dash, last = (re.sub(r"[.:]", "", part.strip()) for part in key.partition("-"))
    digits = re.sub(r"[.:]", "", value.strip())
    if not dash:
        return digits.startswith(first) or first.startswith(digits)
    return (not first or digits >= first[: len(digits)]) and (not last or digits[: len(last)] <= last)
