"""The study page, and reports that mean harm."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from radquarry.api.study_changes import ChangeView
from radquarry.index.document import GonePart
from radquarry.index.embedded import TantivyIndex
from radquarry.messages import Change
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk
from tests.doubles.written_studies import CHEST, KNEE, PRIOR, THEN, report_part, study_part


async def test_report_series_and_other_studies_are_on_one_page(browse: httpx.AsyncClient):
    page = page_of(await browse.get(f"/studies/{CHEST}"))
    assert "CT Thorax Patient Keller, Anna Patient ID 4711 Born 01 Jul 1963 Accession number A1" in page.text
    assert "Linked by the same accession number" in page.text
    assert "2 CT Lunge 1 mm CHEST 120 not here" in page.text
    assert page.all("h3") == [{}, {}]
    assert f"/studies/{PRIOR}" in page.hrefs()
    assert f"/studies/{KNEE}" not in page.hrefs()


async def test_the_words_that_were_searched_for_are_marked_in_the_report(browse: httpx.AsyncClient):
    response = await browse.get(f"/studies/{CHEST}", params={"q": "pneumothorax"})
    assert "Small left <mark>pneumothorax</mark>. No effusion." in response.text


@pytest.mark.parametrize("q", ["(", '"', "a:b", "x" * 5000, "\x00"])
async def test_a_query_that_cannot_be_read_marks_nothing(browse: httpx.AsyncClient, q: str):
    response = await browse.get(f"/studies/{CHEST}", params={"q": q})
    assert response.status_code == 200
    assert "<mark>" not in response.text


async def test_what_is_here_is_told_for_each_series(desk: ShownDesk):
    desk.retrievals.here = {CHEST: {f"{CHEST}.1": 120}}
    async with browser_of(desk) as browse:
        page = page_of(await browse.get(f"/studies/{CHEST}"))
    assert "all 120 here" in page.text
    assert "Retrieve again" in page.text


async def test_a_study_without_a_report_says_why(browse: httpx.AsyncClient):
    page = page_of(await browse.get(f"/studies/{KNEE}"))
    assert "The RIS has no report of this study yet. It is asked again. no report under this number" in page.text
    assert "This is the only study we know of this person." in page.text


async def test_a_report_whose_study_is_not_known_yet_is_shown(index: TantivyIndex):
    await index.merge([report_part("1.2.9", "Findings: none.")])
    async with browser_of(ShownDesk(index)) as browse:
        page = page_of(await browse.get("/studies/1.2.9"))
    assert "(no description)" in page.text
    assert "Findings none." in page.text


async def test_an_unknown_study_is_a_page_that_says_so(browse: httpx.AsyncClient):
    response = await browse.get("/studies/1.2.3.999")
    assert response.status_code == 404
    assert "There is nothing here" in page_of(response).text


async def shown(index: TantivyIndex, text: str, **changes) -> tuple[httpx.Response, httpx.Response]:
    """The study page and the search page with this report."""
    await index.merge([study_part("1.2.7", **changes), report_part("1.2.7", text)])
    async with browser_of(ShownDesk(index)) as browse:
        return await browse.get("/studies/1.2.7"), await browse.get("/", params={"q": "needle"})


async def test_markup_in_a_report_is_text(index: TantivyIndex):
    hostile = '</p><script>alert("needle")</script><img src=x onerror=alert(1)> {{ 7*7 }} needle'
    names = {"study_description": "<b onclick=x>needle</b>", "patient_name": '"><svg/onload=1>^x'}
    for response in await shown(index, hostile, **names):
        page = page_of(response)
        assert not page.all("img")
        assert not page.all("b", onclick="x")
        assert all(script.get("src", "").startswith("/static/") for script in page.all("script"))
        assert "49" not in page.text.replace("4 9", "")
        assert '<script>alert("needle")</script>' in page.text


async def test_characters_that_hide_or_turn_text_are_shown(index: TantivyIndex):
    for response in await shown(index, "needle \x00\x1b[31m \u202egnirts\u202c \u2066x \ufeff שלום \u200f"):
        assert not set(response.text) & set("\x00\x1b\u202e\u202c\u2066\ufeff")
        assert "\ufffd" in response.text
        assert "שלום" in response.text


async def test_a_word_without_end_does_not_fill_the_page(index: TantivyIndex):
    study, search = await shown(index, "needle " + "W" * 300_000)
    assert len(study.content) < 150_000
    assert len(search.content) < 150_000


async def test_a_huge_report_is_cut_with_a_way_to_all_of_it(index: TantivyIndex):
    text = "needle in a haystack. " * 240_000
    study, search = await shown(index, text)
    assert len(text) > 5_000_000
    assert len(study.content) < 150_000
    assert len(search.content) < 150_000
    assert "only its beginning is shown" in page_of(study).text
    async with browser_of(ShownDesk(index)) as browse:
        whole = await browse.get("/studies/1.2.7/report.txt")
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.text == text


@pytest.mark.parametrize("text", ["", "\n\n\n", ":", "A:\nB:\nC:", "x:" * 40_000, "\n".join(["Befund: gut"] * 9000)])
async def test_a_report_of_any_shape_is_shown(index: TantivyIndex, text: str):
    study, _ = await shown(index, text)
    assert study.status_code == 200


async def test_a_study_that_is_gone_is_kept_and_told_in_hits_too(index: TantivyIndex):
    gone = GonePart(study_instance_uid=CHEST, pacs="main", gone_at=THEN + timedelta(days=30))
    await index.merge([study_part(CHEST), gone])
    async with browser_of(ShownDesk(index)) as browse:
        page, hits = page_of(await browse.get(f"/studies/{CHEST}")), page_of(await browse.get("/"))
    assert "No longer in main: on 05 Apr 2024 14:00 its day was listed completely without it." in page.text
    assert "Keller, Anna" in page.text
    assert "No longer in the PACS; what was known of it is kept." in hits.text


def a_change(kind: Change, days: int, **former: object) -> ChangeView:
    return ChangeView(kind, THEN + timedelta(days=days), "main", UUID(int=7), study_part(CHEST, **former).study)


async def test_former_states_are_told_beside_what_came_after_them(desk: ShownDesk, browse: httpx.AsyncClient):
    """The newest is compared with what is known now, an older one with the one that came after it."""
    before = {"patient_id": "0815", "accession_number": "OLD1"}
    fewer = {"number_of_study_related_instances": 80, "series": ()}
    desk.changes.known[CHEST] = (
        a_change("merged-patient", 30, **before),
        a_change("re-identified", 30, **before),
        a_change("late-series", 7, **before, **fewer),
    )
    page = page_of(await browse.get(f"/studies/{CHEST}"))
    assert "It belongs to another patient ID. Accession number, name or birth date changed." in page.text
    assert "Patient ID 0815 4711 Accession number OLD1 A1" in page.text
    assert "Series or images were added or exchanged." in page.text
    assert "Images 80 120 Series that came: CT Lunge 1 mm" in page.text
    assert page.text.count("The study as it was known before") == 2
    assert f"/crawls/{UUID(int=7)}" in page.hrefs()


async def test_a_tombstone_and_a_return_are_told(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.changes.known[CHEST] = (a_change("returned", 9, patient_name="Keller^A"), a_change("gone", 8))
    page = page_of(await browse.get(f"/studies/{CHEST}"))
    assert "It is in main again." in page.text
    assert "Patient Keller, A Keller, Anna" in page.text
    assert "main no longer has it." in page.text


async def test_a_study_that_never_changed_says_nothing_of_it(browse: httpx.AsyncClient):
    assert "What became different" not in page_of(await browse.get(f"/studies/{CHEST}")).text
