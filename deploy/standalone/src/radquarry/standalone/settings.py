"""The whole configuration, and each part's own view of it."""

import os
from pathlib import Path

from radquarry.configuration.file import load as load_file
from radquarry.configuration.sections import Whole

DEFAULT_FILE = Path("radquarry.yaml")


def load(file: Path | None) -> Whole:
    """Every key; without `file` it is `radquarry.yaml` of the current folder, where there is one."""
    return load_file(Whole, found(file), os.environ)


def found(file: Path | None) -> Path | None:
    """The configuration file to read: the one that was named, else the usual one when it exists."""
    if file is None and DEFAULT_FILE.exists():
        return DEFAULT_FILE
    return file
