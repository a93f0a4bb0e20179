"""radquarry beside a hospital whose images come slowly enough to be watched on the pages and on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings, PacsSettings
from tests.journeys.running import Radquarry, configuration, free_port, running_hospital, truth_of

STATE = "#progress .big-state .state"


@contextmanager
def watched(folder: Path) -> Iterator[Radquarry]:
    """`radquarry serve` beside a hospital whose images come slowly enough to be watched, all its days known."""
    node_port = free_port()
    settings = HospitalSettings(
        studies=300,
        days=60,
        end_date="2025-05-31",
        pixels=32,
        samples=False,
        pacs=PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
        faults=FaultSettings(pacs=PacsFaults(store_delay_ms=5)),
    )
    with running_hospital(settings, folder) as hospital:
        keys = configuration(folder, hospital)
        keys["node"]["port"] = node_port
        with Radquarry(folder, keys) as running:
            truth = truth_of(settings)
            days = {"start_date": truth.start_date.isoformat(), "end_date": truth.end_date.isoformat()}
            crawl = running.rest.post("/crawls", {"pacs": "main", **days})
            running.rest.settled(f"/crawls/{crawl['id']}", 120)
            yield running


def files_of(radquarry: Radquarry, study_instance_uid: str) -> int:
    """How many images of a study are on disk."""
    return len(list((radquarry.archive / study_instance_uid).rglob("*.dcm")))
