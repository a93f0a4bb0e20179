"""Text from elsewhere, as every state store takes it."""

MOST = 2000


def storable(text: str, most: int = MOST) -> str:
    """Without NUL (PostgreSQL takes none) and unpaired surrogates, at most `most` characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:most]
