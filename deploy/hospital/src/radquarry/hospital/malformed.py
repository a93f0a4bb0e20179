"""C-FIND answers no standard allows, mixed into the right ones."""

import itertools
from collections.abc import Iterable, Iterator

from radquarry.hospital.faults import MalformedKind, PacsFaults
from radquarry.hospital.queries import UNIQUE_KEYS
from radquarry.hospital.studies import Record

_UIDS: dict[str, str] = {
    "long_uid": "1.2.826.0.1.3680043.8.498." + "9" * 60,
    "bad_uid": "1.2.0840..x.01",
    "traversal_uid": "../../etc/passwd",
    "empty_uid": "",
}
_GARBAGE: Record = {
    "PatientBirthDate": "unknown",
    "PatientSex": "??",
    "PatientAge": "old",
    "NumberOfStudyRelatedSeries": "many",
    "NumberOfStudyRelatedInstances": "1e999x",
    "NumberOfSeriesRelatedInstances": "-",
    "SeriesNumber": "first",
    "InstanceNumber": "#1",
}
_OVERLONG: Record = {
    "StudyDescription": "CT \x00\x1b\x07" + "x" * 5000,
    "SeriesDescription": "y" * 3000,
    "StudyID": "z" * 400,
    "PatientName": "Q" * 2000 + "^^^^^^^^=",
}


def malformed(records: Iterable[Record], level: str, faults: PacsFaults) -> Iterator[Record]:
    """The records, and at every `malformed_every`th one of the kinds of malformation in turn.

    A bad UID or a duplicate is a further answer beside the true one; garbage and overlong values replace optional
    attributes of the true one, whose identity, date and time stay right.
    """
    every = faults.malformed_every
    if not every or not faults.malformed_kinds:
        yield from records
        return
    kinds = itertools.cycle(faults.malformed_kinds)
    for place, record in enumerate(records, start=1):
        if place % every:
            yield record
        else:
            yield from _spoilt(record, next(kinds), UNIQUE_KEYS[level])


def _spoilt(record: Record, kind: MalformedKind, unique_key: str) -> Iterator[Record]:
    if kind in {"garbage_values", "overlong_values"}:
        spoilt = _GARBAGE if kind == "garbage_values" else _OVERLONG
        yield record | {keyword: value for keyword, value in spoilt.items() if keyword in record}
        return
    yield record
    yield record if kind == "duplicate" else record | {unique_key: _UIDS[kind]}
