"""Which PACS holds the studies of an order, and what is known of them: the index says."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from radquarry.api.problems import unknown_studies
from radquarry.index.document import Document
from radquarry.index.port import Index

LOOK_UPS = 16

Seen = TypeVar("Seen")


async def held(index: Index, uids: Sequence[str], see: Callable[[Document], Seen]) -> dict[str, Seen]:
    """StudyInstanceUID → what `see` makes of its document, so that no more is kept of thousands.

    Raises the problem to show when some PACS never gave some of them.
    """
    distinct = list(dict.fromkeys(uids))
    at_once = asyncio.Semaphore(LOOK_UPS)

    async def seen(uid: str) -> Seen | None:
        async with at_once:
            document = await index.get(uid)
        return see(document) if document is not None and document.study is not None and document.pacs else None

    found = dict(zip(distinct, await asyncio.gather(*map(seen, distinct)), strict=True))
    unknown_ones = [place for place, uid in enumerate(uids) if found[uid] is None]
    if unknown_ones:
        raise unknown_studies(unknown_ones, len(uids))
    return {uid: what for uid, what in found.items() if what is not None}
