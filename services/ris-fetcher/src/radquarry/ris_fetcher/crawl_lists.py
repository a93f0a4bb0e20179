"""What the ris-fetcher does about a crawl whose studies a RIS names."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing

import structlog

from radquarry.bus.port import Publish
from radquarry.errors import Permanent, Transient
from radquarry.messages import CrawlRequested, RowsListed
from radquarry.ris_fetcher.listings import Listings, Portion
from radquarry.ris_fetcher.ris import Lists, RisAway, Sources

KEPT_TOGETHER = 10
"""Portions in one write."""
LONGEST_SECONDS = 20 * 60
"""For one list; RabbitMQ gives a message half an hour."""

log = structlog.get_logger(__name__)


class CannotList(Permanent):
    """The crawl names a RIS that is none of ours, or has no list."""


async def list_rows(order: CrawlRequested, *, sources: Sources, listings: Listings, publish: Publish) -> None:
    """Say which rows the RIS has for this crawl, in portions; the first one when the whole list is known."""
    if not order.ris:
        return
    ris = _lister(order, sources)
    if await listings.portions(order.crawl_id) is None:
        await _keep_all(order, ris, listings)
    whole = await listings.portions(order.crawl_id)
    async for some in listings.unsaid(order.crawl_id):
        await publish(*(_listed(order, portion, is_last=portion[0] + 1 == whole) for portion in some))
        await listings.forget(order.crawl_id, [number for number, _ in some])


async def check_queries(*, lists: Iterable[Lists]) -> None:
    """Loop, once: say at the start which query cannot work, before somebody waits for it."""
    for ris in lists:
        try:
            await ris.check()
        except (Transient, Permanent) as error:
            log.warning("a RIS cannot be asked as it is configured, or not now", ris=ris.name, reason=str(error))


def _lister(order: CrawlRequested, sources: Sources) -> Lists:
    ris = sources.lists.get(order.ris)
    if ris is not None and ris.lists(order.pacs):
        return ris
    known = order.ris in {each.name for each in sources.all}
    why = f"{order.ris}: cannot list for this PACS" if known else "no RIS of this name is configured"
    able = ", ".join(name for name, each in sources.lists.items() if each.lists(order.pacs)) or "none"
    raise CannotList(f"{why}; a RIS of kind sql with accession_numbers can; those of this PACS: {able}")


async def _keep_all(order: CrawlRequested, ris: Lists, listings: Listings) -> None:
    attempt = await listings.begin(order.crawl_id)
    kept: list[Portion] = []
    number = 0
    try:
        async with asyncio.timeout(LONGEST_SECONDS), aclosing(ris.listing(order.ris_filter)) as portions:
            async for rows in portions:
                if len(kept) == KEPT_TOGETHER:
                    await listings.keep(order.crawl_id, attempt, kept, is_all=False)
                    kept = []
                kept.append((number, rows))
                number += 1
    except TimeoutError:
        raise RisAway(f"{ris.name}: its list did not end in {LONGEST_SECONDS // 60} minutes") from None
    await listings.keep(order.crawl_id, attempt, kept or [(0, ())], is_all=True)


def _listed(order: CrawlRequested, portion: Portion, *, is_last: bool) -> RowsListed:
    number, rows = portion
    about = {"crawl_id": order.crawl_id, "pacs": order.pacs, "ris": order.ris, "modalities": order.modalities}
    return RowsListed.after(order, portion=number, rows=rows, is_last=is_last, **about)
