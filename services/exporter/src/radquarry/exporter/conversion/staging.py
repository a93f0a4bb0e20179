"""Output written where nobody looks, and put into place when all of one conversion is there."""

import os
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.runs.workplace import UNCHECKED
from radquarry.exporter.same_bytes import same


class Staging:
    """The files of one conversion: all of them get their names, or none. The run has made the folder they wait in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for beside, _ in self._files:
            beside.unlink(missing_ok=True)

    def write(self, path: str, data: bytes) -> None:
        """`path` is made of checked names, with `/`, below the folder."""
        beside = self._folder / UNCHECKED / f"{os.getpid()}-{len(self._files)}"
        self._files.append((beside, self._folder / path))
        with beside.open("xb") as file:
            file.write(data)

    def settle(self) -> Literal["converted", "repeated"]:
        """What is there already and the same stays. Raises `Refused` when another file is there."""
        new = [pair for pair in self._files if not pair[1].exists()]
        for beside, target in self._files:
            if target.exists() and not same(beside, target):
                raise Refused("another file of the same name is there")
        for beside, target in new:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(beside, target)
            except FileExistsError:
                raise Refused("another file of the same name is there") from None
        return "converted" if new else "repeated"

    @property
    def paths(self) -> tuple[str, ...]:
        """Where they lie, below the folder."""
        return tuple(target.relative_to(self._folder).as_posix() for _, target in self._files)
