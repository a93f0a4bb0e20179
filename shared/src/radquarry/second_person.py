"""What takes two people is decided by somebody else than whoever asked."""

import unicodedata


def is_second_person(requested_by: str, decides: str) -> bool:
    """Whether both have names that differ by more than case, space and form: else they may be one person's accounts."""
    one, other = (unicodedata.normalize("NFKC", name).strip().casefold() for name in (requested_by, decides))
    return bool(one and other) and one != other
