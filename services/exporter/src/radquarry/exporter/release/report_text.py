"""The release check of a report: the record's own names, ids, UIDs and days must not stand in what leaves.

It shares no code with what cleans reports.
"""

import html
import re
from collections.abc import Set
from dataclasses import dataclass, field
from urllib.parse import unquote

from radquarry.exporter.release.originals import plainly, says_a_day, telling

A_UID = re.compile(r"\d+(?:\.\d+){3,}")


@dataclass(frozen=True)
class Record:
    """What a record says of its patient: `days` as eight digits each."""

    names: Set[str] = field(repr=False)
    ids: Set[str] = field(repr=False)
    uids: Set[str] = field(default=frozenset(), repr=False)
    days: Set[str] = field(default=frozenset(), repr=False)


def report_faults(text: str, record: Record, ours: Set[str] = frozenset()) -> list[str]:
    """What of the record is still in the text; `ours`: pseudonyms, which are looked over."""
    for pseudonym in sorted(ours, key=len, reverse=True):
        text = text.replace(pseudonym, "\0") if pseudonym else text
    pattern = telling(frozenset(record.names), frozenset(record.ids))
    readings = {text, unquote(text), html.unescape(text)}
    faults = []
    if any(pattern.search(plainly(reading)) for reading in readings):
        faults.append("says a name, an id or an accession number of the patient")
    if record.uids & set(A_UID.findall(text)):
        faults.append("says a UID of the original")
    if says_a_day(text, frozenset(record.days)):
        faults.append("says a date of the original")
    return faults
