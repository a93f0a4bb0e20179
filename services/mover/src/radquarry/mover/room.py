"""How much the archive's disk can still take."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

GIGABYTE = 1000**3


@dataclass(frozen=True)
class Disk:
    """Its size in bytes, and what is free of it above the reserve."""

    bytes: int
    free: int


@dataclass(frozen=True)
class Room:
    """Of the archive's folder, above the reserve at which receipt pauses; without a folder nothing is known."""

    folder: Path | None = None
    reserve_bytes: float = 0

    async def free(self) -> int | None:
        """Bytes; None where the mover does not see the archive."""
        disk = await self.disk()
        return None if disk is None else disk.free

    async def disk(self) -> Disk | None:
        """None where the mover does not see the archive."""
        return await asyncio.to_thread(self._disk)

    async def lack(self, wanted: float) -> str:
        """Why so many bytes would not fit; "" when they do, or nobody knows."""
        free = await self.free()
        if free is None or wanted <= free:
            return ""
        return f"it would not fit: about {gigabytes(wanted)} are to be fetched, {gigabytes(free)} are free"

    def _disk(self) -> Disk | None:
        try:
            status = os.statvfs(self.folder) if self.folder is not None else None
        except OSError:
            return None
        if status is None:
            return None
        free = max(0, int(status.f_bavail * status.f_frsize - self.reserve_bytes))
        return Disk(status.f_blocks * status.f_frsize, free)


def gigabytes(count: float) -> str:
    """In words."""
    return f"{count / GIGABYTE:.1f} GB" if count >= GIGABYTE / 10 else f"{count / 1000**2:.1f} MB"
