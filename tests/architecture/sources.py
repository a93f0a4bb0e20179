"""The repository's source files, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """One Python file of the product: `part` is the folder below services/ or deploy/, or `shared`."""

    path: Path
    part: str
    kind: str
    tree: ast.Module
    text: str

    @property
    def name(self) -> str:
        """Its path from the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    def imports(self) -> Iterator[str]:
        """Every module it imports, wherever in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def sources() -> tuple[Source, ...]:
    """All Python files under services/, shared/ and deploy/."""
    paths = [
        *ROOT.glob("services/*/src/**/*.py"),
        *ROOT.glob("deploy/*/src/**/*.py"),
        *ROOT.glob("shared/src/**/*.py"),
    ]
    return tuple(_parsed(path) for path in sorted(paths))


def _parsed(path: Path) -> Source:
    kind, *rest = path.relative_to(ROOT).parts
    text = path.read_text("utf-8")
    return Source(path, "shared" if kind == "shared" else rest[0], kind, ast.parse(text), text)


@cache
def parts() -> tuple[str, ...]:
    """The folders below services/ that hold code."""
    return tuple(sorted({source.part for source in sources() if source.kind == "services"}))


@cache
def services_in_parts() -> tuple[str, ...]:
    """The parts that are services: those with a `service.py`."""
    return tuple(part for part in parts() if any(s.part == part and s.path.name == "service.py" for s in sources()))


def package(part: str) -> str:
    """`ris-fetcher` → `radquarry.ris_fetcher`."""
    return f"radquarry.{part.replace('-', '_')}"
