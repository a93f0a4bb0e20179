"""Sends what is ready to a destination, again after a while when it is away; what it took is remembered."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from rich.console import Console

from radquarry.exporter.ways.port import Answer, DestinationAway, Shipment, Staged, Way
from radquarry.standalone.oneshot.delivered import Delivered
from radquarry.standalone.oneshot.made_ready import Ready
from radquarry.standalone.oneshot.progress import Pace, Shown, shown
from radquarry.standalone.oneshot.saying import print_lines

WAITS = (2.0, 10.0, 30.0)
"""Seconds before a destination that is away is tried again; then the command ends, and may be repeated."""


@dataclass
class Sending:
    """`left` has not arrived, `away` is why nothing does now; `before` were there from the start."""

    way: Way
    shipment: Shipment
    remembered: Delivered | None
    left: dict[str, Staged] = field(default_factory=dict)
    told: dict[str, Answer] = field(default_factory=dict)
    before: int = 0
    away: str = ""

    async def run(self, ready: Ready, screen: Console) -> None:
        """Until all is told, or the destination is away for too long. Raises `DestinationRefuses`."""
        known = self.remembered
        self.left = {one.sop_instance_uid: one for one in ready.files if known is None or one.sha256 not in known}
        self.before = len(ready.files) - len(self.left)
        if not self.left:
            return
        with shown(screen, Pace(len(ready.files), self.before, 0), "delivered", "files") as bar:
            for wait in (*WAITS, None):
                await self._attempt(bar)
                if not self.left or wait is None:
                    return
                reason = self.away or next((one.problem for one in self.told.values() if one.problem), "")
                print_lines(screen, [f"waits: {reason}"], "yellow")
                await asyncio.sleep(wait)

    async def _attempt(self, bar: Shown) -> None:
        self.away = ""
        try:
            async with aclosing(self.way.deliver(self.shipment, [*self.left.values()])) as answers:
                async for answer in answers:
                    await self._note(answer, bar)
        except DestinationAway as not_now:
            self.away = str(not_now)

    async def _note(self, answer: Answer, bar: Shown) -> None:
        uid = answer.file.sop_instance_uid
        self.told[uid] = answer
        if answer.state in ("delivered", "failed"):
            del self.left[uid]
            bar.step(answer.state == "delivered")
        else:
            self.left[uid] = replace(answer.file, was_taken=answer.state == "taken")
        if self.remembered is not None and answer.state == "delivered":
            await asyncio.to_thread(self.remembered.add, [answer.file.sha256])
