"""`radquarry deidentify`: files, folders and zip archives as they may be given away."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class DeidentifyOptions:
    """As they were typed."""

    inputs: tuple[Path, ...]
    output: Path | None
    project: str
    key_file: Path | None
    profile: Path | None
    mapping: Path | None
    write_mapping: Path | None
    dry_run: bool
    processes: int


def deidentify(  # noqa: PLR0913 - each is an option of the command
    *,
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="DICOM files, folders, zip archives, reports.")],
    project: Annotated[str, typer.Option(help="Pseudonyms of one project cannot be linked with another's.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FOLDER")] = None,
    key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The secret; else RADQUARRY_PSEUDONYM_KEY holds it.")
    ] = None,
    profile: Annotated[Path | None, typer.Option(metavar="FILE", help="What goes and what stays, as YAML.")] = None,
    mapping: Annotated[Path | None, typer.Option(metavar="CSV", help="Pseudonyms to use where it has some.")] = None,
    write_mapping: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write which pseudonym is whose. Keep it apart.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show before and after; write nothing.")] = False,
    processes: Annotated[int, typer.Option(min=1, max=64)] = 1,
) -> None:
    """De-identify DICOM files by PS3.15; exit code 1 when one is held back (why is said) or none released.

    Every file is read again before it is put into FOLDER/PATIENT/STUDY/SERIES, and held back when anything of the
    patient is left. Files in which text is likely in the pixels are held back too, or cleaned where the profile says
    `pixels: cleaned`. Reports beside them (.txt named by study, accession number or patient, .csv and .jsonl as the
    search exports them) get the same pseudonyms and dates.
    release-report.json and .csv say what became of each. The screen, and the files' names on it, are yours alone.
    """
    from radquarry.standalone.oneshot.deidentify_starting import start_deidentify

    start_deidentify(
        DeidentifyOptions(
            *(tuple(inputs), output, project, key_file, profile, mapping, write_mapping, dry_run, processes)
        )
    )
