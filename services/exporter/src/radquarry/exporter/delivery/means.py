"""What deliveries are worked off with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from radquarry.bus.port import Publish
from radquarry.configuration.sections import Destination
from radquarry.exporter.bell import Bell
from radquarry.exporter.delivery.account import Account
from radquarry.exporter.delivery.attempts import Attempts
from radquarry.exporter.delivery.cleaning_run import Engine, ProfileUnusable
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.leases import Leases
from radquarry.exporter.delivery.ledger import Ledger
from radquarry.exporter.delivery.names_known import NamesKnown
from radquarry.exporter.delivery.orders import Orders
from radquarry.exporter.delivery.papers import Papers
from radquarry.exporter.delivery.progress import Progress
from radquarry.exporter.delivery.resolving import Resolving
from radquarry.exporter.delivery.staging import Staging
from radquarry.exporter.delivery.unheard import Unheard
from radquarry.exporter.patience import Patience
from radquarry.exporter.ways.port import Way

Clock = Callable[[], datetime]
"""The time, aware, UTC."""


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Means:
    """The exporter's tables, its voice, its ways and its patience; `bell` rings when there may be work."""

    orders: Orders
    unheard: Unheard
    leases: Leases
    ledger: Ledger
    attempts: Attempts
    account: Account
    names: NamesKnown
    staging: Staging
    papers: Papers
    engine: Engine
    progress: Progress
    publish: Publish
    resolving: Resolving
    ways: Mapping[str, Way]
    destinations: Mapping[str, Destination]
    bell: Bell
    patience: Patience

    def refusal(self, of: Consignment) -> str:
        """Why a delivery can never begin as the configuration is; empty when it can."""
        destination = self.destinations.get(of.destination)
        if destination is None:
            known = ", ".join(sorted(self.destinations)) or "none is configured"
            return f"no destination is named {of.destination[:64]}; known: {known}"
        if of.deidentify is None:
            return "" if destination.identified else "this destination takes no identified images"
        try:
            self.engine.profile(of.deidentify.profile)
        except ProfileUnusable as fault:
            return str(fault)
        return ""
