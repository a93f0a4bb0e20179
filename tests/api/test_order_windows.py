"""An order may have hours of its own: over HTTP, on the pages, in the estimate."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from radquarry.api.retrievals import RetrievalOrder
from radquarry.messages import EstimateRetrieval, RetrievalRequested
from tests.api.gateway import Gateway, a_gateway, a_problem
from tests.api.stories import uid

NIGHT = ["mon-fri 20:00-06:00", "sat-sun 00:00-24:00"]


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as opened:
        await opened.hold(1)
        yield opened


async def test_an_order_takes_its_hours_along_and_shows_them(gateway: Gateway) -> None:
    answer = await gateway.post("/retrievals", {"studies": [uid(0)], "windows": NIGHT})
    assert answer.status_code == 202, answer.text

    (order,) = gateway.bus.orders(RetrievalRequested)
    assert list(order.windows.lines) == NIGHT
    assert (await gateway.get(f"/retrievals/{answer.json()['id']}"))["windows"] == NIGHT
    page = await gateway.client.get(f"/retrievals/{answer.json()['id']}")
    assert "only in these hours: <bdi>mon-fri 20:00-06:00, sat-sun 00:00-24:00</bdi>" in page.text


async def test_an_order_without_any_has_none(gateway: Gateway) -> None:
    answer = await gateway.post("/retrievals", {"studies": [uid(0)]})

    (order,) = gateway.bus.orders(RetrievalRequested)
    assert order.windows.lines == ()
    assert (await gateway.get(f"/retrievals/{answer.json()['id']}"))["windows"] == []


@pytest.mark.parametrize("path", ["/retrievals", "/retrievals/estimate"])
@pytest.mark.parametrize("line", ["at night", "mon-fri 20:00-25:00", "<script>", "mon 20:00"])
async def test_what_are_no_hours_is_refused(gateway: Gateway, path: str, line: str) -> None:
    a_problem(await gateway.post(path, {"studies": [uid(0)], "windows": [line]}), 422)

    assert gateway.bus.orders(RetrievalRequested) == []


async def test_an_estimate_is_asked_for_with_them(gateway: Gateway) -> None:
    await gateway.client.get("/retrievals/new", params={"study": uid(0), "windows": ", ".join(NIGHT)})

    (question,) = gateway.bus.orders(EstimateRetrieval)
    assert list(question.windows.lines) == NIGHT


async def test_the_page_takes_them_from_a_line_of_text(gateway: Gateway) -> None:
    same_origin = {"Origin": str(gateway.client.base_url).rstrip("/")}
    fields = {"study": uid(0), "windows": "mon-fri 20:00-06:00\nsat-sun 00:00-24:00"}
    answer: httpx.Response = await gateway.client.post("/retrievals", data=fields, headers=same_origin)
    assert answer.status_code == 303, answer.text
    assert list(gateway.bus.orders(RetrievalRequested)[0].windows.lines) == NIGHT

    refused = await gateway.client.post("/retrievals", data=fields | {"windows": "at night"}, headers=same_origin)
    assert refused.status_code == 422
    assert len(gateway.bus.orders(RetrievalRequested)) == 1


def test_hours_are_part_of_what_an_order_is() -> None:
    assert RetrievalOrder((uid(0),), windows=tuple(NIGHT)) != RetrievalOrder((uid(0),))
