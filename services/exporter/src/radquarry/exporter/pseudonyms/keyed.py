"""Pseudonyms by HMAC-SHA-256 of a project's key: a patient has the same one in every file, run, machine and year.

Another project's key, derived from the same secret by the project's name, gives others that cannot be linked.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from radquarry.errors import Permanent

SHORTEST_KEY = 32
"""Bytes."""
LEAST_DAYS, MOST_DAYS = 30, 3650
"""Dates move back by so many days, the same number for everything of a patient."""
MOST_REMEMBERED = 100_000


class KeyRefused(Permanent):
    """No key, or one that could be guessed."""


def project_key(secret: bytes, project: str) -> bytes:
    """The key of one project, 32 bytes. Raises `KeyRefused`."""
    if len(secret) < SHORTEST_KEY or len(set(secret)) < 8:
        raise KeyRefused(f"a key has at least {SHORTEST_KEY} random bytes; make one: openssl rand -hex 32 > FILE")
    if not project.strip():
        raise KeyRefused("a project has a name")
    return hmac.digest(secret, b"radquarry project\0" + project.strip().encode(), hashlib.sha256)


@dataclass(frozen=True)
class Given:
    """What a mapping that the user gives says: patient ids and accession numbers, and days of a patient's shift."""

    patient_ids: Mapping[str, str] = field(default_factory=dict)
    accession_numbers: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[str, int] = field(default_factory=dict)


class Pseudonyms:
    """All pseudonyms of one project. A given mapping goes before the key."""

    def __init__(self, key: bytes, given: Given | None = None) -> None:
        self._key = key
        self._given = given or Given()
        self._uids: dict[str, str] = {}

    def _digest(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{value}".encode("utf-8", "surrogateescape"), hashlib.sha256)

    def _letters(self, kind: str, value: str) -> str:
        return base64.b32encode(self._digest(kind, value)[:10]).decode()

    def patient_id(self, patient_id: str) -> str:
        """`P` and 15 letters or digits (75 bits), or what the given mapping says."""
        return self._given.patient_ids.get(patient_id) or "P" + self._letters("patient", patient_id)[:15]

    def accession_number(self, accession_number: str) -> str:
        """`A` and 15 letters or digits: an SH has at most 16."""
        given = self._given.accession_numbers.get(accession_number)
        return given or "A" + self._letters("accession", accession_number)[:15]

    def value(self, value: str) -> str:
        """For any other attribute that the profile wants as a pseudonym: `V` and 15 letters or digits."""
        return "V" + self._letters("value", value)[:15]

    def uid(self, uid: str) -> str:
        """`2.25.` and the decimal of 128 bits that have the form of a UUID (version 8, RFC 9562)."""
        known = self._uids.get(uid)
        if known is None:
            bits = int.from_bytes(self._digest("uid", uid)[:16])
            bits = bits & ~(0xF << 76) | 8 << 76
            known = f"2.25.{bits & ~(0x3 << 62) | 2 << 62}"
            if len(self._uids) >= MOST_REMEMBERED:
                self._uids.clear()
            self._uids[uid] = known
        return known

    def days(self, patient_id: str) -> int:
        """By how many days everything of this patient moves: negative, at least a month, at most ten years."""
        given = self._given.days.get(patient_id)
        if given is not None:
            return given
        span = MOST_DAYS - LEAST_DAYS + 1
        return -(LEAST_DAYS + int.from_bytes(self._digest("days", patient_id)[:8]) % span)
