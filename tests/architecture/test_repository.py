"""What the repository promises about itself."""

import re
import subprocess
import tomllib

from tests.architecture.sources import ROOT

REGISTRY = re.compile(
    r"--(extra-)?index[-]url|--find-links|\"resolved\"[:] *\"http|^ *registry *=[ ]*http|GOPROXY[=]http"
    r"|https?://[^\s\"'<>]*(pypi\.org|pythonhosted|npmjs|repo1?\.maven|crates\.io|proxy\.golang)",
    re.MULTILINE,
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


def test_a_file_names_no_registry() -> None:
    named = {}
    for name in tracked():
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content and not name.startswith("tests/architecture"):
            found = REGISTRY.search(content.decode("utf-8", "replace"))
            if found is not None:
                named[name] = found[0]

    assert named == {}
