"""Lines for a person's screen, whatever is in them."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

MOST_SAID = 20


def print_lines(screen: Console, lines: Sequence[str], style: str = "") -> None:
    """The first of them, without what would steer a terminal, and how many more there are."""
    for line in lines[:MOST_SAID]:
        text = "".join(sign if sign.isprintable() else " " for sign in line)
        screen.print(Text(text, style), soft_wrap=True)
    if len(lines) > MOST_SAID:
        screen.print(Text(f"… and {len(lines) - MOST_SAID} more", style), soft_wrap=True)
