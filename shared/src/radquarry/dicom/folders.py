"""What the folder of a patient is called."""

import hashlib
import os
from urllib.parse import quote

PLAIN = " _-.+=@,()~^"
"""Beside letters and digits, what a patient id keeps as the name of a folder."""
WITHOUT_ID = "without-patient-id"
MOST_BYTES = 120


def folder_name(patient_id: str) -> str:
    """A patient id as the name of one folder: different ids have different names, whatever letters they hold."""
    bare = patient_id.strip()
    if not bare:
        return WITHOUT_ID
    name = "".join(letter if letter.isalnum() or letter in PLAIN else quote(letter, safe="") for letter in bare)
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(os.fsencode(name)) > MOST_BYTES:
        digest = hashlib.sha256(bare.encode()).hexdigest()[:32]
        name = f"{os.fsencode(name)[:40].decode('utf-8', 'ignore')}%{digest}"
    return name
