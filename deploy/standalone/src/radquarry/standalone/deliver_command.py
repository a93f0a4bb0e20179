"""`radquarry deliver`: files, folders and zip archives to a destination of the configuration, without a server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from radquarry.standalone.find_command import ConfigFile


@dataclass(frozen=True)
class DeliverOptions:
    """As they were typed."""

    inputs: tuple[Path, ...]
    to: str
    config: Path | None
    project: str | None
    profile: str
    identified: bool
    again: bool


def deliver(  # noqa: PLR0913 - each is an option of the command
    *,
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="DICOM files, folders, zip archives.")],
    to: Annotated[str, typer.Option(metavar="NAME", help="The destination's name in radquarry.yaml.")],
    config: ConfigFile = None,
    project: Annotated[str | None, typer.Option(help="De-identify: pseudonyms belong to a project.")] = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="Of deidentification.profiles; with --project.")] = "",
    identified: Annotated[bool, typer.Option("--identified", help="Deliver the files as they are.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send also what a node or service has taken before.")] = False,
) -> None:
    """Deliver files, de-identified (--project) or as they are (--identified); exit code 1 when one did not arrive.

    Repeated after it was ended, it goes on: a folder has the files already, and what a node or a service took is kept
    in {data_dir}/exporter/delivered. An archive is made anew.
    """
    from radquarry.standalone.oneshot.deliver_starting import start_deliver

    start_deliver(DeliverOptions(tuple(inputs), to, config, project, profile, identified, again))
