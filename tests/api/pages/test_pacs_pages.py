"""PACS as peers on the pages: the list, one of them, the orders and who may give them."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from radquarry.api.archive_views import HeldLimits, Probing
from radquarry.api.security.rights import Rights
from radquarry.api.traffic import Recent
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_archives import LIMITS, NOW, PROFILE, a_day, archive
from tests.doubles.shown_desk import ShownDesk


async def test_the_list_leads_to_each_pacs_and_tells_how_it_stands(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.archives.views = [archive(), archive("old one", state="unknown", load=HeldLimits(LIMITS))]
    desk.archives.spans = {"main": a_day()}
    desk.archives.recent = {"main": Recent(60, 0, 1, "1 of 2 associations for now: answers take long", NOW)}

    page = page_of(await browse.get("/pacs"))

    assert {"/pacs/main", "/pacs/old%20one", "/coverage/main"} <= set(page.hrefs())
    assert "main answers in 12 ms Slowed down to 1 of 2 associations: answers take long" in page.text
    assert "Nothing was asked in the last 24 hours." in page.text
    assert "mon-fri 20:00-08:00, sat-sun 00:00-24:00" in page.text
    assert len(page.all("path", class_="trouble")) == 1


async def test_a_pacs_outside_its_hours_says_when_they_begin(limited: ShownDesk, browse: httpx.AsyncClient):
    page = page_of(await browse.get("/pacs/main"))
    assert "Outside its hours: no request leaves until 02 Jun 2025 20:00." in page.text


async def test_the_charts_of_a_day_are_there_as_numbers_too(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.archives.spans = {"main": a_day()}
    response = await browse.get("/pacs/main")
    page = page_of(response)
    assert len(page.all("svg", class_="spark")) == 2
    assert len(page.all("tr")) == 1 + 46  # the stretches in which anything was asked
    assert "Refused 3" in page.text
    assert len(response.content) < 150_000


async def test_the_profile_is_shown_in_words(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.archives.views = [archive(probing=Probing(profile=PROFILE))]
    page = page_of(await browse.get("/pacs/main"))
    for told in (
        "Answers to one question, at most 200 answers",
        "Keys that narrow the answer ModalitiesInStudy",
        "Keys it ignores StudyComments",
        "Ranges of times no",
        "Associations at once 4 of 8 tried",
        "2 storage classes",
        "Probe it again",
    ):
        assert told in page.text
    assert page.all("form", action="/pacs/main/probe", method="post")


async def test_what_could_not_be_told_is_not_made_up(desk: ShownDesk, browse: httpx.AsyncClient):
    blank = PROFILE.model_copy(
        update={"find_limit": None, "longest_answer": 73, "date_ranges": None, "charset": "", "keys": {}}
    )
    desk.archives.views = [archive(probing=Probing(profile=blank))]
    page = page_of(await browse.get("/pacs/main"))
    assert "no limit seen up to 73 answers" in page.text
    assert "Ranges of dates could not be told" in page.text
    assert "Character set of its answers it names none" in page.text
    assert "Keys it ignores could not be told" in page.text


async def test_a_contradiction_is_a_problem_on_every_page(desk: ShownDesk, browse: httpx.AsyncClient):
    reason = "it cut an answer at 50, its profile says 200"
    desk.archives.views = [archive(probing=Probing(profile=PROFILE, contradiction=reason, contradicted_at=NOW))]
    for address in ("/", "/help", "/coverage/main"):
        page = page_of(await browse.get(address))
        assert "main does otherwise than its profile says" in page.text
        assert "/pacs/main#profile" in page.hrefs()
    page = page_of(await browse.get("/pacs/main"))
    assert f"should be probed again: {reason}" in page.text


async def test_a_probing_is_ordered_awaited_and_its_failure_told(desk: ShownDesk, browse: httpx.AsyncClient):
    assert "It was never probed." in page_of(await browse.get("/pacs/main")).text
    response = await browse.post("/pacs/main/probe")
    assert (response.status_code, response.headers["location"]) == (303, "/pacs/main?done=probe#profile")
    assert desk.archives.orders == [("probe", "main")]

    desk.archives.views = [archive(probing=Probing(ordered_at=NOW))]
    page = page_of(await browse.get("/pacs/main?done=probe"))
    assert "It is being probed since 02 Jun 2025 11:30." in page.text

    desk.archives.views = [archive(probing=Probing(profile=PROFILE, problem="it refused us", problem_at=NOW))]
    page = page_of(await browse.get("/pacs/main"))
    assert "The last probing gave no profile, 02 Jun 2025 11:30: it refused us" in page.text
    assert "200 answers" in page.text


async def test_a_pacs_is_stopped_only_after_one_question(desk: ShownDesk, browse: httpx.AsyncClient):
    page = page_of(await browse.get("/pacs"))
    assert "main answers in 12 ms" in page.text
    assert "/pacs/main/stop" in page.hrefs()
    question = page_of(await browse.get("/pacs/main/stop"))
    assert "Stop all traffic to main?" in question.text
    assert desk.archives.orders == []
    response = await browse.post("/pacs/main/stop")
    assert (response.status_code, response.headers["location"]) == (303, "/pacs/main?done=stop")
    assert desk.archives.orders == [("stop", "main")]


async def test_what_an_order_came_to_is_read_from_how_things_stand(desk: ShownDesk, browse: httpx.AsyncClient):
    """A button that says it is done although nobody heard it would be worse than none."""
    assert "is not confirmed yet" in page_of(await browse.get("/pacs/main?done=stop")).text
    desk.archives.views = [archive(state="stopped", stopped_by="ada", stopped_at=NOW - timedelta(minutes=2))]
    page = page_of(await browse.get("/pacs/main?done=stop"))
    assert "main is stopped: no request of ours leaves for it" in page.text
    assert "Stopped: no request of ours leaves. 02 Jun 2025 11:28, ada" in page.text
    assert "/pacs/main/start" in page.hrefs()
    assert "is not confirmed yet" in page_of(await browse.get("/pacs/main?done=start")).text
    waits = HeldLimits(LIMITS, ordered_at=NOW)
    desk.archives.views = [archive(load=waits)]
    page = page_of(await browse.get("/pacs/main?done=limits"))
    assert "New limits were ordered at 02 Jun 2025 11:30 and are not confirmed yet." in page.text


async def test_a_stopped_pacs_is_told_everywhere_until_dismissed(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.archives.views = [archive(state="stopped", stopped_by="m.keller", stopped_at=NOW)]
    page = page_of(await browse.get("/help"))
    assert "main is stopped" in page.text
    marks = page.all("button", name="dismiss")[0]["value"]
    response = await browse.post("/preferences", data={"here": "/help", "dismiss": marks})
    assert response.headers["location"] == "/help"
    assert "main is stopped" not in page_of(await browse.get("/help")).text
    desk.archives.views = [archive(state="down")]
    assert "main does not answer" in page_of(await browse.get("/help")).text


async def test_an_echo_waits_for_its_answer_and_shows_it(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.archives.views = [archive("old one")]
    response = await browse.post("/pacs/old%20one/echo")
    assert response.headers["location"] == "/pacs?echoed=old+one"
    assert page_of(await browse.get("/pacs?echoed=old+one")).all("p", role="status")
    response = await browse.post("/pacs/old%20one/echo", data={"back": "1"})
    assert response.headers["location"] == "/pacs/old%20one?done=echo"


ORDERS = ("/pacs/main/stop", "/pacs/main/start", "/pacs/main/probe", "/pacs/main/load", "/pacs/main/load/configured")


async def test_who_is_no_administrator_sees_everything_and_changes_nothing(limited: ShownDesk):
    limited.rights = Rights(["ada"])
    limited.archives.views = [
        replace(archive(load=HeldLimits(LIMITS, is_configured=False, changed_at=NOW)), probing=Probing(profile=PROFILE))
    ]
    async with browser_of(limited, user="bob") as browse:
        every, one = page_of(await browse.get("/pacs")), page_of(await browse.get("/pacs/main"))
        assert "/pacs/main/stop" not in every.hrefs() + one.hrefs()
        assert "Only administrators may change this." in one.text
        assert "200 answers" in one.text
        assert one.all("fieldset", class_="limits")[0].get("disabled") == ""
        assert not one.all("form", action="/pacs/main/probe")
        assert [button["form"] for button in one.all("button") if "form" in button] == []
        for address in ORDERS:
            response = await browse.post(address, data={"associations": "9", "hours": ["1"]})
            assert response.status_code == 403
            assert "Not allowed" in page_of(response).text
        assert (await browse.get("/pacs/main/stop")).status_code == 403
        assert (await browse.post("/pacs/main/echo")).status_code == 303
    assert limited.archives.orders == [("echo", "main")]

    async with browser_of(limited, user="ada") as browse:
        assert "/pacs/main/stop" in page_of(await browse.get("/pacs/main")).hrefs()
        assert (await browse.post("/pacs/main/stop")).status_code == 303


@pytest.mark.parametrize("address", ["/pacs/nowhere", "/pacs/nowhere/stop", "/pacs/main/burn"])
async def test_a_pacs_nobody_knows_is_a_page_that_says_so(browse: httpx.AsyncClient, address: str):
    response = await browse.get(address)
    assert response.status_code in {404, 422}
    assert "To the search" in page_of(response).text
