"""What the ris-fetcher needs of a RIS: the report of a study, and lists of accession numbers."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from radquarry.errors import Permanent, Transient
from radquarry.messages import Report, Row, Study


class RisAway(Transient):
    """No connection, no answer in time, a fault on its side, or something that is no answer."""


class RisRefuses(Permanent):
    """The RIS will never answer this as it is configured: address, token or password, kind, query."""


@dataclass(frozen=True)
class NoReport:
    """Asked for and not there, and why in plain words that name no patient."""

    reason: str


class Ris(Protocol):
    """One source of reports. Raises `RisAway` or `RisRefuses`."""

    name: str

    def serves(self, pacs: str) -> bool:
        """Whether it reports on the studies of this PACS."""

    async def report(self, study: Study) -> Report | NoReport:
        """The latest report of the study."""


class Lists(Ris, Protocol):
    """A RIS with queries of its own, among them one that lists accession numbers."""

    def lists(self, pacs: str) -> bool:
        """Whether it has such a query, for the studies of this PACS."""

    def listing(self, chosen: Mapping[str, str]) -> AsyncGenerator[tuple[Row, ...], None]:
        """The rows for these values, numbered from 1, in portions; to be closed by who leaves early."""

    async def check(self) -> None:
        """Find out whether the queries can work, without asking for anything."""


@dataclass(frozen=True)
class Sources:
    """Every RIS we know, in the order they are asked, and by name those of them that have queries."""

    all: Sequence[Ris]
    lists: Mapping[str, Lists]
