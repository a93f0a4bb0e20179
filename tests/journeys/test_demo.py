"""What a newcomer does first."""

import sys
from pathlib import Path

import pytest

from tests.journeys.running import Process, Rest, eventually, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FIRST_HIT_SECONDS = 60


def test_the_demo_has_its_first_hit_within_a_minute(tmp_path: Path) -> None:
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
        assert process.stop() == 0
        rest.client.close()
