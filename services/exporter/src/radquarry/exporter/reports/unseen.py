"""Characters that are not seen, or that look like the usual ones: a name is the same with and without them."""

import unicodedata

UNSEEN = dict.fromkeys((0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
                        *range(0x2060, 0x2070)))  # fmt: skip
"""Soft hyphens and characters without a width: in the middle of a name they hide it."""
PLAIN = {0xA0: " ", **dict.fromkeys((*range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "), 0x2010: "-", 0x2011: "-"}
"""Spaces and hyphens that look like the usual ones."""


def composed(text: str) -> str:
    """Characters composed (NFC), none that is not seen, and the usual spaces and hyphens."""
    return unicodedata.normalize("NFC", text.translate(UNSEEN).translate(PLAIN))
