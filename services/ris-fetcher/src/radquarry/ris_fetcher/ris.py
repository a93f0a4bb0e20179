"""What the ris-fetcher needs of a RIS: the report of a study."""

from dataclasses import dataclass
from typing import Protocol

from radquarry.errors import Permanent, Transient
from radquarry.messages import Report, Study


class RisAway(Transient):
    """No connection, no answer in time, a fault on its side, or something that is no FHIR answer."""


class RisRefuses(Permanent):
    """The RIS will never answer this as it is configured: address, token, kind."""


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
