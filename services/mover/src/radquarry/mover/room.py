"""How much the archive's disk can still take."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

GIGABYTE = 1000**3


@dataclass(frozen=True)
class Room:
    """Of the archive's folder, above the reserve at which receipt pauses; without a folder nothing is known."""

    folder: Path | None = None
    reserve_bytes: float = 0

    async def free(self) -> int | None:
        """Bytes; None where the mover does not see the archive."""
        return await asyncio.to_thread(self._free)

    async def lack(self, wanted: float) -> str:
        """Why so many bytes would not fit; "" when they do, or nobody knows."""
        free = await self.free()
        if free is None or wanted <= free:
            return ""
        return f"it would not fit: about {gigabytes(wanted)} are to be fetched, {gigabytes(free)} are free"

    def _free(self) -> int | None:
        try:
            status = os.statvfs(self.folder) if self.folder is not None else None
        except OSError:
            return None
        return None if status is None else max(0, int(status.f_bavail * status.f_frsize - self.reserve_bytes))


def gigabytes(count: float) -> str:
    """In words."""
    return f"{count / GIGABYTE:.1f} GB" if count >= GIGABYTE / 10 else f"{count / 1000**2:.1f} MB"
