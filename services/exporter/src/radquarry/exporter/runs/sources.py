"""Files to de-identify: files, folders, zip archives, each file opened as a view of its bytes."""

import lzma
import mmap
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from radquarry.errors import Permanent

MOST_OF_A_MEMBER = 16 << 30
"""Bytes that a file in a zip may unpack to."""
CHUNK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, UnicodeError, ValueError,
           RuntimeError, struct.error, IndexError)  # fmt: skip
"""What the library raises for archives that are damaged, or packed otherwise than it knows."""

UNKNOWN_ZIP = "the zip archive is damaged, or packed in a way that is not known"


class SourceRefused(Permanent):
    """It cannot be read; the text names no path."""


@dataclass(frozen=True)
class Source:
    """One file, numbered from 1; `member` is its place in the zip `path`.

    `fault`: why there is nothing to open, as for a folder that cannot be looked into.
    """

    number: int
    path: Path
    member: int | None = None
    fault: str = ""

    @property
    def shown(self) -> str:
        """For the user's own screen."""
        return str(self.path) if self.member is None else f"{self.path}, file {self.member + 1} in it"


def sources_in(inputs: Sequence[Path], but: Path) -> Iterator[Source]:
    """Every file below the inputs, in a fixed order, without the folder `but`.

    What is not looked into (a link to a folder, a folder that may not be read, one without a file) comes with a fault.
    """
    number = 0
    for given in inputs:
        for found in _files(given, but.resolve()):
            for source in _members(found) if not found.fault and is_zip(found.path) else [found]:
                number += 1
                yield replace(source, number=number)


def _files(given: Path, but: Path) -> Iterator[Source]:
    if not given.is_dir():
        yield Source(0, given)
        return
    closed: list[OSError] = []
    something = False
    for folder, names, files in os.walk(given, onerror=closed.append):
        here = Path(folder)
        names[:] = sorted(name for name in names if (here / name).resolve() != but)
        links = [name for name in names if (here / name).is_symlink()]
        for name in links:
            yield Source(0, here / name, fault="it is a link to a folder, which is not followed; name the folder")
        for name in sorted(files):
            yield Source(0, here / name)
        something = something or bool(links or files)
    for error in closed:
        yield Source(0, Path(error.filename), fault=f"the folder cannot be looked into: {error.strerror}")
    if not something and not closed:
        yield Source(0, given, fault="there is no file in it")


def is_zip(path: Path) -> bool:
    """By its first bytes, or, with a program before it, by its end; a DICOM file may end like an archive."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(132)
        return start[:4] == b"PK\3\4" or (start[128:] != b"DICM" and zipfile.is_zipfile(path))
    except OSError:
        return False


def _members(found: Source) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(found.path) as archive:
            files = [number for number, entry in enumerate(archive.infolist()) if not entry.is_dir()]
    except (OSError, *DAMAGED):
        files = [0]  # opening it says what is wrong
    if not files:
        yield replace(found, fault="there is no file in the zip archive")
    yield from (replace(found, member=number) for number in files)


@contextmanager
def opened(source: Source) -> Iterator[memoryview]:
    """The file's bytes, mapped and not read; a zip's member is unpacked to a file without a name. `SourceRefused`."""
    if source.fault:
        raise SourceRefused(source.fault)
    with _content(source) as file, _mapped(file) as view:
        yield view


@contextmanager
def _content(source: Source) -> Iterator[IO[bytes]]:
    if source.member is None:
        if not source.path.is_file():
            raise SourceRefused("it is no file")
        with source.path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as file:
        try:
            _unpack(source.path, source.member, file)
        except DAMAGED:
            raise SourceRefused(UNKNOWN_ZIP) from None
        except OSError as fault:
            if fault.errno is not None:
                raise
            raise SourceRefused(UNKNOWN_ZIP) from None  # bzip2's damaged data
        file.flush()
        yield file


def _unpack(path: Path, member: int, file: IO[bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        entry = archive.infolist()[member]
        if entry.flag_bits & 1:
            raise SourceRefused("the zip archive is encrypted")
        with archive.open(entry) as packed:
            while chunk := packed.read(CHUNK):
                file.write(chunk)
                if file.tell() > MOST_OF_A_MEMBER:
                    raise SourceRefused("a file in the zip archive is too large")


@contextmanager
def _mapped(file: IO[bytes]) -> Iterator[memoryview]:
    if os.fstat(file.fileno()).st_size == 0:
        yield memoryview(b"")
        return
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    yield memoryview(mapped)  # closed when the last view of it is gone
