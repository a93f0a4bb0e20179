"""What lies at a destination before it is whole: in a hidden folder of one turn of work, which goes with the turn.

Whoever was taken for dead and goes on writes into its own folder, so that its bytes mix with nobody's. What a dead one
left is told by the delivery in the folder's name.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from radquarry.exporter.ways.port import Shipment

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


def clear_unfinished(root: Path, delivery_id: UUID) -> None:
    """What turns that died have left of a delivery; nothing else is touched. Raises `OSError`."""
    for folder in root.glob(NAME.format(delivery_id=delivery_id, turn="*")):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)


def unfinished_in(root: Path) -> set[UUID]:
    """Of which deliveries something unfinished lies there. Raises `OSError`."""
    found = (LEFT.fullmatch(path.name) for path in root.glob(NAME.format(delivery_id="*", turn="*")))
    return {UUID(left[1]) for left in found if left}
