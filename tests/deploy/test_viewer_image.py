"""How the viewer comes into the api's image: by stages of its build, never unchecked, and not at the image's cost."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
FETCH = REPOSITORY / "deploy" / "viewer" / "fetch.py"
STAGES = (REPOSITORY / "services" / "api" / "Dockerfile").read_text("utf-8").split("\nFROM ")
API: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy/compose/compose.yaml").read_text("utf-8"))["services"]["api"]


def fetch(*words: object) -> subprocess.CompletedProcess[str]:
    """`fetch.py` with these words."""
    command = [sys.executable, str(FETCH), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_build_is_told_what_npm_must_be_asked_for() -> None:
    name = fetch("--name").stdout.strip()
    assert name.startswith("@ohif/app@")
    assert name.rpartition("@")[2].count(".") == 2


@pytest.mark.parametrize("content", [b"", b"another package"])
def test_what_is_not_the_package_of_the_fingerprint_is_not_laid_out(tmp_path: Path, content: bytes) -> None:
    packed = tmp_path / "app.tgz"
    packed.write_bytes(content)
    refused = fetch(tmp_path / "viewer", packed)

    assert refused.returncode == 1
    assert "is not what it was" in refused.stderr
    assert sorted(tmp_path.iterdir()) == [packed]


def test_the_image_has_the_viewer_without_npm_or_node() -> None:
    last = STAGES[-1]
    assert last.startswith("${BASE}\n")
    assert "COPY --from=viewer /opt/viewer /opt/viewer" in last
    assert "npm" not in last


def test_an_npm_that_does_not_answer_costs_the_viewer_only_and_a_wrong_package_the_build() -> None:
    packed = next(stage for stage in STAGES if "npm pack" in stage)
    laid_out = next(stage for stage in STAGES if "/packed/*.tgz" in stage)
    assert "|| echo" in packed
    assert "|| exit 1" in laid_out


def test_a_mounted_viewer_takes_the_place_of_the_images_own() -> None:
    assert "${RADQUARRY_VIEWER:-viewer}:/opt/viewer-mounted:ro" in API["volumes"]
    assert API["environment"]["RADQUARRY_API__VIEWER_DIR"] == "/opt/viewer${RADQUARRY_VIEWER:+-mounted}"


def test_what_the_build_needs_is_in_its_context() -> None:
    assert "!deploy/viewer" in (REPOSITORY / ".dockerignore").read_text("utf-8").splitlines()
