"""Who stores an instance that is here already, and who removes one, exclude each other: study by study, over all
processes that share the archive.

The system frees a lock when its holder is killed. Who stores an instance that is not here needs none: what he links is
younger than anything a removal may name.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from radquarry.durable_folders import make_folder

LOCKS = 64


class Locks:
    """A few files in `folder` that stand for all studies."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder

    @contextmanager
    def of(self, study_instance_uid: str) -> Iterator[None]:
        """Nobody else has this study for the length of the block, in no thread of no process."""
        number = crc32(study_instance_uid.encode()) % LOCKS
        descriptor = os.open(self._folder / f"{number:02}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
