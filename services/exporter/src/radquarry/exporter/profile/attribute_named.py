"""Attributes of the standard as users name them."""

import difflib
import re

from pydicom.datadict import dictionary_has_tag, keyword_dict, tag_for_keyword

NUMBERS = re.compile(r"\(?([0-9A-Fa-f]{4}),? ?([0-9A-Fa-f]{4})\)?")


def tag_named(name: str) -> int:
    """The tag of a keyword or of `(gggg,eeee)`. Raises `ValueError`."""
    if found := NUMBERS.fullmatch(name.strip()):
        tag = int(found[1] + found[2], 16)
        if tag & 0x10000:
            raise ValueError(f"{name} is private; of private attributes only the option retain_safe_private keeps any")
        if not dictionary_has_tag(tag):
            raise ValueError(f"{name} is no attribute of the standard")
        return tag
    tag_of_name = tag_for_keyword(name.strip())
    if tag_of_name is None:
        nearest = difflib.get_close_matches(name, keyword_dict, n=1, cutoff=0.6)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise ValueError(f"{name!r} is no keyword of the standard{hint}")
    return tag_of_name
