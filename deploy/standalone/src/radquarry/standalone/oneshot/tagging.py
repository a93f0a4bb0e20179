"""Writes the table of tags that a configuration asks for, and says what of it could not be read."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from radquarry.standalone.foreign.tag_table import Column
from radquarry.standalone.oneshot.tag_files import write_tags
from radquarry.standalone.oneshot.tag_rows import Level, table_of

MOST_SAID = 20


@dataclass(frozen=True)
class Tagging:
    """Which folder, which columns, a line for what, and the file."""

    folder: Path
    columns: Sequence[Column]
    file: Path
    level: Level = "IMAGE"

    async def write(self, screen: Console) -> int:
        """0 when every file and every value could be read; 1 otherwise, and why is said. Raises `TableNotWritten`."""
        table = await asyncio.to_thread(table_of, self.folder, self.columns, self.level)
        await asyncio.to_thread(write_tags, self.file, table)
        words = list(table.words())
        for line in words[:MOST_SAID]:
            screen.print(Text(line, style="red"), soft_wrap=True)
        if len(words) > MOST_SAID:
            screen.print(Text(f"… and {len(words) - MOST_SAID} more", style="red"), soft_wrap=True)
        others = f"; {table.others} files beside them are no DICOM" if table.others else ""
        screen.print(Text(f"{len(table.rows)} lines of tags in {self.file}{others}"), soft_wrap=True)
        return 1 if words else 0
