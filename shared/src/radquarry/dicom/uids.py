"""Identifiers from the network, before they are trusted."""

import re

from radquarry.errors import Permanent

FORM = re.compile(r"[0-9]+(?:\.[0-9]+)*")


class NotAUid(Permanent):
    """A value that was to be a UID is none; the value itself is not repeated, it may be anything."""


def is_uid(text: str) -> bool:
    """Digits in dotted components, at most 64 characters (PS3.5 section 9.1).

    Leading zeros in a component are against the standard but occur, and harm nobody: they are taken.
    """
    return len(text) <= 64 and FORM.fullmatch(text) is not None


def checked_uid(text: str, keyword: str) -> str:
    """`text` without its padding, safe as the name of a file or folder; raises `NotAUid`."""
    trimmed = text.strip(" \0")
    if not is_uid(trimmed):
        raise NotAUid(f"{keyword} is not a UID ({len(text)} characters)")
    return trimmed
