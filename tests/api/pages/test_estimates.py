"""Before studies are ordered: what is picked, what it would bring and take, and the way back."""

from uuid import UUID

import httpx
import pytest

from radquarry.api.pages.formats import span
from radquarry.api.retrieval_views import RetrievalOrder
from radquarry.messages import PacsEstimate
from tests.api.pages.reading import page_of
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_desk import ShownDesk, estimated
from tests.doubles.written_studies import CHEST, KNEE

ONE = UUID(int=1)
MAIN = PacsEstimate(pacs="main", studies=1, bytes_to_fetch=383_000_000, work_hours=1.5, ends_at=NOW)


OLD = PacsEstimate(pacs="old", studies=1, bytes_to_fetch=200_000_000, work_hours=0.5)


async def test_picked_studies_are_ordered_once_each(desk: ShownDesk, browse: httpx.AsyncClient):
    response = await browse.post("/retrievals", data={"study": [CHEST, KNEE, CHEST]})
    assert (response.status_code, response.headers["location"]) == (303, f"/retrievals/{ONE}")
    assert desk.retrievals.orders == [RetrievalOrder((CHEST, KNEE))]


async def test_nothing_picked_is_said_and_orders_nothing(desk: ShownDesk, browse: httpx.AsyncClient):
    response = await browse.post("/retrievals", data={})
    assert response.status_code == 422
    assert "No study was picked" in page_of(response).text
    assert desk.retrievals.orders == []


async def test_what_is_picked_is_reckoned_before_it_is_started(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.estimates.said = estimated(problems=("priors are not counted",))

    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST, KNEE, CHEST]}))

    assert desk.estimates.asked == [RetrievalOrder((CHEST, KNEE))]
    for told in ("Retrieve 2 studies", "Studies 2", "Series 7", "Images 1 412", "Images already here 300",
                 "To be fetched 583.0 MB / 741.0 MB", "Free on the disk 412.0 GB", "Takes about 3 h 24 min",
                 "It fits, and would be done by about", "1 assumption priors are not counted",
                 "MRI Knie"):  # fmt: skip
        assert told in page.text.replace("\u202f", " ")
    fields = {(one["name"], one["value"]) for one in page.all("input", type="hidden") if one["name"] != "here"}
    assert {("study", CHEST), ("study", KNEE), ("estimated_bytes", "583000000")} < fields
    assert desk.retrievals.orders == []

    response = await browse.post("/retrievals", data={"study": [CHEST, KNEE], "estimated_bytes": "583000000"})
    assert response.headers["location"] == f"/retrievals/{ONE}"
    assert desk.retrievals.orders == [RetrievalOrder((CHEST, KNEE), estimated_bytes=583_000_000)]


@pytest.mark.parametrize(
    ("back", "leads"), [("/?q=thorax", "/?q=thorax"), ("//elsewhere.example/", "/"), ("https://elsewhere.example", "/")]
)
async def test_the_way_back_leads_to_where_the_studies_were_picked(
    desk: ShownDesk, browse: httpx.AsyncClient, back: str, leads: str
):
    desk.estimates.said = estimated()
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST], "back": back}))
    assert page.hrefs().count(leads) >= 2
    assert not any("elsewhere" in href for href in page.hrefs())


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0, "1 min"), (0.2, "12 min"), (1, "1 h"), (3.4, "3 h 24 min"), (24, "1 d"), (1234.5, "51 d 10 h")],
)
def test_a_time_is_told_in_the_units_of_its_size(hours: float, told: str):
    assert span(hours).replace("\u00a0", " ") == told


async def test_what_does_not_fit_is_not_offered_to_be_started(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.estimates.said = estimated(fits=False, free_bytes=10_000_000, problems=("assumed", "it would not fit: 1 GB"))
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST]}))
    assert "It does not fit: about 583.0 MB are to be fetched, and 10.0 MB are free." in page.text
    assert "1 assumption" in page.text
    assert "it would not fit" not in page.text
    assert page.all("button", class_="primary") == []


async def test_what_cannot_be_estimated_can_be_ordered_all_the_same(desk: ShownDesk, browse: httpx.AsyncClient):
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST]}))
    assert "could not be estimated" in page.text
    assert "Start without an estimate" in page.text
    assert page.all("input", name="estimated_bytes") == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"instances": 300, "instances_to_fetch": 0, "bytes_to_fetch": 0}, "All of it is here already."),
        ({"ends_at": None, "hours": None}, "when it would be done cannot be told"),
        ({"free_bytes": None}, "It fits, and would be done by about"),
        ({"of_pacs": (MAIN, OLD)}, "old 1 200.0 MB 30 min cannot be told"),
    ],
)
async def test_an_estimate_says_what_it_knows_and_what_not(
    desk: ShownDesk, browse: httpx.AsyncClient, said: dict[str, object], told: str
):
    desk.estimates.said = estimated(**said)
    page = page_of(await browse.get("/retrievals/new", params={"study": [CHEST]}))
    assert told in page.text
    assert page.all("button", class_="primary")


async def test_only_so_many_studies_fit_in_an_address(desk: ShownDesk, browse: httpx.AsyncClient):
    many = {"study": [f"1.2.{number}" for number in range(501)]}
    for answer in (await browse.get("/retrievals/new", params=many), await browse.get("/retrievals/new")):
        assert answer.status_code == 422
    assert desk.estimates.asked == []
