"""A list as a table of texts, before anybody knows what its columns mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from radquarry.api.crawl_order import MOST_ROWS
from radquarry.api.problems import Problem, invalid

MOST_COLUMNS = 100


@dataclass(frozen=True)
class Note:
    """Something a person should know about how the list was read; `kind` is a key of the wording."""

    kind: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """`lines` without the empty ones; `form` says in which form it was: `csv`, `xlsx`; `about` its details.

    `numeric` counts, by column, cells that a spreadsheet kept as numbers.
    """

    lines: list[list[str]]
    form: str
    about: Mapping[str, str] = field(default_factory=dict)
    numeric: Mapping[int, int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def too_long() -> Problem:
    """More lines than a crawl takes."""
    return invalid(f"The list has more than {MOST_ROWS} rows: split it.")


def too_wide() -> Problem:
    """More columns than anybody's list has."""
    return invalid(f"The list has more than {MOST_COLUMNS} columns: keep those with the numbers.")
