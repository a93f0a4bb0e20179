"""`radquarry convert` as a user types it, and a volume for it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.exporter.conversion.making import noise

VOLUME = noise(7, 6, 5, dtype=np.int16)
COMMAND = [sys.executable, "-m", "radquarry.standalone", "convert"]


def convert(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the command did in `folder`; it ends within 90 s."""
    command, variables = [*COMMAND, *arguments], {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=90, check=False)
