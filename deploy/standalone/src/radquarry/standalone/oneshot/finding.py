"""One find over days: from the question to the table, and what is said at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from radquarry.standalone.oneshot.days import Days, Wanted
from radquarry.standalone.oneshot.notebook import Notebook, Problem
from radquarry.standalone.oneshot.peers import Asked, opened_pacs
from radquarry.standalone.oneshot.progress import Pace, shown
from radquarry.standalone.oneshot.table_file import write_table

MOST_SAID = 20
"""Problems on the screen; the file beside the table has all."""
MISSING = ("first_day", "last_day", "begin", "end", "reason")


@dataclass(frozen=True)
class Find:
    """Which PACS, what of it, and the CSV it goes to."""

    asked: Asked
    wanted: Wanted
    table: Path

    @property
    def question(self) -> tuple[str, ...]:
        """What tells this find from another one that writes the same table."""
        wanted = self.wanted
        days = (wanted.first.isoformat(), wanted.last.isoformat())
        return (self.asked.address, *days, wanted.level, *wanted.modalities, "", *wanted.fields)

    @property
    def missing(self) -> Path:
        """Where what is missing is told; a complete find removes it."""
        return self.table.with_name(f"{self.table.name}.missing.csv")


async def run_find(find: Find, screen: Console) -> int:
    """0 when the table holds all there is; 1 when something is missing, and why is said."""
    with Notebook(find.table, find.question) as notebook:
        done = len(notebook.whole_days())
        pace = Pace(sum(1 for _ in find.wanted.days()), done, notebook.count())
        if done:
            screen.print(Text(f"{done} days are known from a find that did not come to its end"), soft_wrap=True)
        async with opened_pacs(find.asked) as pacs:
            days = Days(pacs, find.wanted, notebook)
            with shown(screen, pace, _lines_of(find.wanted), "days") as counted:
                problems = await days.find(find.asked.associations, counted)
        for seen in pacs.watch.noticed:
            screen.print(Text(f"{find.asked.name}: {seen.reason}; probe it again (radquarry probe)"), soft_wrap=True)
        if pace.done == 0:
            screen.print(Text(f"nothing was asked for, and no table is written: {days.ended}"), soft_wrap=True)
            notebook.forget()
            return 1
        write_table(find.table, find.wanted.fields, notebook.entries())
        return _concluded(find, notebook, problems, screen)


def interrupted(find: Find, screen: Console) -> None:
    """The last word when a signal ended it."""
    with Notebook(find.table, find.question) as notebook:
        done = len(notebook.whole_days())
        if done == 0:
            notebook.forget()
    words = (
        f"ended by a signal: {done} days are kept, and the same command goes on from there; {find.table} is unchanged"
    )
    screen.print(Text(words), soft_wrap=True)


def _concluded(find: Find, notebook: Notebook, problems: Sequence[Problem], screen: Console) -> int:
    rows = f"{notebook.count()} {_lines_of(find.wanted)} of {find.wanted.first} to {find.wanted.last} in {find.table}"
    if not problems:
        find.missing.unlink(missing_ok=True)
        notebook.forget()
        screen.print(Text(f"complete: {rows}"), soft_wrap=True)
        return 0
    lines = (
        (each.day.isoformat(), (each.until or each.day).isoformat(), each.begin, each.end, each.reason)
        for each in problems
    )
    write_table(find.missing, MISSING, lines)
    for problem in problems[:MOST_SAID]:
        screen.print(Text(str(problem), style="red"), soft_wrap=True)
    if len(problems) > MOST_SAID:
        screen.print(Text(f"… and {len(problems) - MOST_SAID} more", style="red"), soft_wrap=True)
    screen.print(
        Text(f"INCOMPLETE: {rows}; what is missing: {find.missing}; the same command asks for it again"), soft_wrap=True
    )
    return 1


def _lines_of(wanted: Wanted) -> str:
    return "patients" if wanted.level == "PATIENT" else "studies"
