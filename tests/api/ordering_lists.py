"""Orders for crawls by lists."""

from typing import Any

from radquarry.messages import (
    CrawlRequested,
)
from tests.api.gateway import Gateway

NUMBERS = ["A0", "A1", "A2", "=1+1", "A4"]


async def ordered(gateway: Gateway, **order: Any) -> CrawlRequested:
    """The order as it went out."""
    answer = await gateway.post("/crawls", {"pacs": "main", **order})
    assert answer.status_code == 202, answer.text
    (message,) = gateway.bus.orders(CrawlRequested)
    assert answer.json() == {"id": str(message.crawl_id)}
    return message
