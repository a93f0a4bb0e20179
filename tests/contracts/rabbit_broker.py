"""Tests' ways to ask a RabbitMQ and to disturb it."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from radquarry.bus.rabbit import RabbitBus
from radquarry.messages import FindWindow, PacsStopped
from tests.contracts.buses import (
    order,
)
from tests.servers import addresses


def management() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=addresses.rabbit_management_url(), timeout=30)


def vhost_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


async def until_it_takes(
    bus: RabbitBus, heard: Callable[[], bool], message: FindWindow | PacsStopped | None = None
) -> None:
    """Publish until a listener is there again."""
    async with asyncio.timeout(30):
        while not heard():
            await bus.publish(message or order())
            await asyncio.sleep(0.1)


async def cut_connections(url: str) -> None:
    """Have the broker close what is connected to this virtual host, which it lists a moment later."""
    async with management() as api, asyncio.timeout(30):
        listed: list[dict[str, str]] = []
        while not listed:
            await asyncio.sleep(0.1)
            listed = (await api.get(f"/api/vhosts/{vhost_of(url)}/connections")).json()
        for connection in listed:
            await api.delete(f"/api/connections/{connection['name']}")
