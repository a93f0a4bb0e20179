"""Files to convert: files, folders, zip archives. Their names are looked up and grouped by, and are never a path."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from radquarry.exporter.runs.sources import DAMAGED, Source, sources_in

MOST_MEMBERS = 20_000
MOST_UNPACKED = 64 << 30
"""Bytes that all files of a zip archive may unpack to."""
MOST_RATIO = 200
LARGE = 256 << 20
"""Bytes from which a file may not unpack to more than `MOST_RATIO` times what it takes: a small one may be empty."""
A_LINK = "it is a link, which is not followed; name the file"


@dataclass(frozen=True)
class Input:
    """One file: `name` is its path below what was given, with `/`; `folder` is where it lies, the same for its like."""

    source: Source
    name: str
    folder: str

    @property
    def number(self) -> int:
        """Counts from 1."""
        return self.source.number


def inputs_of(given: Sequence[Path], but: Path) -> Iterator[Input]:
    """Every file below, in a fixed order, without the folder `but`; what cannot be opened comes with a fault."""
    number = 0
    for path in given:
        names = _Names()
        for found in sources_in([path], but):
            number += 1
            source = replace(found, number=number)
            inside = source.path.relative_to(path).as_posix() if source.path != path else path.name
            if source.member is not None:
                member, fault = names.of(source)
                yield _input(replace(source, fault=fault or source.fault), f"{inside}/{member}", path)
            elif source.path != path and source.path.is_symlink() and not source.fault:
                yield _input(replace(source, fault=A_LINK), inside, path)
            else:
                yield _input(source, inside, path)


def _input(source: Source, name: str, given: Path) -> Input:
    """A file that was named itself lies with the others of its folder."""
    below = PurePosixPath(name).parent.as_posix()
    place = given.resolve() if given.is_dir() or source.member is not None else given.resolve().parent
    return Input(source, name, f"{place}//{below}")


class _Names:
    """The names in the last archive, and what is wrong with it as a whole."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._entries: list[zipfile.ZipInfo] = []
        self._fault = ""

    def of(self, source: Source) -> tuple[str, str]:
        if source.path != self._path:
            self._path, self._entries, self._fault = source.path, *_entries(source.path)
        number = source.member or 0
        if self._fault or number >= len(self._entries):
            return str(number + 1), self._fault
        entry = self._entries[number]
        return entry.filename.replace("\\", "/").lstrip("/"), _fault(entry)


def _entries(path: Path) -> tuple[list[zipfile.ZipInfo], str]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (OSError, *DAMAGED):
        return [], ""  # opening it says what is wrong
    if len(entries) > MOST_MEMBERS:
        return [], f"the zip archive holds more than {MOST_MEMBERS} files"
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        return [], f"the zip archive unpacks to more than {MOST_UNPACKED >> 30} GB"
    return entries, ""


def _fault(entry: zipfile.ZipInfo) -> str:
    """The sizes that an entry states are those up to which it is unpacked."""
    if entry.file_size > LARGE and entry.file_size > MOST_RATIO * entry.compress_size:
        return f"it unpacks to more than {MOST_RATIO} times its size in the zip archive"
    return ""
