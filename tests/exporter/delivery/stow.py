"""What a STOW-RS service answers, and what it was sent."""

import json
from io import BytesIO
from typing import Any

from pydicom import dcmread


def head_of(part: bytes) -> str:
    """The SOP Instance UID of a file; damaged files fail here."""
    return str(dcmread(BytesIO(part)).SOPInstanceUID)


def response(taken: list[str], failed: dict[str, int] | None = None, warned: dict[str, int] | None = None) -> bytes:
    """A Store Instances Response (PS3.18 10.5.3)."""
    said: dict[str, Any] = {}
    if taken:
        said["00081199"] = {"vr": "SQ", "Value": [_item(uid, "00081196", (warned or {}).get(uid)) for uid in taken]}
    if failed:
        said["00081198"] = {"vr": "SQ", "Value": [_item(uid, "00081197", reason) for uid, reason in failed.items()]}
    return json.dumps(said).encode()


def _item(uid: str, tag: str, number: int | None) -> dict[str, Any]:
    item: dict[str, Any] = {
        "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]},
        "00081155": {"vr": "UI", "Value": [uid]},
    }
    if number is not None:
        item[tag] = {"vr": "US", "Value": [number]}
    return item
