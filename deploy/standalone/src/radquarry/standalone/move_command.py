"""`radquarry move`: the images of studies, fetched completely into a folder, without a server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from radquarry.standalone.find_command import PAUSE_SECONDS, ConfigFile, PacsaniniFile, PacsNPull

WAIT_MINUTES = 30.0


@dataclass(frozen=True)
class MoveOptions:
    """As they were typed."""

    studies: tuple[str, ...]
    file: Path | None
    pacsnpull: tuple[Path, Path] | None
    config: Path | None
    pacs: str | None
    first: str | None
    last: str | None
    modalities: tuple[str, ...]
    output: Path | None
    sort_by: str | None
    called: str | None
    associations: int
    pause: float
    wait: float


def move(  # noqa: PLR0913 - each is an option of the command
    *,
    studies: Annotated[list[str] | None, typer.Argument(metavar="[STUDY_UID]...", help="With -c.")] = None,
    file: PacsaniniFile = None,
    pacsnpull: PacsNPull = None,
    config: ConfigFile = None,
    pacs: Annotated[str | None, typer.Option(help="The PACS's name in radquarry.yaml.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, 2024-01-31.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day; without it one day.")] = None,
    modality: Annotated[list[str] | None, typer.Option(help="CT, MR, …; may be repeated; with --from.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Instead of the one that the files name.")
    ] = None,
    sort_by: Annotated[str | None, typer.Option(metavar="PATIENT|STUDY|IMAGE", help="Folders in it.")] = None,
    called: Annotated[str | None, typer.Option(help="AE title of pacs n pull's PACS; it names none.")] = None,
    associations: Annotated[int, typer.Option(min=1, max=64, help="At once, with -f.")] = 1,
    pause: Annotated[float, typer.Option(min=0, help="Seconds, after each query_break_count queries.")] = PAUSE_SECONDS,
    wait: Annotated[
        float, typer.Option(min=0, max=10_000, metavar="MINUTES", help="For a PACS that is away, and near-line images.")
    ] = WAIT_MINUTES,
) -> None:
    """Have a PACS send studies to us, completely; exit code 1 when something is missing, and why is said.

    With pacsanini's configuration (-f), with pacs n pull's files (--pacsnpull), or studies by UID or days of a PACS in
    radquarry.yaml (-c), into its archive or a folder (-o). What is there already is not fetched again.
    """
    from radquarry.standalone.oneshot.move_starting import start_move

    named, kinds = tuple(studies or ()), tuple(modality or ())
    start_move(
        MoveOptions(
            *(named, file, pacsnpull, config, pacs, first, last, kinds),
            *(output, sort_by, called, associations, pause, wait),
        )
    )
