"""`radquarry tags`: a table of DICOM values out of a folder of files."""

from pathlib import Path
from typing import Annotated

import typer


def tags(
    folder: Annotated[Path, typer.Argument(help="A folder of DICOM files.")],
    file: Annotated[Path, typer.Option("--file", "-f", metavar="FILE", help="pacsanini's configuration: its tags.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A .csv or .jsonl file.")],
    level: Annotated[str, typer.Option(metavar="PATIENT|STUDY|SERIES|IMAGE", help="A line for each.")] = "IMAGE",
) -> None:
    """Write a table of DICOM values; exit code 1 when a file or a value could not be read, and which is said."""
    from radquarry.standalone.oneshot.tags_starting import start_tags

    start_tags(folder, file, output, level)
