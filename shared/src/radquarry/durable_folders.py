"""Folders whose entries survive a power cut."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it, durably; it may be there already. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    make_names_durable(folder.parent)


def make_names_durable(folder: Path) -> None:
    """Wait until names made or changed in `folder` are on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
