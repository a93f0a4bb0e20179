"""The plain text of a report in RTF, as word processors leave it in the tables of a RIS."""

import re

from striprtf.striprtf import rtf_to_text

from radquarry.ris_fetcher.report_text import Unreadable, tidy

MOST_CHARACTERS = 2_000_000
"""Without pictures."""
PICTURE = re.compile(r"[0-9A-Fa-f\s]{512,}")
FONTS = re.compile(r"\\fonttbl(?![a-z])")
LINK = re.compile(r"\{\\field\{", re.IGNORECASE)


def is_rtf(text: str) -> bool:
    """Whether it begins as RTF does."""
    return text.lstrip().startswith("{\\rtf")


def text_of_rtf(markup: str) -> str:
    """What a reader would see. Raises `Unreadable`."""
    markup = PICTURE.sub("", markup)
    if len(markup) > MOST_CHARACTERS:
        raise Unreadable(f"the report has {len(markup)} characters of RTF")
    # the library's patterns for fonts and links take hours for some texts; neither is part of the text
    markup = LINK.sub(r"{\\field {", FONTS.sub(r"\\*\\fonts", markup))
    try:
        return tidy(rtf_to_text(markup, errors="replace"))  # type: ignore[no-untyped-call] # it has no types
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise Unreadable(f"the report's RTF cannot be read: {type(error).__name__}") from None
