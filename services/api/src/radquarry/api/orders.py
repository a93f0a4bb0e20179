"""Orders of users: the same `Idempotency-Key` is the same order, and an order is published before it is written."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import select

from radquarry.api.problems import invalid, key_reused
from radquarry.api.tables import orders
from radquarry.bus.port import Publish
from radquarry.errors import PeerAway
from radquarry.messages import Message
from radquarry.state.store import State

KEYS = uuid5(NAMESPACE_URL, "urn:radquarry:idempotency-key")
KEY_FORM = re.compile(r"[\x21-\x7e]{1,255}")
PUBLISH_SECONDS = 10.0


class Orders:
    """Names orders, remembers which key stood for which, and hands them to the bus."""

    def __init__(self, state: State, publish: Publish, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._publish = publish
        self.clock = clock

    async def named(self, route: str, user: str, key: str | None, order: Any) -> UUID:
        """The id of `order` (a dataclass): a new one, or with a key always the same one.

        Claims the key; raises `key_reused` when it stands for another order.
        """
        if key is None:
            return uuid4()
        if not KEY_FORM.fullmatch(key):
            raise invalid("An Idempotency-Key has 1 to 255 visible ASCII characters.")
        order_id = uuid5(KEYS, json.dumps([user, route, key]))
        digest = hashlib.sha256(json.dumps(asdict(order), default=str, sort_keys=True).encode()).hexdigest()
        row = {"order_id": order_id, "digest": digest, "requested_at": self.clock()}
        async with self._state.writing() as connection:
            await self._state.upsert(connection, orders, [row])
            claimed = await connection.scalar(select(orders.c.digest).where(orders.c.order_id == order_id))
        if claimed != digest:
            raise key_reused()
        return order_id

    async def publish(self, *messages: Message) -> None:
        """Hand over messages, in this order; raises `PeerAway` when the bus does not take all of them in time."""
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._publish(*messages)
        except TimeoutError:
            raise PeerAway("the bus does not answer") from None
