"""What lies in the archive, and what was refused: the mover's ledger and storescp say, nobody walks a folder."""

import asyncio
from typing import TypeVar

from radquarry.api.live import Awaited, Live
from radquarry.api.orders import Orders
from radquarry.errors import PeerAway
from radquarry.messages import ArchiveMeasured, MeasureArchive, MeasureQuarantine, Message, QuarantineMeasured

Said = TypeVar("Said", bound=Message)


class Storage:
    """Asks mover and storescp, each time somebody looks."""

    def __init__(self, orders: Orders, live: Live) -> None:
        self._orders = orders
        self._live = live

    async def measured(self, wait: float) -> ArchiveMeasured:
        """Ask the mover, and wait so many seconds; raises `PeerAway` when no answer came."""
        return await self._asked(MeasureArchive(sent_at=self._orders.clock()), self._live.measurements, wait)

    async def refused(self, wait: float) -> QuarantineMeasured | None:
        """Ask storescp, and wait so many seconds; None when no answer came."""
        try:
            return await self._asked(MeasureQuarantine(sent_at=self._orders.clock()), self._live.refusals, wait)
        except PeerAway:
            return None

    async def _asked(self, question: MeasureArchive | MeasureQuarantine, answers: Awaited[Said], wait: float) -> Said:
        with answers.answer_to(question.id) as answer:
            await self._orders.publish(question)
            try:
                async with asyncio.timeout(wait):
                    return await answer
            except TimeoutError:
                raise PeerAway(f"nobody answers {question.topic}") from None
