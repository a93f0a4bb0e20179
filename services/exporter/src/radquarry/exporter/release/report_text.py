"""The release check of a report: the record's own names, ids, UIDs and days must not stand in what leaves.

It shares no code with what cleans reports.
"""

import html
import quopri
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from urllib.parse import unquote

from radquarry.exporter.release.originals import plainly, says_a_day, telling

UNSEEN = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[-\u2010\u00ad]\s*\n\s*")
"""Characters without a width, and the end of a line within a word."""
TAGS = re.compile(r"</?[A-Za-z!?][^<>]*>|\\[a-z]+(?:-?\d+)? ?|[{}]|\\[HN]\\")
BYTES = re.compile(r"\\(?:'([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})\\)")
CODES = re.compile(r"\\u(?:(0[0-9a-fA-F]{3})|(-?\d{1,5}) ?(?:\?|\\'[0-9a-fA-F]{2})?)")
A_UID = re.compile(r"\d+(?:\.\d+){3,}")


@dataclass(frozen=True)
class Record:
    """What a record says of its patient: `days` as eight digits each."""

    names: AbstractSet[str] = field(repr=False)
    ids: AbstractSet[str] = field(repr=False)
    uids: AbstractSet[str] = field(default=frozenset(), repr=False)
    days: AbstractSet[str] = field(default=frozenset(), repr=False)


def report_faults(text: str, record: Record, ours: AbstractSet[str] = frozenset()) -> list[str]:
    """What of the record is still in the text; `ours`: pseudonyms, which are looked over."""
    for pseudonym in sorted(ours, key=len, reverse=True):
        own = rf"(?<![^\W_]){re.escape(pseudonym)}(?![^\W_])"
        text = re.sub(own, "\0", text) if pseudonym else text
    pattern = telling(frozenset(record.names), frozenset(record.ids))
    readings = {*_mailed(text), text, unquote(text), html.unescape(text), UNSEEN.sub("", text), _without_markup(text)}
    faults = []
    if any(pattern.search(plainly(reading)) for reading in readings):
        faults.append("says a name, an id or an accession number of the patient")
    if record.uids & set(A_UID.findall(text)):
        faults.append("says a UID of the original")
    if says_a_day(text, frozenset(record.days)):
        faults.append("says a date of the original")
    return faults


def _mailed(text: str) -> set[str]:
    """What it says as quoted-printable (RFC 2045), in UTF-8 or Windows-1252."""
    if "=" not in text:
        return set()
    data = quopri.decodestring(text.encode())
    return {data.decode("utf-8", "replace"), data.decode("cp1252", "replace")}


def _without_markup(text: str) -> str:
    """HTML and RTF decoded, with nothing where tags and control words stand."""
    if not re.search(r"[<&\\]", text):
        return text
    text = CODES.sub(lambda found: chr(int(found[1], 16) if found[1] else int(found[2]) % 0x10000), text)
    text = BYTES.sub(lambda found: bytes.fromhex(found[1] or found[2]).decode("cp1252", "ignore"), text)
    return UNSEEN.sub("", html.unescape(html.unescape(TAGS.sub("", text))))
