"""What visits work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from radquarry.dicom.load import Load
from radquarry.mover.bell import Arrivals, Bell
from radquarry.mover.deliveries import Deliveries
from radquarry.mover.departures import Departures
from radquarry.mover.inventory import Inventory
from radquarry.mover.leases import Leases
from radquarry.mover.ledger import Ledger
from radquarry.mover.order_windows import OrderWindows
from radquarry.mover.orders import Orders
from radquarry.mover.patience import Patience
from radquarry.mover.port import Pacs
from radquarry.mover.progress import Progress
from radquarry.mover.room import Room
from radquarry.mover.second_thoughts import SecondThoughts
from radquarry.mover.sizes import Experience

Clock = Callable[[], datetime]
"""The time, aware, UTC."""


@dataclass(frozen=True)
class Means:
    """The mover's tables, its voice, and its patience.

    `bell` rings when there may be work or a study has settled, `arrivals` when instances have come, `delivered` when a
    delivery has ended; `zone` is that of times in words.
    """

    orders: Orders
    second_thoughts: SecondThoughts
    leases: Leases
    ledger: Ledger
    progress: Progress
    load: Load
    bell: Bell
    arrivals: Arrivals
    patience: Patience
    clock: Clock
    experience: Experience
    room: Room
    inventory: Inventory
    deliveries: Deliveries
    departures: Departures
    delivered: Bell
    windows: OrderWindows
    zone: tzinfo = UTC


@dataclass(frozen=True)
class Place:
    """A PACS by its name, and how long it may send nothing (seconds).

    `registration(address)` says what the PACS must know to send to us, when we call from `address`.
    """

    name: str
    pacs: Pacs
    stall_seconds: float
    registration: Callable[[str], str]
