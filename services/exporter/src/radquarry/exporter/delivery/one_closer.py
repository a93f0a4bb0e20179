"""A delivery is closed by one exporter at a time; the lock lies in the folder that all of them share."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID


@contextmanager
def one_closer(folder: Path, delivery_id: UUID) -> Iterator[bool]:
    """Whether it is ours to close; the lock goes with the process. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = folder / f"{delivery_id}.lock"
    lock = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            try:
                yield True
            finally:  # whoever still has it open looks first whether there is anything to close
                place.unlink(missing_ok=True)
    finally:
        os.close(lock)
