"""What lies in the archive's folder: the mover's ledger says, and nobody walks the folder."""

import asyncio

from radquarry.api.live import Live
from radquarry.api.orders import Orders
from radquarry.errors import PeerAway
from radquarry.messages import ArchiveMeasured, MeasureArchive


class Storage:
    """Asks the mover, each time somebody looks."""

    def __init__(self, orders: Orders, live: Live) -> None:
        self._orders = orders
        self._live = live

    async def measured(self, wait: float) -> ArchiveMeasured:
        """Ask, and wait so many seconds; raises `PeerAway` when no answer came."""
        question = MeasureArchive(sent_at=self._orders.clock())
        with self._live.measurements.answer_to(question.id) as answer:
            await self._orders.publish(question)
            try:
                async with asyncio.timeout(wait):
                    return await answer
            except TimeoutError:
                raise PeerAway("the mover does not answer") from None
