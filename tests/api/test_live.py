"""Server-sent events: what changes while somebody looks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.gateway import CRAWL, Gateway, a_gateway
from tests.api.stories import CrawlStory, RetrievalStory, uid
from tests.contracts.buses import a_home
from tests.contracts.states import empty_state_url


async def events(client: httpx.AsyncClient, path: str) -> AsyncIterator[tuple[str, Any]]:
    """(event, data) of a stream, as a browser reads it."""
    kind = ""
    async with client.stream("GET", f"/api/v1{path}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                kind = line.partition(":")[2].strip()
            elif line.startswith("data:"):
                yield kind, json.loads(line.partition(":")[2])


async def test_a_crawl_is_followed_to_its_end(gateway: Gateway) -> None:
    crawl_id = (await gateway.post("/crawls", CRAWL)).json()["id"]
    story = CrawlStory(UUID(crawl_id))
    heard: list[tuple[str, Any]] = []

    async for kind, data in events(gateway.client, f"/crawls/{crawl_id}"):
        heard.append((kind, data))
        if len(heard) == 1:
            await gateway.bus.publish(*story.all())

    assert heard[0][1]["state"] == "requested"
    assert [kind for kind, _ in heard[-2:]] == ["progress", "end"]
    assert {kind for kind, _ in heard[:-1]} == {"progress"}
    assert heard[-1][1] == await gateway.get(f"/crawls/{crawl_id}")


async def test_a_settled_retrieval_ends_at_once(gateway: Gateway) -> None:
    await gateway.hold(1)
    retrieval_id = (await gateway.post("/retrievals", {"studies": [uid(0)]})).json()["id"]
    await gateway.bus.publish(*RetrievalStory(UUID(retrieval_id), instances=(1,)).all()[1:])

    heard = [each async for each in events(gateway.client, f"/retrievals/{retrieval_id}")]

    assert heard[-1] == ("end", await gateway.get(f"/retrievals/{retrieval_id}"))
    again = [kind async for kind, _ in events(gateway.client, f"/retrievals/{retrieval_id}")]
    assert again == ["progress", "end"]


async def test_many_watch_one_crawl(gateway: Gateway) -> None:
    crawl_id = (await gateway.post("/crawls", CRAWL)).json()["id"]
    first = asyncio.Semaphore(0)

    async def watch(client: httpx.AsyncClient) -> Any:
        last = None
        async for kind, data in events(client, f"/crawls/{crawl_id}"):
            if last is None:
                first.release()
            last = kind, data["state"]
        return last

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60, limits=limits) as many:
        watching = [asyncio.create_task(watch(many)) for _ in range(100)]
        for _ in watching:
            await first.acquire()
        await gateway.bus.publish(*CrawlStory(UUID(crawl_id)).all())

        assert set(await asyncio.gather(*watching)) == {("end", "complete")}


async def test_the_server_stops_within_three_seconds_while_somebody_watches(gateway: Gateway) -> None:
    crawl_id = (await gateway.post("/crawls", CRAWL)).json()["id"]
    watching = [events(gateway.client, f"/crawls/{crawl_id}") for _ in range(5)]
    for each in watching:
        await anext(each)

    clock = asyncio.get_running_loop().time
    began = clock()
    gateway.running.cancel()
    with suppress(asyncio.CancelledError):
        await gateway.running
    took = clock() - began

    assert took < 3
    for each in watching:  # no `end`: a browser asks again
        assert [kind async for kind, _ in each] == []


@pytest.mark.servers
async def test_who_watches_one_replica_hears_what_another_learnt(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    async with (
        a_home("rabbit", tmp_path) as bus,
        empty_state_url("postgres", tmp_path) as state_url,
        a_gateway(first, bus_url=bus.url, state_url=state_url) as one,
        a_gateway(second, bus_url=bus.url, state_url=state_url) as other,
    ):
        crawl_id = (await one.post("/crawls", CRAWL)).json()["id"]
        watching = [
            asyncio.create_task(last_of(events(replica.client, f"/crawls/{crawl_id}"))) for replica in (one, other)
        ]
        await one.bus.publish(*CrawlStory(UUID(crawl_id)).all())

        assert {(kind, data["state"]) for kind, data in await asyncio.gather(*watching)} == {("end", "complete")}
        assert await one.get(f"/crawls/{crawl_id}") == await other.get(f"/crawls/{crawl_id}")


async def last_of(heard: AsyncIterator[tuple[str, Any]]) -> tuple[str, Any]:
    return [each async for each in heard][-1]


async def test_a_watcher_who_leaves_costs_nothing(gateway: Gateway) -> None:
    crawl_id = (await gateway.post("/crawls", CRAWL)).json()["id"]
    async with httpx.AsyncClient(base_url=gateway.url) as leaving:
        async for _ in events(leaving, f"/crawls/{crawl_id}"):
            break

    await gateway.bus.publish(*CrawlStory(UUID(crawl_id)).all())

    assert [kind async for kind, _ in events(gateway.client, f"/crawls/{crawl_id}")][-1] == "end"
