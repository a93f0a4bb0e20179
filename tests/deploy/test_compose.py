"""What the compose file promises about every container, read from the file; `deploy/compose/ci/check` runs it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
COMPOSE = REPOSITORY / "deploy" / "compose" / "compose.yaml"
FILE: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
PARTS = sorted(dockerfile.parent.name for dockerfile in REPOSITORY.glob("services/*/Dockerfile"))


def test_every_part_with_an_image_is_a_service() -> None:
    assert PARTS
    assert {*PARTS, "hospital", "rabbitmq", "opensearch", "postgres"} == set(FILE["services"])


@pytest.mark.parametrize("name", sorted(FILE["services"]))
def test_every_container_is_bounded_and_gains_no_privilege(name: str) -> None:
    service = FILE["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


@pytest.mark.parametrize("name", [*PARTS, "hospital"])
def test_a_part_has_a_read_only_root_and_keeps_no_capability(name: str) -> None:
    service = FILE["services"][name]
    assert service["read_only"]
    assert "cap_add" not in service


def test_only_the_receiver_writes_to_the_archive() -> None:
    mounted = {
        (name, volume)
        for name, service in FILE["services"].items()
        for volume in service.get("volumes", [])
        if isinstance(volume, str) and volume.startswith("archive:")
    }

    assert ("storescp", "archive:/var/lib/radquarry") in mounted
    assert ("api", "archive:/var/lib/received:ro") in mounted
    assert {name for name, volume in mounted if not volume.endswith(":ro")} == {"storescp"}


@pytest.mark.parametrize("name", ["rabbitmq", "opensearch", "postgres"])
def test_a_store_is_on_the_inner_network_only_and_has_a_health_check(name: str) -> None:
    service = FILE["services"][name]
    assert service["networks"] == ["inner"]
    assert FILE["networks"]["inner"]["internal"]
    assert "ports" not in service
    assert service["healthcheck"]["test"]


def test_no_secret_has_a_default() -> None:
    assert all(secret["file"].startswith("${RADQUARRY_SECRETS:?") for secret in FILE["secrets"].values())
    given = [value for service in FILE["services"].values() for value in service.get("environment", {}).items()]
    assert not [name for name, value in given if "PASS" in name and not str(value).startswith("/run/secrets/")]


def test_every_image_starts_its_part_as_an_ordinary_user() -> None:
    for part in PARTS:
        lines = (REPOSITORY / "services" / part / "Dockerfile").read_text("utf-8").splitlines()
        module = f"radquarry.{part.replace('-', '_')}"
        assert lines[-1] == f'CMD ["python", "-m", "{module}", "-c", "/etc/radquarry/radquarry.yaml"]'
        assert [line for line in lines if line.startswith("USER")][-1] == "USER 10001"
