"""The search store of production: OpenSearch. Its own script merges parts, so any number of processes may write."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from secrets import token_hex
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from opensearchpy import AIOHttpConnection, AsyncOpenSearch
from opensearchpy import exceptions as foreign

from radquarry.errors import PeerAway, Permanent
from radquarry.index import cursors
from radquarry.index import opensearch_answers as answers
from radquarry.index.document import Document, Page, Query
from radquarry.index.language import parse
from radquarry.index.opensearch_mapping import OLDEST, VERSION, index_body, lacking
from radquarry.index.opensearch_query import by_date, compiled, counting, highlighting, order
from radquarry.index.parts import Part, unfit
from radquarry.index.port import PartsRefused, QueryRefused

PAGE_OF_SCAN = 500
MOST_OF_A_PATIENT = 1000
STATE_KEPT = "5m"
FOREIGN = (foreign.OpenSearchException, foreign.OpenSearchDslException, foreign.ImproperlyConfigured)
"""All that opensearch-py raises."""


class OpenSearchIndex:
    """See `Index`. The alias `<namespace>-studies` points to the index of the present mapping's version."""

    def __init__(self, client: AsyncOpenSearch, namespace: str) -> None:
        self._transport: Any = client.transport
        self._alias = f"{namespace}-studies"
        self._first = f"{namespace}-studies-v{VERSION}-000001"

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, namespace: str = "radquarry") -> AsyncIterator[Self]:
        """`http(s)://[user:password@]host:port[/prefix][?ca_certs=FILE]`; makes index and alias if they are not there.

        Raises `PeerAway` when OpenSearch does not answer.
        """
        client = AsyncOpenSearch(**_connection(url))
        index = cls(client, namespace)
        try:
            await index.make()
            yield index
        finally:
            await client.close()

    async def make(self) -> None:
        """Several processes may do this at once: one makes index and alias, the others find them made.

        An index that an earlier radquarry made gets the fields it lacks.
        """
        if await self._ask("HEAD", f"/_alias/{self._alias}"):
            if fields := lacking(await self._ask("GET", f"/{self._alias}/_mapping")):
                await self._ask("PUT", f"/{self._alias}/_mapping", {"properties": fields})
            return
        try:
            await self._ask("PUT", f"/{self._first}", index_body(self._alias))
        except RequestRefused as error:
            if error.kind != "resource_already_exists_exception":
                raise

    async def merge(self, parts: Sequence[Part]) -> None:
        """See `Index.merge`."""
        reasons = {place: reason for place, part in enumerate(parts) if (reason := unfit(part))}
        lines = [(place, answers.update(part)) for place, part in enumerate(parts) if place not in reasons]
        away = 0
        for chunk in answers.chunks(lines):
            for (place, _), item in zip(chunk, await self._bulk([line for _, line in chunk]), strict=True):
                status = int(item["update"]["status"])
                if _passing(status):
                    away += 1
                elif status >= 400:
                    reasons[place] = f"OpenSearch refuses it: {item['update']['error']['type']}"
        if lines:
            await self._ask("POST", f"/{self._alias}/_refresh")
        if away:
            raise PeerAway(f"OpenSearch took {len(lines) - away} of {len(lines)} parts")
        if reasons:
            raise PartsRefused(reasons)

    async def search(self, query: Query) -> Page:
        """See `Index.search`."""
        clause, place = parse(query.q), cursors.read(query)
        marks = f"\ue000{token_hex(8)}", f"\ue001{token_hex(8)}"
        body = {
            "query": compiled(clause, query.filters),
            "size": query.limit and query.limit + 1,
            "track_total_hits": True,
            "aggs": counting(),
            "highlight": highlighting(clause, marks),
        }
        try:
            found, state = await self._page(query, body | order(query, clause), place)
        except RequestRefused as error:
            raise QueryRefused(f"OpenSearch cannot answer this query: {error.kind}", 0) from None
        hits = found["hits"]["hits"][: query.limit]
        more = len(found["hits"]["hits"]) > len(hits)
        if state and not more:
            await self._ask("DELETE", "/_search/point_in_time", {"pit_id": [state]}, params={"ignore": 404})
        return Page(
            total=found["hits"]["total"]["value"],
            hits=tuple(answers.hit(each, marks) for each in hits),
            facets=answers.facets(found["aggregations"]),
            months=answers.months(found["aggregations"]),
            after=cursors.written(query, {"behind": hits[-1]["sort"], "state": state}) if more else None,
        )

    async def _page(self, query: Query, body: dict[str, Any], place: Mapping[str, Any]) -> tuple[Any, str | None]:
        """Hits behind `place`; by relevance in a kept state, in which scores stay what they were a page before."""
        behind, state = place.get("behind"), place.get("state")
        if place and not (isinstance(behind, list) and isinstance(state, str | None)):
            raise QueryRefused("after: this is not a cursor that a page gave", 0)
        if behind:
            body = body | {"search_after": behind}
        if "_score" in body["sort"][0] and query.limit and not place:
            state = await self._state()
        if state:
            with suppress(Gone):
                found = await self._ask("POST", "/_search", body | {"pit": {"id": state, "keep_alive": STATE_KEPT}})
                if found["_shards"]["total"]:
                    return found, state
        return await self._ask("POST", f"/{self._alias}/_search", body), None

    async def _state(self) -> str | None:
        """A point in time; None while OpenSearch keeps too many of them."""
        try:
            made = await self._ask("POST", f"/{self._alias}/_search/point_in_time?keep_alive={STATE_KEPT}")
        except PeerAway:
            return None
        return str(made["pit_id"])

    async def get(self, study_instance_uid: str) -> Document | None:
        """See `Index.get`."""
        path = f"/{self._alias}/_doc/{quote(study_instance_uid, safe='')}"
        found = await self._ask("GET", path, params={"ignore": 404})
        if "error" in found:
            raise Gone("OpenSearch has lost the index")
        return answers.document(found["_source"]) if found["found"] else None

    async def timeline(self, patient_id: str, pacs: str) -> Sequence[Document]:
        """See `Index.timeline`."""
        whose = [{"term": {"study.patient_id": patient_id}}, {"term": {"pacs": pacs}}]
        body = {"query": {"bool": {"filter": whose}}, "size": MOST_OF_A_PATIENT, "sort": [{OLDEST: "asc"}]}
        found = await self._ask("POST", f"/{self._alias}/_search", body)
        return [answers.document(hit["_source"]) for hit in found["hits"]["hits"]]

    async def scan(self, query: Query) -> AsyncIterator[Document]:
        """See `Index.scan`."""
        clause = parse(query.q)
        body = {"query": compiled(clause, query.filters), "size": PAGE_OF_SCAN, **by_date(query)}
        while hits := (await self._ask("POST", f"/{self._alias}/_search", body))["hits"]["hits"]:
            for hit in hits:
                yield answers.document(hit["_source"])
            body["search_after"] = hits[-1]["sort"]

    async def count(self) -> int:
        """See `Index.count`."""
        return int((await self._ask("GET", f"/{self._alias}/_count"))["count"])

    async def _bulk(self, lines: Iterable[bytes]) -> Sequence[Any]:
        path = f"/{self._alias}/_bulk?require_alias=true&_source=false"
        answer = await self._ask("POST", path, b"".join(lines), headers={"content-type": "application/x-ndjson"})
        return list(answer["items"])

    async def _ask(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        try:
            return await self._transport.perform_request(method, path, body=body, **more)
        except FOREIGN as error:
            raise mapped(error) from None


class _Streaming(AIOHttpConnection):
    """Hands a body over as a stream: aiohttp sends a large one in pieces then, and the event loop goes on."""

    async def perform_request(self, method: str, url: str, params: Any = None, body: Any = None, **more: Any) -> Any:  # type: ignore[override]  # `more` are its other three
        return await super().perform_request(method, url, params, BytesIO(body) if body else None, **more)  # type: ignore[arg-type]  # aiohttp takes streams


class RequestRefused(Permanent):
    """OpenSearch understands the request and will never take it; `kind` is its name for why."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"OpenSearch refuses the request: {kind}")
        self.kind = kind


class Gone(PeerAway):
    """What the request names is not there: an index that was deleted, a state that was kept long enough."""


def mapped(error: Exception) -> PeerAway | Permanent:
    """Our error for one of opensearch-py's. Its texts may quote a document: only kinds and statuses go on."""
    for kind, text in _AWAY.items():
        if isinstance(error, kind):
            return PeerAway(text)
    if isinstance(error, foreign.NotFoundError):
        return Gone(f"OpenSearch does not find it: {_kind(error)}")
    if isinstance(error, foreign.TransportError):
        if _passing(int(error.status_code)):
            return PeerAway(f"OpenSearch is busy or broken (HTTP {error.status_code}: {_kind(error)})")
        return RequestRefused(_kind(error))
    return Permanent(f"index_url cannot be used: {type(error).__name__}")


_AWAY: Mapping[type[Exception], str] = {
    foreign.ConnectionTimeout: "OpenSearch does not answer in time",
    foreign.SSLError: "OpenSearch's certificate is not accepted: name its authority with ?ca_certs=FILE in index_url",
    foreign.ConnectionError: "OpenSearch cannot be reached: does it run, and is index_url right?",
    foreign.AuthenticationException: "OpenSearch does not know our user (HTTP 401): see the user in index_url",
    foreign.AuthorizationException: "OpenSearch's user has too few rights (HTTP 403): see the user in index_url",
    foreign.SerializationError: "what answers at index_url does not speak OpenSearch's JSON",
}


def _kind(error: foreign.TransportError) -> str:
    """OpenSearch's name for the error, such as `mapper_parsing_exception`."""
    told = error.info.get("error") if isinstance(error.info, dict) else None
    if not isinstance(told, dict):
        return f"HTTP {error.status_code}"
    causes = [*told.get("root_cause", []), told]
    return str(causes[0].get("type", f"HTTP {error.status_code}"))


def _passing(status: int) -> bool:
    """Whether the same request may succeed later: conflicts with other writers, limits, faults of the server."""
    return status in (401, 403, 404, 408, 409, 429) or status >= 500


def _connection(url: str) -> dict[str, Any]:
    """The client's arguments: the password goes into its own field, never into what is logged."""
    parts = urlsplit(url)
    files = {name: values[-1] for name, values in parse_qs(parts.query).items() if name == "ca_certs"}
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    host = {"host": parts.hostname, "port": parts.port or 9200, "url_prefix": parts.path.strip("/")}
    return {
        "connection_class": _Streaming,
        "hosts": [host | {"scheme": parts.scheme}],
        "use_ssl": parts.scheme == "https",
        "http_auth": user,
        "timeout": 60,
        "max_retries": 2,
        **files,
    }
