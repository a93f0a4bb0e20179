"""A folder whose names are made durable again and again."""

import os
from pathlib import Path


class OpenFolder:
    """Used by many threads."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def make_names_durable(self) -> None:
        """Wait until names made or changed in it are on the disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)
