"""How much uploaded files come to when they are unpacked: told by their directories, before anything is."""

import zipfile
from pathlib import Path
from typing import BinaryIO

from radquarry.configuration.uploads import UploadedFiles
from radquarry.errors import Permanent
from radquarry.exporter.runs.sources import DAMAGED, is_zip

GIGABYTE = 1000**3
BYTES_OF_AN_ENTRY = 1024
"""Of an archive's directory, at most on average: it is read into memory as a whole."""
ENTRIES, SIZE = 4, 5
"""Where the end record says how many entries there are, and how many bytes their directory has (APPNOTE 4.3.16)."""


class UnpacksToTooMuch(Permanent):
    """The files are more than the configuration lets in; the text names no file."""


def unpacked_bytes(given: Path, limits: UploadedFiles) -> int:
    """Of all files below `given`: no more than an archive states of a file is ever unpacked. Raises `UnpacksToTooMuch`.

    What cannot be read counts as it lies there, and is told as damaged when its turn comes.
    """
    entries = size = 0
    for path in sorted(given.rglob("*")):
        if not path.is_file():
            continue
        sizes = _sizes(path, limits.most_entries) if is_zip(path) else [path.stat().st_size]
        entries, size = entries + len(sizes), size + sum(sizes)
        if entries > limits.most_entries:
            raise _too_many(limits.most_entries)
        if size > limits.most_unpacked_gb * GIGABYTE:
            raise UnpacksToTooMuch(
                f"unpacked, the files come to more than {limits.most_unpacked_gb:g} GB (files.most_unpacked_gb): "
                "bring them in smaller portions"
            )
    return size


def _sizes(path: Path, most: int) -> list[int]:
    try:
        with path.open("rb") as file:
            _demand_short_directory(file, most)
            with zipfile.ZipFile(file) as archive:
                return [entry.file_size for entry in archive.infolist()]
    except (OSError, *DAMAGED):
        return [path.stat().st_size]


def _demand_short_directory(file: BinaryIO, most: int) -> None:
    """Before it is read; `UnpacksToTooMuch` is no error of the library's."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # noqa: SLF001 - the library reads all of it at once
    if end and (end[ENTRIES] > most or end[SIZE] > most * BYTES_OF_AN_ENTRY):
        raise _too_many(most)


def _too_many(most: int) -> UnpacksToTooMuch:
    return UnpacksToTooMuch(
        f"there are more than {most:,} files, those in zip archives included (files.most_entries): "
        "bring them in smaller portions"
    )
