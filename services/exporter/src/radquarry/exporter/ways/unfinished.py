"""What lies at a destination before it is whole: in a hidden folder of one turn of work, which goes with the turn.

Whoever was taken for dead and goes on writes into its own folder, so that its bytes mix with nobody's. What a dead one
left is told by the delivery in the folder's name.
"""

import asyncio
import errno
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from radquarry.exporter.ways.port import DestinationAway, Shipment

FULL = (errno.ENOSPC, errno.EDQUOT)
NAME = ".delivery-{delivery_id}.{turn}.new"
LEFT = re.compile(r"\.delivery-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\..*\.new")


@contextmanager
def unfinished(root: Path, shipment: Shipment) -> Iterator[Path]:
    """The folder of this turn; nothing of it stays, and who is still writing then finds it gone. Raises `OSError`."""
    folder = root / NAME.format(delivery_id=shipment.delivery_id, turn=shipment.turn)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Unfinished:
    """What two ways into a folder do with what turns that died have left there; nothing else is touched."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def unfinished(self) -> Collection[UUID]:
        """See `Way`."""
        return await asyncio.to_thread(_left_in, self._root)

    async def clear(self, delivery_id: UUID) -> None:
        """See `Way`."""
        await asyncio.to_thread(_cleared, self._root, delivery_id)


def _left_in(root: Path) -> set[UUID]:
    try:
        found = (LEFT.fullmatch(path.name) for path in root.glob(NAME.format(delivery_id="*", turn="*")))
        return {UUID(left[1]) for left in found if left}
    except OSError as error:
        raise away(error) from None


def _cleared(root: Path, delivery_id: UUID) -> None:
    try:
        for folder in root.glob(NAME.format(delivery_id=delivery_id, turn="*")):
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)
    except OSError as error:
        raise away(error) from None


def away(error: OSError) -> DestinationAway:
    """A disk's fault in words; who mends it need not order anew."""
    if error.errno in FULL:
        return DestinationAway("the disk of the destination is full")
    return DestinationAway(f"the destination cannot be written: {error.strerror or type(error).__name__}")
