"""When an instance was stored: its file's time of modification says, in whole microseconds, and only that.

What is told on the bus, what a removal names and what a restart finds are the same moment, so that a removal of what
was stored before can never mean what was stored since.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def stored_at(status: os.stat_result) -> datetime:
    """Of a file, rounded down."""
    return EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)


def stamp(file: int | Path) -> datetime:
    """Say that it is stored now, and later than it said before; the file system may round. Raises OSError."""
    moment = max(datetime.now(UTC), stored_at(_status(file)) + MICROSECOND)
    nanoseconds = (moment - EPOCH) // MICROSECOND * 1000
    os.utime(file, ns=(nanoseconds, nanoseconds))
    return stored_at(_status(file))


def _status(file: int | Path) -> os.stat_result:
    return file.stat() if isinstance(file, Path) else os.fstat(file)
