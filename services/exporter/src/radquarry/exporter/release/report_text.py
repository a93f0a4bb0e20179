"""The release check of a report: the record's own names, ids, UIDs and days must not stand in what leaves.

It shares no code with what cleans reports.
"""

import html
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from urllib.parse import unquote

from radquarry.exporter.release.originals import plainly, says_a_day, telling

UNSEEN = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[-\u2010\u00ad]\s*\n\s*")
"""Characters without a width, and the end of a line within a word."""
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
    readings = {text, unquote(text), html.unescape(text), UNSEEN.sub("", text)}
    faults = []
    if any(pattern.search(plainly(reading)) for reading in readings):
        faults.append("says a name, an id or an accession number of the patient")
    if record.uids & set(A_UID.findall(text)):
        faults.append("says a UID of the original")
    if says_a_day(text, frozenset(record.days)):
        faults.append("says a date of the original")
    return faults
