"""The pages of questions who is behind a pseudonym: who sees what, in every state, and the answer once."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import get_args
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from radquarry.api.delivery_tables import reidentifications
from radquarry.api.pages.wording import catalogue
from radquarry.api.reidentification_views import Stand
from tests.api.gateway import Gateway, a_gateway
from tests.api.pages.reading import Page, page_of
from tests.api.second_person import REASON, WHO, Resolver, answered, asked, decided_until, delivered, state_is
from tests.api.stories import NOON, SECRET

PAGES = "/reidentifications"
HTML = {"Accept": "text/html"}


async def got(four: Gateway, path: str, user: str, status: int = 200) -> Page:
    answer = await four.client.get(path, auth=WHO[user], headers=HTML)
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return page_of(answer)


async def sent(four: Gateway, path: str, user: str, **fields: str) -> httpx.Response:
    return await four.client.post(path, data=fields, auth=WHO[user], headers=HTML)


async def test_a_question_goes_its_way_and_the_answer_is_shown_once(
    four: Gateway, resolver: Resolver, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery = await delivered(four, mapping=True)
    form = page_of(await four.client.get(f"{PAGES}/new?delivery={delivery}", auth=WHO["bob"]))
    assert [box["value"] for box in form.all("option") if "selected" in box] == [delivery]
    typed = {"delivery": delivery, "pseudonyms": "P-1\nP-2\nP-1\n", "reason": REASON, "key": "k1"}
    one = (await sent(four, PAGES, "bob", **typed)).headers["location"]
    assert (await sent(four, PAGES, "bob", **typed)).headers["location"] == one

    own, other = await got(four, one, "bob"), await got(four, one, "ada")
    assert "so somebody else decides" in own.text
    assert f"{one}/approve" not in {form["action"] for form in own.all("form")}
    assert "bob sees the originals once" in other.text
    assert "Who is behind 2 pseudonyms" in other.text
    assert REASON in other.text

    assert (await sent(four, f"{one}/approve", "ada")).status_code == 303
    await state_is(four, one.rpartition("/")[2], "answered")
    assert f"{one}/answer" in {form["action"] for form in (await got(four, one, "bob")).all("form")}
    assert f"{one}/answer" not in {form["action"] for form in (await got(four, one, "ada")).all("form")}
    answer = await sent(four, f"{one}/answer", "bob")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert page_of(answer).text.count(SECRET) == 2
    again = await sent(four, f"{one}/answer", "bob")
    assert (again.status_code, SECRET in again.text) == (410, False)
    assert "You have fetched the answer" in page_of(again).text

    assert resolver.lying() == []
    log = capsys.readouterr().out
    assert "reidentification answer fetched" in log
    assert not any(word in log for word in (SECRET, "P-1", REASON))


async def test_a_table_of_the_answer_begins_no_formula(four: Gateway, resolver: Resolver) -> None:
    resolver.original = "=HYPERLINK(1)"
    one = f"{PAGES}/{await answered(four, 'bob')}"

    table = await sent(four, f"{one}/answer.csv", "bob")

    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert rows == [
        ["pseudonym", "attribute", "original"],
        *([p, "PatientName", "'=HYPERLINK(1)"] for p in ("P-1", "P-2")),
    ]
    assert table.headers["cache-control"] == "no-store"
    assert table.headers["content-disposition"].startswith("attachment")
    assert (await sent(four, f"{one}/answer.csv", "bob")).status_code == 410


async def test_what_strangers_wrote_is_shown_as_text(four: Gateway, resolver: Resolver) -> None:
    resolver.original = "<script>alert(1)</script>"
    one = f"{PAGES}/{await answered(four, 'bob')}"

    answer = page_of(await sent(four, f"{one}/answer", "bob"))

    assert "<script>alert(1)</script>" in answer.text
    assert answer.all("script") == []


@pytest.mark.parametrize("user", ["ada", "eve", "joe"])
async def test_nobody_else_gets_an_answer(four: Gateway, user: str) -> None:
    one = f"{PAGES}/{await answered(four, 'bob')}"

    answer = await sent(four, f"{one}/answer", user)

    assert (answer.status_code, SECRET in answer.text) == (403, False)
    assert "answer ready" in (await got(four, one, "bob")).text


async def test_no_page_gives_an_answer_that_nobody_approved(four: Gateway) -> None:
    one = f"{PAGES}/{(await asked(four, 'bob')).json()['id']}"

    answer = await sent(four, f"{one}/answer", "bob")

    assert answer.status_code == 409
    assert "the question is requested" in page_of(answer).text


@pytest.mark.parametrize(("asks", "decides"), [("ada", "ada"), ("ada", "Ada"), ("bob", "bob"), ("bob", "joe")])
@pytest.mark.parametrize("what", ["approve", "refuse"])
async def test_who_asked_and_who_may_not_decides_nothing(four: Gateway, asks: str, decides: str, what: str) -> None:
    one = (await asked(four, asks)).json()["id"]

    answer = await sent(four, f"{PAGES}/{one}/{what}", decides, reason=REASON)

    assert answer.status_code == 403
    await state_is(four, one, "requested")


async def test_a_refusal_needs_a_reason_which_whoever_asked_reads(four: Gateway) -> None:
    one = f"{PAGES}/{(await asked(four, 'bob')).json()['id']}"

    short = await sent(four, f"{one}/refuse", "ada", reason="no <b>")
    assert short.status_code == 422
    assert "A reason has 10 to 2000 characters." in page_of(short).text
    assert "no <b>" in page_of(short).text
    assert (await sent(four, f"{one}/refuse", "ada", reason="The patient knows already")).status_code == 303

    page = await got(four, one, "bob")
    assert "ada refused on" in page.text
    assert "The patient knows already" in page.text
    assert f"{one}/approve" not in {form["action"] for form in (await got(four, one, "eve")).all("form")}


async def test_what_failed_and_what_expired_is_said_in_words(four: Gateway, resolver: Resolver) -> None:
    resolver.problem = "no mapping was kept of this delivery in this project"
    failed = (await asked(four, "bob")).json()["id"]
    await four.client.post(f"/api/v1{PAGES}/{failed}/approve", auth=WHO["ada"])
    await state_is(four, failed, "failed")
    assert resolver.problem in (await got(four, f"{PAGES}/{failed}", "bob")).text

    resolver.problem = ""
    late = await answered(four, "bob")
    async with four.state.reading() as connection:
        row = (
            await connection.execute(
                reidentifications.select().where(reidentifications.c.reidentification_id == UUID(late))
            )
        ).one()
    async with four.state.writing() as connection:
        old = update(reidentifications).where(reidentifications.c.reidentification_id == UUID(late))
        await connection.execute(old.values(approved_at=row.approved_at - timedelta(hours=25)))

    page = await got(four, f"{PAGES}/{late}", "bob")
    assert "was not fetched within a day of the approval" in page.text
    assert (await sent(four, f"{PAGES}/{late}/answer", "bob")).status_code == 410


async def test_a_question_says_until_when_it_waits_and_then_that_nobody_decided(four: Gateway) -> None:
    one = (await asked(four, "bob")).json()["id"]
    assert "Without a decision it lapses on" in (await got(four, f"{PAGES}/{one}", "bob")).text
    assert "1 question about pseudonyms waits" in (await got(four, "/help", "ada")).text

    await decided_until(four, one, NOON)

    assert "Nobody decided in time: nothing was resolved. Ask again" in (await got(four, f"{PAGES}/{one}", "bob")).text
    assert f"{PAGES}/{one}/approve" not in {
        form["action"] for form in (await got(four, f"{PAGES}/{one}", "ada")).all("form")
    }
    assert "waits for your decision" not in (await got(four, "/help", "ada")).text
    late = await sent(four, f"{PAGES}/{one}/approve", "ada")
    assert late.status_code == 409


async def test_questions_are_listed_for_whom_they_concern(four: Gateway) -> None:
    one = f"{PAGES}/{(await asked(four, 'bob')).json()['id']}"

    seen = {name: await got(four, PAGES, name) for name in WHO}

    assert {name: one in page.hrefs() for name, page in seen.items()} == {
        "ada": True, "Ada": True, "eve": True, "bob": True, "joe": False,
    }  # fmt: skip
    assert "You have asked nothing yet" in seen["joe"].text
    assert f"{PAGES}?which=all" in seen["ada"].hrefs()
    assert f"{PAGES}?which=all" not in seen["bob"].hrefs()
    assert "1 question about pseudonyms waits for your decision" in (await got(four, "/help", "ada")).text
    assert "waits for your decision" not in (await got(four, "/help", "bob")).text
    await got(four, one, "joe", 403)


async def test_what_does_not_fit_is_said_above_what_was_typed(four: Gateway) -> None:
    delivery = await delivered(four, mapping=True)
    for change, why in (
        ({"pseudonyms": ""}, "Name at least one pseudonym"),
        ({"delivery": ""}, "Choose the delivery"),
        ({"reason": "so"}, "A reason has 10 to 2000 characters"),
    ):
        typed = {"delivery": delivery, "pseudonyms": "P-1", "reason": REASON, "key": "k"} | change
        answer = await sent(four, PAGES, "bob", **typed)
        assert answer.status_code == 422
        assert why in page_of(answer).text
        assert typed["pseudonyms"] in page_of(answer).text


async def test_a_file_holds_pseudonyms_too(four: Gateway) -> None:
    delivery = await delivered(four, mapping=True)
    form = {"delivery": delivery, "pseudonyms": "", "reason": REASON, "key": "k"}
    table = {"file": ("who.csv", b"name;Pseudonym\nx;P-7\ny;P-8\n")}

    answer = await four.client.post(PAGES, data=form, files=table, auth=WHO["bob"], headers=HTML)

    assert "P-8" in (await got(four, answer.headers["location"], "bob")).text


async def test_only_deliveries_that_kept_a_table_can_be_asked_about(four: Gateway) -> None:
    delivery = await delivered(four)

    assert "There is nothing to ask about" in (await got(four, f"{PAGES}/new?delivery={delivery}", "bob")).text
    assert f"{PAGES}/new?delivery={delivery}" not in (await got(four, f"/deliveries/{delivery}", "bob")).hrefs()


async def test_where_nobody_signs_in_there_is_no_such_area(tmp_path: Path) -> None:
    async with a_gateway(tmp_path) as open_to_all:
        assert PAGES not in page_of(await open_to_all.client.get("/help")).hrefs()
        for path in (PAGES, f"{PAGES}/new"):
            answer = await open_to_all.client.get(path, headers=HTML)
            assert answer.status_code == 403
            assert "configure api.authentication" in page_of(answer).text


def test_every_state_has_its_words() -> None:
    for state in get_args(Stand):
        assert {f"reid_state.{state}{more}" for more in ("", ".means", ".means_own")} <= set(catalogue())
