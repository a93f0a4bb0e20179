"""What holds for OpenSearch alone: making the index at once, faults of the server, bulks that fail in part."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator

import aiohttp
import opensearchpy.exceptions
import pytest

from radquarry.errors import PeerAway, Permanent
from radquarry.index import cursors
from radquarry.index.document import Filters, Query
from radquarry.index.opensearch import FOREIGN, OpenSearchIndex, mapped
from radquarry.index.opensearch_answers import chunks
from radquarry.index.opensearch_mapping import ADDED, index_body
from radquarry.index.port import PartsRefused, QueryRefused
from tests.contracts.indexes import found, fresh_namespace, gone, report, study, uid
from tests.contracts.opensearch_double import double
from tests.servers import addresses


@pytest.fixture
async def namespace() -> AsyncIterator[str]:
    async with fresh_namespace() as fresh:
        yield fresh


@pytest.mark.servers
async def test_several_processes_make_the_index_at_once(namespace: str) -> None:
    async def start(number: int) -> None:
        async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
            await index.merge([study(number)])

    await asyncio.gather(*map(start, range(6)))

    async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
        assert await index.count() == 6


@pytest.mark.servers
async def test_a_part_that_does_not_fit_the_mapping_stops_no_other(namespace: str) -> None:
    body = {
        "mappings": {
            "dynamic": "strict",
            "properties": {
                **{
                    name: {"type": "keyword"}
                    for name in ("study_instance_uid", "ris", "report_age", "newest", "oldest")
                },
                "report": {"type": "object", "enabled": False},
            },
        },
        "aliases": {f"{namespace}-studies": {}},
    }
    await demanded("PUT", f"/{namespace}-studies-v1-000001", body)
    async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
        with pytest.raises(PartsRefused) as refused:
            await index.merge([report(1), study(2), report(3)])
        assert await index.count() == 2

    assert list(refused.value.reasons) == [1]
    assert refused.value.reasons[1] == "OpenSearch refuses it: strict_dynamic_mapping_exception"


@pytest.mark.servers
async def test_an_index_made_before_studies_could_be_gone_learns_it_and_keeps_its_documents(namespace: str) -> None:
    body = index_body(f"{namespace}-studies")
    for name in ADDED:
        del body["mappings"]["properties"][name]
    await demanded("PUT", f"/{namespace}-studies-v1-000001", body)
    before = {"study_instance_uid": uid(1), "newest": f" {uid(1)}", "oldest": f"~ {uid(1)}", "pacs": "main"}
    await demanded("PUT", f"/{namespace}-studies-v1-000001/_doc/{uid(1)}", before, status=201)

    for _ in range(2):
        async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
            await index.merge([study(2), gone(2, later=1), gone(1)])
            assert await found(index, "") == {1, 2}
            assert await found(index, "", filters=Filters(is_gone=True)) == {1, 2}


@pytest.mark.servers
async def test_a_number_too_large_for_any_store_is_refused_alone(namespace: str) -> None:
    async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
        with pytest.raises(PartsRefused) as refused:
            await index.merge([study(1), study(2, number_of_study_related_instances=10**30)])

        assert list(refused.value.reasons) == [1]
        assert await found(index, "") == {1}


@pytest.mark.servers
async def test_pages_by_relevance_go_on_when_their_state_is_gone(namespace: str) -> None:
    async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
        await index.merge([report(n, "Pneumothorax " + "Lunge " * n) for n in range(30)])
        query = Query(q="pneumothorax", limit=10)
        first = await index.search(query)
        place = cursors.read(query.model_copy(update={"after": first.after}))
        await demanded("DELETE", "/_search/point_in_time", {"pit_id": [place["state"]]})

        second = await index.search(query.model_copy(update={"after": first.after}))

    seen = [hit.document.study_instance_uid for page in (first, second) for hit in page.hits]
    assert len(set(seen)) == 20


async def demanded(method: str, path: str, body: object, status: int = 200) -> None:
    async with aiohttp.ClientSession(addresses.opensearch_url()) as session:
        answer = await session.request(method, path, json=body)
        assert answer.status == status
        await answer.read()


@pytest.mark.servers
@pytest.mark.parametrize("place", [{"behind": [{}]}, {"behind": "x"}, {"behind": [1], "state": 5}, {"state": {}}])
async def test_a_forged_place_is_refused(namespace: str, place: dict[str, object]) -> None:
    async with OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index:
        await index.merge([report(n) for n in range(3)])
        query = Query(q="pneumothorax", limit=1)

        with pytest.raises(QueryRefused):
            await index.search(query.model_copy(update={"after": cursors.written(query, place)}))


@pytest.mark.parametrize("status", [409, 429, 503])
async def test_a_store_that_is_too_busy_for_some_parts_is_away(status: int) -> None:
    async with double(lambda place: status if place == 1 else 200) as url, OpenSearchIndex.open(url) as index:
        with pytest.raises(PeerAway, match="2 of 3"):
            await index.merge([study(1), study(2), study(3)])


async def test_a_refused_part_and_a_busy_store_are_tried_again_together() -> None:
    async with double([400, 429, 200].__getitem__) as url, OpenSearchIndex.open(url) as index:
        with pytest.raises(PeerAway):
            await index.merge([study(1), study(2), study(3)])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
async def test_a_store_that_cannot_answer_now_is_away(status: int) -> None:
    async with double(lambda _: 200, whole=status) as url, OpenSearchIndex.open(url) as index:
        with pytest.raises(PeerAway) as away:
            await index.merge([study(1)])

    assert "Muster" not in str(away.value)


async def test_a_store_that_is_not_there_is_away_and_its_password_stays_hidden(
    caplog: pytest.LogCaptureFixture, unused_tcp_port: int
) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(PeerAway) as away:
        async with OpenSearchIndex.open(f"http://reader:s3cret@127.0.0.1:{unused_tcp_port}"):
            pass

    assert "cannot be reached" in str(away.value)
    assert "s3cret" not in str(away.value) + caplog.text


async def test_what_speaks_another_protocol_is_away() -> None:
    async def page(_: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.Response(text="<html>", content_type="text/html")

    from aiohttp import test_utils, web  # noqa: PLC0415 - only here

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", page)
    async with test_utils.TestServer(app) as server:
        with pytest.raises(PeerAway, match="does not speak"):
            async with OpenSearchIndex.open(str(server.make_url(""))):
                pass


def test_every_error_of_the_library_is_ours_and_quotes_no_document() -> None:
    kinds = [
        kind
        for kind in vars(opensearchpy.exceptions).values()
        if inspect.isclass(kind) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    about = {"error": {"type": "mapper_parsing_exception", "reason": "Muster^Erika", "root_cause": []}}

    assert len(kinds) > 10
    for kind in kinds:
        for status in (400, 401, 403, 404, 405, 409, 413, 429, 500, 503):
            ours = mapped(kind(status, "Muster^Erika", about))
            assert issubclass(kind, FOREIGN)
            assert isinstance(ours, PeerAway | Permanent)
            assert "Muster" not in str(ours)


@pytest.mark.parametrize(
    ("status", "ours"),
    [(400, Permanent), (413, Permanent), (404, PeerAway), (409, PeerAway), (429, PeerAway), (500, PeerAway)],
)
def test_a_status_that_passes_is_transient(status: int, ours: type[Exception]) -> None:
    kind = opensearchpy.exceptions.HTTP_EXCEPTIONS.get(status, opensearchpy.exceptions.TransportError)

    assert isinstance(mapped(kind(status, "x", None)), ours)


def test_bulks_are_cut_by_size_and_number() -> None:
    lines = [(place, b"x" * (6_000_000 if place < 3 else 10)) for place in range(2200)]

    cut = [[place for place, _ in chunk] for chunk in chunks(lines)]

    assert [len(chunk) for chunk in cut] == [1, 1, 1000, 1000, 198]
    assert [place for chunk in cut for place in chunk] == list(range(2200))
