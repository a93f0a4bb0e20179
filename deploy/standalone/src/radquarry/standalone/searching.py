"""One search, without a server."""

from pathlib import Path

from radquarry.errors import Permanent
from radquarry.index.document import Page, Query
from radquarry.index.opening import open_index


class NoIndex(Permanent):
    """Nothing has been indexed yet."""


async def found_page(index_url: str, q: str, limit: int) -> Page:
    """The first page of hits; raises `QueryRefused`, `NoIndex`, `PeerAway`."""
    if index_url.startswith("tantivy:///") and not Path(index_url.removeprefix("tantivy:///")).exists():
        raise NoIndex("there is no index here yet: start a crawl first")
    async with open_index(index_url, read_only=True) as index:
        return await index.search(Query(q=q, limit=limit))
