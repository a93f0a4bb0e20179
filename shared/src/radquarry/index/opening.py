"""One URL chooses the search store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from radquarry.index.port import Index


@asynccontextmanager
async def open_index(url: str, *, read_only: bool = False) -> AsyncIterator[Index]:
    """`tantivy:///…/index` for one process, `http(s)://…` for OpenSearch. Creates what is not there yet.

    `http://…?namespace=NAME` keeps several installations on one OpenSearch apart.
    `read_only` searches beside the one process that writes to an embedded index.
    """
    match urlsplit(url).scheme:
        case "tantivy":
            from radquarry.index.embedded import TantivyIndex

            async with TantivyIndex.open(Path(url.removeprefix("tantivy:///")), read_only=read_only) as index:
                yield index
        case "http" | "https":
            from radquarry.index.opensearch import OpenSearchIndex

            namespace = parse_qs(urlsplit(url).query).get("namespace", ["radquarry"])[-1]
            async with OpenSearchIndex.open(url, namespace=namespace) as opensearch:
                yield opensearch
        case scheme:
            raise ValueError(f"index_url: no search store speaks {scheme!r}; use tantivy:///… or http(s)://…")
