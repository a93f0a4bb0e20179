"""The page of a preview: what a profile would do to one file, attribute by attribute, before anything is made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from radquarry.api.file_job_views import FileJobView
from radquarry.api.file_previews import Preview, PreviewedAttribute, What

Show = Literal["all", "changed", "emptied", "removed", "added", "kept"]
SHOWS: tuple[Show, ...] = get_args(Show)
WHATS: tuple[What, ...] = get_args(What)
ROWS_AT_ONCE = 400
LONGEST = 80
"""Characters of a value; the whole of it is its title."""


@dataclass(frozen=True)
class Choice:
    """A part of the attributes that can be shown by itself."""

    show: Show
    count: int
    href: str
    is_current: bool


@dataclass(frozen=True)
class PreviewPage:
    """`preview` is None until there is one; `problem` is why it cannot be shown.

    `rows` begin at `start` (from 0) among `count` that are to be shown.
    """

    job: FileJobView
    preview: Preview | None
    problem: str
    choices: tuple[Choice, ...]
    rows: Sequence[PreviewedAttribute]
    start: int
    count: int
    previous_href: str
    next_href: str

    @property
    def api(self) -> str:
        """Where programs, and the page while it waits, find it."""
        return f"/api/v1/previews/{self.job.id}"

    @property
    def name(self) -> str:
        """What the file is called by whoever brought it; empty when it is removed."""
        return self.job.names[0] if self.job.names else ""

    @property
    def longest(self) -> int:
        """Of a value."""
        return LONGEST


def preview_page(job: FileJobView, preview: Preview | None, show: Show, start: int, problem: str = "") -> PreviewPage:
    """`show` chooses among the attributes, `start` is the first row of it."""
    changes = preview.changes if preview else ()
    chosen = changes if show == "all" else tuple(each for each in changes if each.what == show)
    first = max(0, min(start, len(chosen) - 1)) // ROWS_AT_ONCE * ROWS_AT_ONCE
    counts = Counter(each.what for each in changes)
    here = f"/tools/{job.id}?show="
    choices = [Choice("all", len(changes), f"{here}all", show == "all")]
    choices += [Choice(what, counts[what], f"{here}{what}", show == what) for what in WHATS if counts[what]]
    after = first + ROWS_AT_ONCE
    return PreviewPage(
        job=job,
        preview=preview,
        problem=problem,
        choices=tuple(choices),
        rows=chosen[first:after],
        start=first,
        count=len(chosen),
        previous_href=f"{here}{show}&start={first - ROWS_AT_ONCE}" if first else "",
        next_href=f"{here}{show}&start={after}" if after < len(chosen) else "",
    )
