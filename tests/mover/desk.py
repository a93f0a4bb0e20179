"""The mover's tables on an empty store, without a PACS, and what is said of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from radquarry.messages import Message, RetrievalProgressed
from radquarry.mover.__main__ import VERSIONS
from radquarry.mover.bell import Arrivals, Bell
from radquarry.mover.deliveries import Deliveries
from radquarry.mover.departures import Departures
from radquarry.mover.inventory import Inventory
from radquarry.mover.leases import Leases
from radquarry.mover.ledger import Ledger
from radquarry.mover.means import Means
from radquarry.mover.order_windows import OrderWindows
from radquarry.mover.orders import Orders
from radquarry.mover.patience import Patience
from radquarry.mover.progress import Progress
from radquarry.mover.room import Room
from radquarry.mover.second_thoughts import SecondThoughts
from radquarry.mover.sizes import Experience
from radquarry.state.migration import migrate
from tests.contracts.states import empty_state
from tests.mover.ordering import LEASE, Clock, order

PATIENCE = Patience()


class Desk:
    """The mover's tables, and what is said of them."""

    def __init__(self, means: Means, said: list[RetrievalProgressed], clock: Clock) -> None:
        self.means = means
        self.said = said
        self.clock = clock

    async def finished(self, study: str) -> UUID:
        """A retrieval of one study that has ended."""
        one = order(study)
        await self.means.orders.take(one, 0)
        lease = await self.means.leases.take("main")
        assert lease is not None
        await self.means.leases.release(*lease, state="complete")
        await self.means.orders.close(str(one.retrieval_id))
        return one.retrieval_id


@asynccontextmanager
async def a_desk(kind: str, folder: Path, keep: timedelta = timedelta(days=30)) -> AsyncIterator[Desk]:
    """On an empty store of this kind; what was delivered stays for `keep`."""
    said: list[RetrievalProgressed] = []

    async def publish(*messages: Message) -> None:
        said.extend(one for one in messages if isinstance(one, RetrievalProgressed))

    clock = Clock()
    async with empty_state(kind, folder) as state:
        await migrate(state, "mover", VERSIONS)
        means = Means(
            orders=Orders(state, clock, ["main"]),
            second_thoughts=SecondThoughts(state, clock),
            leases=Leases(state, clock, LEASE),
            ledger=Ledger(state),
            progress=Progress(publish),
            load=None,  # type: ignore[arg-type]  # no handler asks it
            bell=Bell(),
            arrivals=Arrivals(),
            patience=PATIENCE,
            clock=clock,
            experience=Experience(state),
            room=Room(),
            inventory=Inventory(state, clock),
            deliveries=Deliveries(state),
            departures=Departures(state, clock, keep),
            delivered=Bell(),
            windows=OrderWindows(state, clock),
        )
        yield Desk(means, said, clock)
