"""Text of strangers made fit to be shown: every character that hides or turns its neighbours is shown as itself."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_TURNS_LINES = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """`text` with control characters and direction overrides shown as U+FFFD, and one kind of line end.

    Marks that Arabic and Hebrew need (U+200E, U+200F) stay.
    """
    one_line_end = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TURNS_LINES.sub("\ufffd", _CONTROL.sub("\ufffd", one_line_end))


def shortened(text: str, most: int) -> tuple[str, bool]:
    """At most `most` characters of `text`, cut between words where one ends nearby; whether anything was cut."""
    if len(text) <= most:
        return text, False
    end = max(text.rfind(" ", most - 200, most), text.rfind("\n", most - 200, most))
    return text[: end if end > 0 else most], True
