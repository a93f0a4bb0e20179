"""From what was typed for `radquarry tags` to work under way."""

from pathlib import Path
from typing import NoReturn

from radquarry.configuration.file import ConfigurationError
from radquarry.standalone.foreign.pacsanini import read_pacsanini
from radquarry.standalone.oneshot.starting import refuse, run_command, say
from radquarry.standalone.oneshot.tag_files import checked_name
from radquarry.standalone.oneshot.tag_rows import UNIQUE
from radquarry.standalone.oneshot.tagging import Tagging


def start_tags(folder: Path, file: Path, output: Path, level: str) -> NoReturn:
    """Exits with 0, 1 when something could not be read, 2 for a wrong configuration, 130 or 143 by a signal."""
    try:
        tagging = _tagging(folder, file, output, level.upper())
    except ConfigurationError as error:
        refuse(error.complaints)
    run_command(tagging.write, lambda screen: screen.print("ended by a signal: no table is written"))


def _tagging(folder: Path, file: Path, output: Path, level: str) -> Tagging:
    if level not in UNIQUE:
        raise ConfigurationError([f"--level is one of {', '.join(UNIQUE)}"])
    if not folder.is_dir():
        raise ConfigurationError([f"{folder}: is no folder"])
    understood, mended = read_pacsanini(file)
    say(f"understood: {line}" for line in mended)
    if not understood.tags:
        raise ConfigurationError([f"{file}: names no tags"])
    return Tagging(folder, understood.tags, checked_name(output), level)
