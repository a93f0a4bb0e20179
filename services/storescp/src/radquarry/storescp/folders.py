"""Folders whose entries survive a power cut."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it, durably; it may be there already."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    make_names_durable(folder.parent)


def make_names_durable(folder: Path) -> None:
    """Wait until names made or changed in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class OpenFolder:
    """A folder whose names are made durable again and again, by many threads."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def make_names_durable(self) -> None:
        """Wait until names made or changed in it are on the disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)
