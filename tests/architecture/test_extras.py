"""What is an extra of the standalone mode is not needed by a service in its container."""

import subprocess
import sys

import pytest

SERVICES = ("finder", "ris_fetcher", "indexer", "mover", "storescp", "exporter", "api")
WITHOUT = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("aiosqlite", "tantivy"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_without_the_libraries_of_the_standalone_mode(service: str) -> None:
    command = [sys.executable, "-c", WITHOUT, f"radquarry.{service}.__main__"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
