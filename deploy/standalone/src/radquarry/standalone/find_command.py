"""`radquarry find`: what a PACS holds, as a table or as answers, without a server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

PAUSE_SECONDS = 5.0
"""After every `query_break_count` queries; pacs n pull's format says how often, not how long."""

ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help="radquarry.yaml")]
PacsaniniFile = Annotated[
    Path | None, typer.Option("--file", "-f", metavar="FILE", help="pacsanini's configuration, YAML or JSON.")
]
PacsNPull = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--pacsnpull", metavar="CONFIG QUERIES", help="pacs n pull's two files: configuration and queries."),
]


@dataclass(frozen=True)
class Options:
    """As they were typed."""

    file: Path | None
    pacsnpull: tuple[Path, Path] | None
    config: Path | None
    pacs: str | None
    first: str | None
    last: str | None
    modalities: tuple[str, ...]
    fields: tuple[str, ...]
    output: Path | None
    called: str | None
    associations: int
    pause: float


def find(  # noqa: PLR0913 - each is an option of the command
    *,
    file: PacsaniniFile = None,
    pacsnpull: PacsNPull = None,
    config: ConfigFile = None,
    pacs: Annotated[str | None, typer.Option(help="The PACS's name in radquarry.yaml.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, 2024-01-31.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day; without it one day.")] = None,
    modality: Annotated[list[str] | None, typer.Option(help="CT, MR, …; may be repeated.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="A column, as DICOM keyword; may be repeated.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The CSV; a folder with --pacsnpull.")] = None,
    called: Annotated[str | None, typer.Option(help="AE title of pacs n pull's PACS; it names none.")] = None,
    associations: Annotated[int, typer.Option(min=1, max=64, help="At once, with -f.")] = 1,
    pause: Annotated[float, typer.Option(min=0, help="Seconds, after each query_break_count queries.")] = PAUSE_SECONDS,
) -> None:
    """Ask a PACS what it holds, completely; exit code 1 when something is missing, and why is said.

    With pacsanini's configuration (-f), with pacs n pull's files (--pacsnpull), or by days of a PACS in radquarry.yaml
    (-c, --from).
    """
    from radquarry.standalone.oneshot.starting import start_find

    kinds, columns = tuple(modality or ()), tuple(field or ())
    start_find(Options(file, pacsnpull, config, pacs, first, last, kinds, columns, output, called, associations, pause))
