"""Lists of words that lie beside this package as data, one on a line."""

from functools import cache
from importlib.resources import files


@cache
def listed(name: str) -> frozenset[str]:
    """The words of a file in `data`, case folded; lines that begin with # say what they are."""
    lines = (files(__package__) / "data" / name).read_text("utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))
