"""Converts the files of a command: a bar, what is refused with the reason, the report."""

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from typing import get_args

from rich.console import Console
from rich.text import Text

from radquarry.exporter.conversion.decoder import decoder
from radquarry.exporter.conversion.inputs import Input
from radquarry.exporter.conversion.outcomes import NAME, Outcome, State, write_report
from radquarry.exporter.conversion.run import Conversion, Order
from radquarry.standalone.oneshot.progress import Pace, shown

MOST_SAID = 20


async def run_conversion(order: Order, inputs: Sequence[Input], screen: Console) -> int:
    """0 when all is there. Raises `RunRefused`, `ReportNotWritten`."""
    told: list[Outcome] = []
    with decoder() as decoding, shown(screen, Pace(len(inputs), 0, 0), "converted", "files") as bar:
        conversion = Conversion(order, inputs, decoding)
        async with aclosing(conversion.outcomes()) as outcomes:
            async for outcome in outcomes:
                told.append(outcome)
                bar.step(outcome.state == "converted")
    unused = conversion.unused_rows
    remarks = [f"{unused} rows of the table name no file that is there"] if unused else []
    write_report(order.folder, told, remarks)
    return _say(order, told, remarks, screen)


def _say(order: Order, told: Sequence[Outcome], remarks: Sequence[str], screen: Console) -> int:
    ordered = sorted(told, key=lambda outcome: outcome.input)
    _lines(screen, [f"refused: {each.name}: {each.reason}" for each in ordered if each.state == "refused"], "red")
    _lines(screen, [f"note: {each.name}: {'; '.join(each.notes)}" for each in ordered if each.notes], "yellow")
    _lines(screen, remarks, "yellow")
    counts = Counter(outcome.state for outcome in told)
    words = ", ".join(f"{counts[state]} {state}" for state in get_args(State))
    screen.print(Text(f"{len(told)} files: {words}; {order.folder / NAME}.json"), soft_wrap=True)
    return 1 if counts["refused"] or not counts["converted"] + counts["repeated"] else 0


def _lines(screen: Console, lines: Sequence[str], style: str) -> None:
    for line in lines[:MOST_SAID]:
        screen.print(Text("".join(sign if sign.isprintable() else " " for sign in line), style), soft_wrap=True)
    if len(lines) > MOST_SAID:
        screen.print(Text(f"… and {len(lines) - MOST_SAID} more", style), soft_wrap=True)
