"""What a newcomer does first."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.running import Process, Rest, eventually, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FIRST_HIT_SECONDS = 60
DELIVERED_SECONDS = 90


def test_the_demo_goes_within_minutes_from_the_first_hit_to_what_was_delivered(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "radquarry.standalone",
        "demo",
        "--port",
        str(port),
        "--data-dir",
        str(tmp_path / "demo"),
    ]
    with Process(command, tmp_path / "demo.log") as process:
        rest = Rest(port)
        rest.ready(process)

        def first_hit() -> int | None:
            return rest.get("/studies", q="pneumothorax")["total"] or None

        assert eventually(first_hit, FIRST_HIT_SECONDS, "the first hit")
        assert rest.client.get(f"http://127.0.0.1:{port}/").status_code == 200

        study = rest.get("/studies", q="pneumothorax")["hits"][0]["study_instance_uid"]
        folder = delivered(rest, study, "folder")
        files = sorted((tmp_path / "demo" / "deliveries" / "folder").rglob("*.dcm"))
        assert len(files) == folder["instances"]["delivered"] > 0
        archive = delivered(rest, study, "zip-archive")
        taken = rest.client.get(f"/deliveries/{archive['id']}/archive")
        with zipfile.ZipFile(io.BytesIO(taken.content)) as held:
            assert sum(name.endswith(".dcm") for name in held.namelist()) == len(files)
        assert study.encode() not in taken.content
        assert process.stop() == 0
        rest.client.close()


def delivered(rest: Rest, study: str, destination: str) -> dict[str, Any]:
    """The delivery of one study that is retrieved for it, when it has ended well."""
    order = {"studies": [study], "destination": destination, "deidentify": True}
    ended: dict[str, Any] = rest.settled(
        f"/deliveries/{rest.post('/retrievals', order)['delivery']}", DELIVERED_SECONDS
    )
    assert ended["state"] == "complete", ended
    return ended
