"""Files to de-identify: files, folders, zip archives, each file opened as a view of its bytes."""

import mmap
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from radquarry.errors import Permanent

MOST_OF_A_MEMBER = 16 << 30
"""Bytes that a file in a zip may unpack to."""
CHUNK = 1 << 20


class SourceRefused(Permanent):
    """It cannot be read; the text names no path."""


@dataclass(frozen=True)
class Source:
    """One file, numbered from 1; `member` is its place in the zip `path`."""

    number: int
    path: Path
    member: int | None = None

    @property
    def shown(self) -> str:
        """For the user's own screen."""
        return str(self.path) if self.member is None else f"{self.path}, file {self.member + 1} in it"


def sources_in(inputs: Sequence[Path], but: Path) -> Iterator[Source]:
    """Every file below the inputs, in a fixed order, without the folder `but`; links to folders are not followed."""
    number = 0
    for path in (each for given in inputs for each in _files(given, but.resolve())):
        if _is_zip(path):
            for member in _members(path):
                number += 1
                yield Source(number, path, member)
        else:
            number += 1
            yield Source(number, path)


def _files(given: Path, but: Path) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    for folder, names, files in os.walk(given):
        names[:] = sorted(name for name in names if (Path(folder) / name).resolve() != but)
        yield from (Path(folder) / name for name in sorted(files))


def _is_zip(path: Path) -> bool:
    """By its first bytes: a DICOM file may end like an archive."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\3\4"
    except OSError:
        return False


def _members(path: Path) -> Iterator[int]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield from (number for number, entry in enumerate(archive.infolist()) if not entry.is_dir())
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        yield 0  # opening it says what is wrong


@contextmanager
def opened(source: Source) -> Iterator[memoryview]:
    """The file's bytes, mapped and not read; a zip's member is unpacked to a file without a name. `SourceRefused`."""
    try:
        with _content(source) as file, _mapped(file) as view:
            yield view
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise SourceRefused("the zip archive is damaged, or packed in a way that is not known") from None


@contextmanager
def _content(source: Source) -> Iterator[IO[bytes]]:
    if source.member is None:
        if not source.path.is_file():
            raise SourceRefused("it is no file")
        with source.path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(source.path) as archive, tempfile.TemporaryFile() as file:
        entry = archive.infolist()[source.member]
        if entry.flag_bits & 1:
            raise SourceRefused("the zip archive is encrypted")
        with archive.open(entry) as packed:
            while chunk := packed.read(CHUNK):
                file.write(chunk)
                if file.tell() > MOST_OF_A_MEMBER:
                    raise SourceRefused("a file in the zip archive is too large")
        file.flush()
        yield file


@contextmanager
def _mapped(file: IO[bytes]) -> Iterator[memoryview]:
    if os.fstat(file.fileno()).st_size == 0:
        yield memoryview(b"")
        return
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    yield memoryview(mapped)  # closed when the last view of it is gone
