"""What a DICOMweb service says it did with what it was sent: its Store Instances Response (PS3.18 10.5.3)."""

import json
from collections.abc import Iterator
from typing import Any

from radquarry.exporter.ways.statuses import Verdict, verdict

REFERENCED, FAILED = "00081199", "00081198"
INSTANCE, WARNING, REASON = "00081155", "00081196", "00081197"
PROCESSING_FAILURE, ALREADY_THERE = 0x0110, 0x0111


def said_of(body: bytes) -> dict[str, tuple[Verdict, str]]:
    """By SOP Instance UID, what became of it and in which words; what cannot be understood says nothing of any."""
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(response, list):
        response = response[0] if response else {}
    said: dict[str, tuple[Verdict, str]] = {}
    for item in _items(response, REFERENCED):
        meaning, words = verdict(_number(item, WARNING, 0))
        said[_text(item)] = ("delivered", words) if meaning != "busy" else (meaning, words)
    for item in _items(response, FAILED):
        meaning, words = verdict(_number(item, REASON, PROCESSING_FAILURE))
        if meaning == "delivered" and words != verdict(ALREADY_THERE)[1]:
            meaning = "failed"  # a warning among what failed is none
        said[_text(item)] = meaning, words or "refused"
    said.pop("", None)
    return said


def _items(response: Any, tag: str) -> Iterator[dict[str, Any]]:
    sequence = response.get(tag) if isinstance(response, dict) else None
    values = sequence.get("Value") if isinstance(sequence, dict) else None
    for item in values if isinstance(values, list) else ():
        if isinstance(item, dict):
            yield item


def _first(item: dict[str, Any], tag: str) -> Any:
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values[0] if isinstance(values, list) and values else None


def _text(item: dict[str, Any]) -> str:
    value = _first(item, INSTANCE)
    return value.strip(" \0") if isinstance(value, str) else ""


def _number(item: dict[str, Any], tag: str, otherwise: int) -> int:
    value = _first(item, tag)
    return value if isinstance(value, int) and 0 <= value <= 0xFFFF else otherwise
