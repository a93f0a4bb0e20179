"""The sign of life of a process, and the container's question for it: `python -m radquarry.heartbeat`."""

import sys
import tempfile
import time
from pathlib import Path

EVERY_SECONDS = 5
STALE_SECONDS = 20

DEFAULT = Path(tempfile.gettempdir()) / "radquarry-heartbeat"


def beat(file: Path = DEFAULT) -> None:
    """Say that the process's event loop turns and its bus answers."""
    file.touch()


def is_fresh(file: Path = DEFAULT) -> bool:
    """Whether the process has beaten within the last 20 s."""
    try:
        return time.time() - file.stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_fresh(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT) else 1)
