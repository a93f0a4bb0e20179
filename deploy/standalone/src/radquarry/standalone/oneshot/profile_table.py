"""A PACS's profile as people read it in a terminal."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from radquarry.messages import PacsProfile

UNKNOWN = "could not be told"
KEYS = (("matched", "keys that narrow"), ("returned", "keys that only come back"), ("ignored", "keys it ignores"))


def table_of(pacs: str, profile: PacsProfile) -> Table:
    """One line per thing that was asked."""
    table = Table("", "", title=escape(pacs), title_justify="left", box=None, show_header=False, pad_edge=False)
    for label, value in _lines(profile):
        table.add_row(label, Text(value))
    return table


def _lines(profile: PacsProfile) -> Iterator[tuple[str, str]]:
    yield "answers at once", _limit(profile)
    yield "information models", ", ".join(profile.models) or UNKNOWN
    yield "levels", ", ".join(profile.levels) or UNKNOWN
    for support, label in KEYS:
        keywords = [keyword for keyword, found in profile.keys.items() if found == support]
        yield label, ", ".join(sorted(keywords)) or "none"
    yield "wildcards", " ".join(profile.wildcards) or "none is known to work"
    yield "ranges", f"of dates: {_word(profile.date_ranges)}, of times: {_word(profile.time_ranges)}"
    yield "character set", UNKNOWN if profile.charset is None else profile.charset or "it names none"
    yield "associations", _associations(profile)
    yield "retrieval", f"C-MOVE: {_word(profile.c_move)}, C-GET: {_word(profile.c_get)}"
    yield "kinds of object", str(len(profile.storage_contexts)) if profile.storage_contexts else "none named"
    yield "an answer takes", UNKNOWN if profile.milliseconds is None else f"{profile.milliseconds:.0f} ms"
    for note in profile.notes:
        yield "note", note


def _limit(profile: PacsProfile) -> str:
    if profile.find_limit is not None:
        return str(profile.find_limit)
    return f"no limit up to {profile.longest_answer}" if profile.longest_answer else UNKNOWN


def _associations(profile: PacsProfile) -> str:
    if not profile.associations_tried:
        return UNKNOWN
    if profile.associations < profile.associations_tried:
        return f"{profile.associations}, one more was refused"
    return f"{profile.associations}, more were not tried"


def _word(answer: bool | None) -> str:  # noqa: FBT001 - what a profile says
    return UNKNOWN if answer is None else "yes" if answer else "no"
