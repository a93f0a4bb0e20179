"""Which files of an answer are here and can be read: looked at before its head is sent, while it can still say so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.headers import Header, Unreadable
from radquarry.api.problems import Problem


@dataclass(frozen=True)
class Seen:
    """One file that is here; without a transfer syntax it cannot be read."""

    file: InstanceFile
    transfer_syntax: str = ""
    is_whole: bool = False

    @property
    def can_be_read(self) -> bool:
        """At least up to its pixels."""
        return bool(self.transfer_syntax)


@dataclass(frozen=True)
class Survey:
    """`gone` of them left the archive after they were listed."""

    seen: tuple[Seen, ...]
    gone: int = 0

    @property
    def asked(self) -> int:
        """How many were listed."""
        return len(self.seen) + self.gone


def seen_in(header: Header) -> Seen:
    """What is to be kept of it."""
    return Seen(header.file, header.transfer_syntax, header.is_whole)


def surveyed(files: Sequence[InstanceFile], look: Callable[[InstanceFile], Seen]) -> Survey:
    """Blocking; raises the problem to show where none of them is here any more."""
    seen: list[Seen] = []
    gone: Problem | None = None
    for file in files:
        try:
            seen.append(look(file))
        except Unreadable:
            seen.append(Seen(file))
        except Problem as problem:
            gone = problem
    if gone is not None and not seen:
        raise gone
    return Survey(tuple(seen), len(files) - len(seen))
