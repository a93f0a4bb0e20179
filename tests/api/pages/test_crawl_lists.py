"""Crawls by lists, queries and a RIS are ordered on the pages: their forms, and the list before it is ordered."""

import io
from datetime import date
from uuid import UUID

import httpx
import pytest
from openpyxl import Workbook

from radquarry.api.crawl_order import CrawlOrder
from radquarry.api.listers import Lister
from radquarry.messages import Row
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk

ONE = UUID(int=1)
LISTING = {"reports": Lister(("start_date", "procedure")), "other": Lister(("ward",))}


async def brought(browse: httpx.AsyncClient, text: str = "", file: bytes = b"", **typed: str) -> httpx.Response:
    fields = {"pacs": "main", "text": text, **typed}
    parts = {name: (None, value) for name, value in fields.items()}
    return await browse.post("/crawls/lists", files={**parts, "file": ("list.csv" if file else "", file)})


async def test_every_way_to_ask_has_its_form_at_its_own_address(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.crawls.listing = LISTING
    fields = {
        "dates": {"start_date", "end_date", "study_description", "institution_name"},
        "rows": {"file", "text", "single"},
        "queries": {"queries"},
        "ris": {"ris", "filter.start_date", "filter.procedure"},
    }
    for way, named in fields.items():
        page = page_of(await browse.get(f"/crawls?way={way}&pacs=main"))
        assert f"/crawls?way={way}&pacs=main" in page.hrefs()
        assert page.all("a", href=f"/crawls?way={way}&pacs=main", aria_current="page")
        found = {each.get("name") for tag in ("input", "textarea", "select") for each in page.all(tag)}
        assert named <= found
        assert {"pacs", "modalities", "key"} <= found
    assert page_of(await browse.get("/crawls?way=nonsense")).all("input", name="start_date")


async def test_days_narrowed_by_words_become_an_order(desk: ShownDesk, browse: httpx.AsyncClient):
    typed = {
        "pacs": "main",
        "start_date": "2024-01-01",
        "study_description": " *thorax* ",
        "institution_name": "Spital",
    }

    response = await browse.post("/crawls", data=typed | {"way": "dates"})

    assert response.status_code == 303
    day = date(2024, 1, 1)
    assert desk.crawls.orders[0][0] == CrawlOrder(
        "main", day, day, study_description="*thorax*", institution_name="Spital"
    )


async def test_a_paste_is_shown_as_it_was_understood_and_then_ordered_once(desk: ShownDesk, browse: httpx.AsyncClient):
    text = "Auftragsnummer;Patienten-ID;Datum;Bemerkung\r\n0017;P1;04.03.2024;x\r\n18;P2;;\r\n"
    response = await brought(browse, text, modalities="ct")
    assert (response.status_code, response.headers["location"]) == (303, f"/crawls/lists/{ONE}")

    page = page_of(await browse.get(f"/crawls/lists/{ONE}"))
    assert "main: List of 2 rows" in page.text
    assert "Text · columns cut at semicolon · utf-8 · CT" in page.text
    assert "Auftragsnummer Accession number" in page.text
    assert "Bemerkung left out" in page.text
    assert "1 0017 P1 04 Mar 2024" in page.text
    assert desk.crawls.orders == []

    for _ in range(2):
        ordered = await browse.post(f"/crawls/lists/{ONE}")
        assert (ordered.status_code, ordered.headers["location"]) == (303, f"/crawls/{ONE}")
    rows = (
        Row(number=1, accession_number="0017", patient_id="P1", study_date=date(2024, 3, 4)),
        Row(number=2, accession_number="18", patient_id="P2"),
    )
    assert [order for order, _ in desk.crawls.orders] == [CrawlOrder("main", modalities=("CT",), rows=rows)]


async def test_what_is_doubtful_in_a_workbook_is_said(browse: httpx.AsyncClient):
    book = Workbook()
    for line in (["Accession", "Date"], [17, "soon"], ["1.2E+11", ""], ["A" * 70, ""], [1234567890123456789, ""]):
        book.active.append(line)
    book.create_sheet("more")
    content = io.BytesIO()
    book.save(content)
    await brought(browse, file=content.getvalue())

    text = page_of(await browse.get(f"/crawls/lists/{ONE}")).text

    assert "Excel · sheet Sheet" in text
    assert "Column Accession: 2 cells were numbers." in text
    assert "1 value is written like 1.2E+11" in text
    assert "1 number has more digits than a spreadsheet keeps" in text
    assert "1 value is longer than any identifier" in text
    assert "1 row has no number to look up" in text
    assert "1 date could not be read" in text
    assert "only “Sheet” was read" in text
    german = page_of(await browse.get(f"/crawls/lists/{ONE}", headers={"Accept-Language": "de"})).text
    assert "Spalte Accession: 2 Zellen waren Zahlen." in german


@pytest.mark.parametrize(
    ("text", "file", "typed", "reason"),
    [
        ("", b"", {}, "Paste the list, or choose a file"),
        ("A1", b"A2", {}, "give one of them"),
        ("Name,Ward\na,b", b"", {}, "The first line holds no heading that is understood."),
        ("A1", b"", {"pacs": "mian"}, "Did you mean 'main'?"),
        ("A1", b"", {"modalities": "C/T"}, "Modalities are DICOM's short terms"),
    ],
)
async def test_a_list_that_does_not_fit_comes_back(browse: httpx.AsyncClient, text, file, typed, reason: str):
    response = await brought(browse, text, file, **typed)

    assert response.status_code == 422
    page = page_of(response)
    assert reason in page.text
    assert page.all("form", action="/crawls/lists", enctype="multipart/form-data")
    assert page.all("textarea", name="text")
    assert text.splitlines()[0] in page.text if text else True


async def test_a_list_is_nobody_else_s(desk: ShownDesk, browse: httpx.AsyncClient):
    await brought(browse, "A1\nA2")
    draft, _ = desk.crawls.drafts.kept[ONE]
    desk.crawls.drafts.kept[ONE] = draft, "m.keller"

    assert (await browse.get(f"/crawls/lists/{ONE}")).status_code == 404
    assert (await browse.post(f"/crawls/lists/{ONE}")).status_code == 404
    assert desk.crawls.orders == []


async def test_queries_are_read_as_they_are_written(desk: ShownDesk, browse: httpx.AsyncClient):
    typed = {"way": "queries", "pacs": "main", "queries": '{"PatientID": "4711", "StudyDate": null}'}

    assert (await browse.post("/crawls", data=typed)).status_code == 303

    assert desk.crawls.orders[0][0].queries == ({"PatientID": "4711", "StudyDate": ""},)


@pytest.mark.parametrize(
    ("queries", "reason"),
    [
        ("", "Queries are a list of objects"),
        ("[]", "Queries are a list of objects"),
        ('[{"PatientID": "1"},\n {"PatientID" "2"}]', "Line 2, column 15: this is no JSON."),
        ("[17]", "Query 1 is no object."),
        ('[{"StudyDate": 20240101}]', 'Query 1: every value is text in "quotation marks"'),
        ('[{"Patient ID": "1"}]', "a key is no DICOM keyword"),
        ("[" * 100_000, "Queries are a list of objects"),
    ],
)
async def test_queries_that_cannot_be_read_come_back(browse: httpx.AsyncClient, queries: str, reason: str):
    response = await browse.post("/crawls", data={"way": "queries", "pacs": "main", "queries": queries})

    assert response.status_code == 422
    assert reason in page_of(response).text
    assert page_of(response).all("textarea", name="queries")


async def test_a_ris_is_asked_with_the_parameters_of_its_query(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.crawls.listing = LISTING
    page = page_of(await browse.get("/crawls?way=ris"))
    assert page.all("input", name="filter.start_date", type="date")
    assert "/crawls?way=ris&ris=other" in page.hrefs()
    assert page_of(await browse.get("/crawls?way=ris&ris=other")).all("input", name="filter.ward")

    typed = {"way": "ris", "pacs": "main", "ris": "reports", "filter.start_date": "2024-01-01"}
    lacking = await browse.post("/crawls", data=typed)
    assert lacking.status_code == 422
    assert "ris_filter lacks procedure." in page_of(lacking).text
    assert page_of(lacking).all("input", name="filter.start_date", value="2024-01-01")

    assert (await browse.post("/crawls", data=typed | {"filter.procedure": "CT"})).status_code == 303
    assert desk.crawls.orders[0][0].ris_filter == {"start_date": "2024-01-01", "procedure": "CT"}


async def test_without_a_ris_that_lists_the_page_says_what_to_configure(browse: httpx.AsyncClient):
    page = page_of(await browse.get("/crawls?way=ris"))

    assert "No RIS here can give lists." in page.text
    assert not page.all("button", class_="primary")
