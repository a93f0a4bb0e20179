"""What the repository promises about itself."""

import re
import subprocess
import tomllib

import pytest

from tests.architecture.sources import ROOT

REGISTRY = re.compile(
    r"index-url|registry\s*=|--find-links|GOPROXY=http|https?://[^\s\"'<>]*(pypi|npmjs|maven|crates|proxy\.golang)"
)
DEPENDENCY = re.compile(r"^[A-Za-z0-9_.-]+")


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return listing.stdout.split()


def projects() -> list[str]:
    return [name for name in tracked() if name.endswith("pyproject.toml")]


def declared() -> set[str]:
    """Every library that a project of ours asks for by name, and the group for development."""
    found: set[str] = set()
    for name in projects():
        content = tomllib.loads((ROOT / name).read_text("utf-8"))
        project = content["project"]
        lists = [
            project.get("dependencies", []),
            *project.get("optional-dependencies", {}).values(),
            *content.get("dependency-groups", {}).values(),
        ]
        found |= {match[0].lower() for each in lists for line in each if (match := DEPENDENCY.match(line))}
    return {name for name in found if not name.startswith("radquarry")}


def test_every_dependency_has_its_reason() -> None:
    record = (ROOT / "docs/decisions/0002-dependencies.md").read_text("utf-8")
    reasons = {found[1].lower() for found in re.finditer(r"^- `([^`]+)`: \S", record, re.MULTILINE)}

    assert declared() - reasons == set()
    assert reasons - declared() == set()


def test_every_dependency_is_pinned_and_no_host_is_named() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line}

    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line) for line in lines if line)
    assert {name.replace("_", "-") for name in declared()} - pinned == set()


@pytest.mark.parametrize("name", [name for name in tracked() if not name.startswith("tests/architecture")])
def test_a_file_names_no_registry(name: str) -> None:
    path = ROOT / name
    if path.is_file() and b"\0" not in (content := path.read_bytes()):
        assert REGISTRY.search(content.decode("utf-8", "replace")) is None
