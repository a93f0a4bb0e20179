"""Resident memory of the one process while it crawls: at 50,000 studies against at 5,000."""

import tempfile
import time
from pathlib import Path

import psutil

from bench.table import Figure
from radquarry.hospital.settings import HospitalSettings
from tests.journeys.running import Radquarry, configuration, eventually, running_hospital

FEW, MANY = 5_000, 50_000
DAYS = 730
MEGABYTE = 1_000_000


def measure() -> list[Figure]:
    """One crawl; memory is the highest of ten looks a tenth of a second apart at each mark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_hospital(HospitalSettings(studies=MANY, days=DAYS, samples=False), folder) as hospital:
            keys = configuration(folder, hospital)
            with Radquarry(folder, keys) as radquarry:
                order = {"pacs": "main", "start_date": hospital["start_date"], "end_date": hospital["end_date"]}
                path = f"/crawls/{radquarry.rest.post('/crawls', order)['id']}"
                begun = time.monotonic()
                eventually(
                    lambda: radquarry.rest.get(path)["documents_indexed"] >= FEW or None, 1800, "few are indexed"
                )
                few = resident(radquarry)
                eventually(
                    lambda: radquarry.rest.get(path)["documents_indexed"] >= MANY or None, 3600, "all are indexed"
                )
                many, seconds = resident(radquarry), time.monotonic() - begun
    return [
        Figure(
            "memory: resident at 50,000 / at 5,000 studies",
            many / few,
            1.2,
            f"{few / MEGABYTE:.0f} MB at {FEW}, {many / MEGABYTE:.0f} MB at {MANY}; {MANY / seconds:.0f} studies/s",
            at_most=True,
        )
    ]


def resident(radquarry: Radquarry) -> int:
    """Bytes."""
    assert radquarry.process is not None
    process = psutil.Process(radquarry.process.pid)
    most = 0
    for _ in range(10):
        most = max(most, process.memory_info().rss)
        time.sleep(0.1)
    return most
