"""A table as CSV, written whole or not at all.

UTF-8, commas, a heading, lines as RFC 4180 has them. Cells are exactly what the PACS says: programs read this, so a
text that a spreadsheet would take for a formula is not changed.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from radquarry.errors import Permanent


class TableNotWritten(Permanent):
    """The file cannot be written."""


@contextmanager
def replacing(file: Path) -> Iterator[IO[bytes]]:
    """What is written takes the file's place when it is whole and durable; else raises `TableNotWritten`."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as output:
                yield output
                output.flush()
                os.fsync(output.fileno())
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise TableNotWritten(f"{file} cannot be written: {error.strerror}") from None


def write_table(file: Path, fields: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Replace `file`; raises `TableNotWritten` and leaves it as it was."""
    with replacing(file) as output:
        text = io.TextIOWrapper(output, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(fields)
        writer.writerows(lines)
        text.detach()
