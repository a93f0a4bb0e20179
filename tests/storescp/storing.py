"""A process that stores the same few instances again and again, as storescp does, until it is killed.

What it or one before it left to be announced is announced first. Prints a line of JSON for each announcement, and lets
go of the marker then.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.elements import NotDicom
from tests.storescp.samples import arrival, instance, store

INSTANCES = 2


def main(folder: Path) -> None:
    """Until killed."""
    archive = Archive(folder, 0)
    for kept in _left(archive):
        announce(archive, kept)
    numbers = random.Random()
    while True:
        announce(archive, store(archive, arrival(instance(numbers.randint(1, INSTANCES)))))


def announce(archive: Archive, kept: Kept) -> None:
    """As the announcer does: the bus holds the news before the marker goes."""
    archive.make_places_durable([kept])
    sys.stdout.write(kept.instance.model_dump_json() + "\n")
    sys.stdout.flush()
    kept.marker.unlink(missing_ok=True)


def _left(archive: Archive) -> Iterator[Kept]:
    for marker in archive.unannounced.iterdir():
        with suppress(FileNotFoundError, NotDicom):
            yield archive.recovered(marker)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
