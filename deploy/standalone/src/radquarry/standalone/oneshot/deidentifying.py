"""De-identifies the files of a command: a bar, what is held back with the reason, the report, the mapping."""

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from radquarry.exporter.cleaning.cleaner import Cleaner
from radquarry.exporter.dicom_bytes.elements import plain
from radquarry.exporter.preview import Change, changes
from radquarry.exporter.pseudonyms.keyed import Given, Pseudonyms
from radquarry.exporter.pseudonyms.mapping_file import ACCESSION_NUMBER, PATIENT_ID, Row, write_mapping
from radquarry.exporter.release.report import NAME, Outcome, write_report
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.holding import NoImage, cleaned_or_held_back, recognised
from radquarry.exporter.runs.report_run import clean_reports, with_reports
from radquarry.exporter.runs.run import folder_of_one, outcomes
from radquarry.exporter.runs.sources import Source, opened
from radquarry.exporter.runs.workplace import Order
from radquarry.standalone.oneshot.progress import Pace, shown

MOST_SAID = 20
LONGEST_CELL = 64


@dataclass(frozen=True)
class Deidentifying:
    """What to do with which files, and where the mapping goes when it is wanted."""

    order: Order
    project: str
    sources: Sequence[Source]
    mapping: Path | None
    processes: int

    async def run(self, screen: Console) -> int:
        """0 when all is there. Raises `RunRefused`, `ReportNotWritten`, `MappingRefused`."""
        told: list[tuple[Source, Outcome]] = []
        rows: set[Row] = set()
        images, reports = with_reports(self.sources)
        with folder_of_one(self.order.folder):
            work = outcomes(self.order, images, self.processes)
            with shown(screen, Pace(len(self.sources), 0, 0), "released", "files") as bar:
                async with aclosing(work):  # so that no process writes any more when the folder is emptied
                    async for source, outcome, own in work:
                        told.append((source, outcome))
                        rows.update(own)
                        bar.step(outcome.state == "released")
                for source, outcome in clean_reports(self.order, reports, images):
                    told.append((source, outcome))
                    bar.step(outcome.state == "released")
            write_report(self.order.folder, self.project, self.order.profile, [outcome for _, outcome in told])
        if self.mapping is not None:
            write_mapping(self.mapping, rows)
        unused = _unused(self.order.given, rows)
        if unused:
            screen.print(Text(f"{unused} originals of the given mapping are in none of the files", "yellow"))
        return self._say(screen, told)

    def _say(self, screen: Console, told: list[tuple[Source, Outcome]]) -> int:
        held = [(source, outcome) for source, outcome in told if outcome.state == "held back"]
        for source, outcome in sorted(held, key=lambda each: each[1].number)[:MOST_SAID]:
            found = "".join(f"; {finding.where} {finding.what}" for finding in outcome.findings[:3])
            screen.print(Text(_printable(f"held back: {source.shown}: {outcome.reason}{found}"), "red"), soft_wrap=True)
        if len(held) > MOST_SAID:
            screen.print(Text(f"… and {len(held) - MOST_SAID} more", "red"), soft_wrap=True)
        counts = Counter(outcome.state for _, outcome in told)
        words = ", ".join(f"{counts[state]} {state}" for state in ("released", "repeated", "passed over", "held back"))
        screen.print(Text(f"{len(told)} files: {words}; {self.order.folder / NAME}.json"), soft_wrap=True)
        return 1 if held or not counts["released"] + counts["repeated"] else 0


def _unused(given: Given, rows: set[Row]) -> int:
    """How many patient ids and accession numbers no file that may leave has."""
    used = {(kind, original) for kind, original, _ in rows}
    wanted = {(PATIENT_ID, patient) for patient in (*given.patient_ids, *given.days)}
    return len((wanted | {(ACCESSION_NUMBER, number) for number in given.accession_numbers}) - used)


async def show_changes(order: Order, sources: Sequence[Source], screen: Console) -> int:
    """Before and after of the first file of each class; 1 when a file would be held back before it is checked."""
    cleaner = Cleaner(order.profile, Pseudonyms(order.key, order.given))
    classes: set[str] = set()
    held = 0
    for source in sources:
        try:
            with held_back_at_worst(), opened(source) as view:
                file = recognised(view)
                if isinstance(file, NoImage):
                    continue
                if (name := plain(file.dataset, 0x00080016)) not in classes:
                    classes.add(name)
                    Console().print(_table(source, [*changes(cleaner, file)]), soft_wrap=True)
                cleaned_or_held_back(cleaner, file)
        except HeldBack as fault:
            held += 1
            screen.print(Text(_printable(f"would be held back: {source.shown}: {fault}"), "red"), soft_wrap=True)
    return 1 if held else 0


def _table(source: Source, rows: Sequence[Change]) -> Table:
    table = Table("attribute", "what", "before", "after", box=None, pad_edge=False, title=_printable(source.shown))
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in (row.where, row.what, _cut(row.before), _cut(row.after))))
    return table


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"


def _printable(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
