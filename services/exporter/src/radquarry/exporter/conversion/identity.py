"""UIDs out of what is converted and what is given: the same again in every run, and other ones for anything else.

A UID is `2.25.` and a UUID (PS3.5 B.2; version 8, RFC 9562) out of SHA-256 over named parts.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from radquarry.exporter.conversion.given import PATIENT, SERIES, STUDY, Given

MARK = "radquarry conversion 1"


@dataclass(frozen=True)
class SeriesIdentity:
    """Study and series that an instance belongs to."""

    study_instance_uid: str
    series_instance_uid: str
    series_number: int

    def instance(self, *parts: str) -> str:
        """The UID of the instance that these parts name within the series."""
        return uid_of("instance", self.series_instance_uid, *parts)

    def frame_of_reference(self) -> str:
        """Of this series alone: nothing says that another one lies in the same."""
        return uid_of("frame of reference", self.series_instance_uid)


def uid_of(*parts: str) -> str:
    """Parts with their lengths, so that no two lists of parts look alike."""
    digest = hashlib.sha256()
    for part in (MARK, *parts):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    bits = int.from_bytes(digest.digest()[:16]) & ~(0xF << 76) | 8 << 76
    return f"2.25.{bits & ~(0x3 << 62) | 2 << 62}"


def study_uid(given: Given, digests: Iterable[str]) -> str:
    """Given, or out of the patient's and study's data and of the contents of all its files."""
    return given.get("StudyInstanceUID") or uid_of("study", *_said(given, (*PATIENT, *STUDY)), *sorted(digests))


def series_uid(given: Given, study: str, digests: Iterable[str]) -> str:
    """Given, or out of its study, its own data and its files in their order."""
    return given.get("SeriesInstanceUID") or uid_of("series", study, *_said(given, SERIES), *digests)


def study_key(given: Given) -> tuple[str, ...]:
    """Files with the same key are of one study."""
    return _said(given, (*PATIENT, *STUDY))


def patient_key(given: Given) -> tuple[str, ...]:
    """Whose it is."""
    return _said(given, PATIENT)


def _said(given: Given, keywords: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{keyword}={given[keyword]}" for keyword in keywords if keyword in given)
