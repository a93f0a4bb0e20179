"""The command as a user types it, and the tables it writes."""

import csv
import subprocess
import sys
from pathlib import Path


def radquarry(*arguments: object, folder: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """What the command did in `folder`, with `given` typed into it; it ends within 110 s."""
    command = [sys.executable, "-m", "radquarry.standalone", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, timeout=110, check=False)


def rows_of(file: Path) -> list[dict[str, str]]:
    """A CSV with a heading."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
