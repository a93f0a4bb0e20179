"""How much a disk can still take, above the reserve that the configuration keeps free."""

import os
from pathlib import Path

from radquarry.exporter.ways.port import DestinationAway

GIGABYTE = 1000**3


class Room:
    """Of the folder where files are made ready."""

    def __init__(self, folder: Path, reserve_bytes: float) -> None:
        self._folder = folder
        self._reserve = reserve_bytes

    def demand(self, wanted: int) -> None:
        """Raises `DestinationAway` when so many bytes would not fit."""
        self._folder.mkdir(parents=True, exist_ok=True)
        status = os.statvfs(self._folder)
        free = status.f_bavail * status.f_frsize - self._reserve
        if wanted > free:
            words = f"{wanted / GIGABYTE:.1f} GB are wanted, {max(0.0, free) / GIGABYTE:.1f} GB are free"
            raise DestinationAway(f"the exporter's own disk is too full to make files ready: {words}")
