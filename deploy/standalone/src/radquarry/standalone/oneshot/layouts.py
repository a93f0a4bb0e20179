"""The folder of a move as its options and files name it."""

from pathlib import Path
from typing import cast

from radquarry.configuration.file import ConfigurationError
from radquarry.standalone.oneshot.sorting import Layout, SortBy

SORTS = ("PATIENT", "STUDY", "IMAGE")


def layout_of(directory: Path, sort_by: str) -> Layout:
    """Raises `ConfigurationError`."""
    if sort_by.upper() not in SORTS:
        raise ConfigurationError([f"--sort-by is one of {', '.join(SORTS)}"])
    return Layout(directory, cast("SortBy", sort_by.upper()))
