"""What is said of another tool's file: whose it is, what was understood of it, what was mended."""

from pathlib import Path

from radquarry.standalone.foreign.pacsanini import understood_pacsanini
from radquarry.standalone.foreign.pacsnpull import understood_config, understood_queries
from radquarry.standalone.foreign.recognising import kind_of
from radquarry.standalone.foreign.written import Written, read


def checked_lines(file: Path) -> list[str] | None:
    """For people, a line each; None when the file is radquarry's own. Raises `ConfigurationError`."""
    written = read(file)
    kind = kind_of(written)
    if kind == "radquarry":
        return None
    words, mended = _understood(kind, written)
    return [f"{file}: right ({kind})", *(f"  {line}" for line in words), *(f"mended: {line}" for line in mended)]


def _understood(kind: str, written: Written) -> tuple[list[str], list[str]]:
    if kind == "pacsanini":
        settings, mended = understood_pacsanini(written)
        return list(settings.words()), mended
    if kind == "pacs n pull":
        config, mended = understood_config(written)
        return list(config.words()), mended
    queries, mended = understood_queries(written)
    levels = sorted({query.level for query in queries})
    counts = (f"{sum(query.level == level for query in queries)} at {level} level" for level in levels)
    return [f"{len(queries)} queries: {', '.join(counts)}"], mended
