"""Crawls by lists, queries and a RIS over HTTP: their orders, their rows, and how they go on."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from radquarry.api.rest.tables import FORMULA
from radquarry.api.rest.workbooks import MEDIA_TYPE
from radquarry.messages import (
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    CrawlResumed,
    Message,
    PortionClosed,
    ResumeCrawl,
    Row,
    RowResult,
    RowsListed,
)
from tests.api.gateway import CRAWL, Gateway, a_gateway, a_problem, becomes
from tests.api.stories import uid

NUMBERS = ["A0", "A1", "A2", "=1+1", "A4"]


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as opened:
        yield opened


async def ordered(gateway: Gateway, **order: Any) -> CrawlRequested:
    """The order as it went out."""
    answer = await gateway.post("/crawls", {"pacs": "main", **order})
    assert answer.status_code == 202, answer.text
    (message,) = gateway.bus.orders(CrawlRequested)
    assert answer.json() == {"id": str(message.crawl_id)}
    return message


async def test_days_can_be_narrowed_to_descriptions_and_an_institution(gateway: Gateway) -> None:
    order = await ordered(
        gateway, **CRAWL, modalities=["ct"], study_description=" *thorax* ", institution_name="Musterspital"
    )

    assert (order.study_description, order.institution_name, order.modalities) == ("*thorax*", "Musterspital", ("CT",))
    shown = await gateway.get(f"/crawls/{order.crawl_id}")
    assert (shown["way"], shown["study_description"]) == ("dates", "*thorax*")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ("accession_numbers", "accession_number"),
        ("study_instance_uids", "study_instance_uid"),
        ("patient_ids", "patient_id"),
    ],
)
async def test_a_list_of_numbers_becomes_numbered_rows(gateway: Gateway, form: str, field: str) -> None:
    order = await ordered(gateway, **{form: [" 0017 ", "18"]}, modalities=["ct"])

    assert [(row.number, getattr(row, field)) for row in order.rows] == [(1, "0017"), (2, "18")]
    assert (order.start_date, order.modalities) == (None, ("CT",))


async def test_rows_keep_everything_they_know(gateway: Gateway) -> None:
    wanted = {"accession_number": "A1", "patient_id": "P1", "study_date": "2024-03-04", "modality": "ct"}

    order = await ordered(gateway, rows=[wanted, {"study_instance_uid": uid(1)}])

    first = Row(number=1, accession_number="A1", patient_id="P1", study_date=date(2024, 3, 4), modality="CT")
    assert order.rows == (first, Row(number=2, study_instance_uid=uid(1)))
    shown = await gateway.get(f"/crawls/{order.crawl_id}/rows")
    assert shown["items"][0] == shown["items"][0] | {**wanted, "modality": "CT", "number": 1, "is_answered": False}


async def test_queries_go_out_as_they_are(gateway: Gateway) -> None:
    query = {"QueryRetrieveLevel": "SERIES", "StudyDate": "20240101-", "Modality": "*", "SeriesDescription": None}

    order = await ordered(gateway, queries=[query])

    assert order.queries == ({**query, "SeriesDescription": ""},)
    page = await gateway.get(f"/crawls/{order.crawl_id}/rows")
    assert page["items"][0]["query"]["StudyDate"] == "20240101-"


async def test_a_ris_that_gives_lists_is_asked_with_its_filter(gateway: Gateway) -> None:
    chosen = {"start_date": "2024-01-01", "procedure": "CT Thorax"}

    order = await ordered(gateway, ris="reports", ris_filter=chosen)

    assert (order.ris, order.ris_filter, order.rows) == ("reports", chosen, ())
    assert (await gateway.get(f"/crawls/{order.crawl_id}"))["ris_filter"] == chosen


WRONG: list[Any] = [
    ({**CRAWL, "accession_numbers": ["A1"]}, "this one names days and accession_numbers"),
    ({"accession_numbers": ["A1"], "patient_ids": ["P1"]}, "accession_numbers and patient_ids"),
    ({"queries": [{"PatientID": "1"}], "ris": "reports"}, "queries and ris"),
    ({"accession_numbers": []}, "accession_numbers is empty"),
    ({"rows": []}, "rows is empty"),
    ({"queries": []}, "queries is empty"),
    ({"queries": [{}]}, "Query 1: it is empty"),
    ({"queries": [{"Patient ID": "1"}]}, "no DICOM keyword"),
    ({"queries": [{"PatientID": "1"}, {"QueryRetrieveLevel": "CASE"}]}, "Query 2: QueryRetrieveLevel"),
    ({"queries": [{"PatientID": 17}]}, "body.queries.0.PatientID"),
    ({"accession_numbers": [17]}, "body.accession_numbers.0"),
    ({"accession_numbers": ["A" * 65]}, "Row 1: accession_number has more than 64"),
    ({"accession_numbers": ["A1", "A*"]}, "Row 2: its accession number holds a wildcard"),
    ({**CRAWL, "study_description": "CT\\MR"}, "study_description has at most 64 characters, no backslash"),
    ({"rows": [{"accession_numbre": "A1"}]}, "accession_numbre"),
    ({"rows": [{"accession_number": "A1", "study_date": "04.03.2024"}]}, "study_date"),
    ({"accession_numbers": ["A1"], "study_description": "CT"}, "study_description: only with days"),
    ({"ris_filter": {"procedure": "CT"}}, "ris_filter: only with ris"),
    ({"ris": "main"}, "Those that can: reports."),
    ({"ris": "texts"}, "Those that can: reports."),
    ({"ris": "reports", "ris_filter": {"procedure": "CT"}}, "lacks start_date"),
    ({"ris": "reports", "ris_filter": {"procedure": "CT", "start_date": "soon"}}, "start_date is a date such as"),
    ({"ris": "reports", "ris_filter": {"procedure": "CT", "start_date": "2024-01-01", "x": ""}}, "does not ask for"),
    ({"accession_numbers": ["A1"], "pacs": "mian"}, "'main'"),
]


async def test_what_is_in_no_way_or_in_two_is_refused_in_a_sentence(gateway: Gateway) -> None:
    for body, words in WRONG:
        document = a_problem(await gateway.post("/crawls", {"pacs": "main", **body}), 422)

        assert words in document["detail"]
        assert gateway.bus.orders(CrawlRequested) == []


async def test_a_list_beyond_a_message_is_refused(gateway: Gateway) -> None:
    answer = await gateway.post("/crawls", {"pacs": "main", "accession_numbers": ["A"] * 50_001})

    assert "at most 50000 rows" in a_problem(answer, 422)["detail"]


async def test_a_repeated_key_makes_no_second_order_by_a_list(gateway: Gateway) -> None:
    body = {"pacs": "main", "accession_numbers": NUMBERS}
    first, second = [await gateway.post("/crawls", body, **{"Idempotency-Key": "list-1"}) for _ in range(2)]

    assert first.json() == second.json()
    assert len(gateway.bus.orders(CrawlRequested)) == 1
    other = {"pacs": "main", "accession_numbers": [*NUMBERS, "A5"]}
    a_problem(await gateway.post("/crawls", other, **{"Idempotency-Key": "list-1"}), 422, "key-reused")


def answered(order: CrawlRequested) -> PortionClosed:
    """What a finder says about `NUMBERS`: one of each kind, the last row unanswered."""
    results = (
        RowResult(number=1, link="exact", studies=1, study_instance_uids=(uid(1),)),
        RowResult(number=2, link="several", studies=2, study_instance_uids=(uid(2), uid(3)), problem="one number, …"),
        RowResult(number=3, link="none", problem="-not found in the PACS"),
        RowResult(number=4, link="none", problem="the PACS cut its answer", is_gap=True),
    )
    about = {"crawl_id": order.crawl_id, "pacs": "main", "portion": 0, "results": results, "studies": 3, "queries": 9}
    return PortionClosed.after(order, **about)


async def a_crawl_with_results(gateway: Gateway) -> str:
    order = await ordered(gateway, accession_numbers=NUMBERS)
    await gateway.bus.publish(CrawlPlanned.after(order, crawl_id=order.crawl_id, windows=2), answered(order))

    async def answered_rows() -> int:
        return int((await gateway.get(f"/crawls/{order.crawl_id}"))["rows"]["answered"])

    await becomes(answered_rows, 4)
    return str(order.crawl_id)


async def test_every_row_has_one_result_and_the_crawl_counts_them(gateway: Gateway) -> None:
    crawl_id = await a_crawl_with_results(gateway)

    shown = await gateway.get(f"/crawls/{crawl_id}")
    assert shown["way"] == "rows"
    assert shown["windows"] == {"planned": 2, "closed": 1, "gaps": 1}
    assert shown["rows"] == {
        "total": 5, "answered": 4, "open": 1, "found": 2, "problem": 3, "gap": 1,
        "links": {"exact": 1, "several": 1, "none": 2},
    }  # fmt: skip
    page = await gateway.get(f"/crawls/{crawl_id}/rows")
    assert [row["number"] for row in page["items"]] == [1, 2, 3, 4, 5]
    assert page["items"][1] == page["items"][1] | {"link": "several", "study_instance_uids": [uid(2), uid(3)]}
    assert [row["is_answered"] for row in page["items"]] == [True] * 4 + [False]


SHOWN = {
    "": [1, 2, 3, 4, 5], "exact": [1], "several": [2], "none": [3, 4], "found": [1, 2], "problem": [2, 3, 4],
    "gap": [4], "open": [5], "conflict": [],
}  # fmt: skip


async def test_rows_are_filtered_by_what_became_of_them(gateway: Gateway) -> None:
    crawl_id = await a_crawl_with_results(gateway)

    for show, numbers in SHOWN.items():
        page = await gateway.get(f"/crawls/{crawl_id}/rows", show=show)

        assert [row["number"] for row in page["items"]] == numbers, show


async def test_rows_page_by_cursor_and_wrong_questions_are_refused(gateway: Gateway) -> None:
    path = f"/crawls/{await a_crawl_with_results(gateway)}/rows"
    seen, after = [], None
    while True:
        page = await gateway.get(path, limit=2, **({"after": after} if after else {}))
        seen += [row["number"] for row in page["items"]]
        if (after := page["after"]) is None:
            break

    assert seen == [1, 2, 3, 4, 5]
    for query in ("after=x", "show=maybe", "limit=0", "format=docx"):
        a_problem(await gateway.client.get(f"/api/v1{path}?{query}"), 422)
    a_problem(await gateway.client.get(f"/api/v1/crawls/{uuid4()}/rows"), 404, "unknown-crawl")


async def test_the_rows_leave_as_a_table_that_runs_no_formula(gateway: Gateway) -> None:
    crawl_id = await a_crawl_with_results(gateway)

    answer = await gateway.client.get(f"/api/v1/crawls/{crawl_id}/rows?format=csv")

    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 6
    assert not [cell for line in lines for cell in line if cell.startswith(FORMULA)]
    row = dict(zip(lines[0], lines[4], strict=True))
    assert (row["accession_number"], row["link"], row["problem"]) == ("'=1+1", "none", "the PACS cut its answer")
    some = await gateway.client.get(f"/api/v1/crawls/{crawl_id}/rows?format=csv&show=none")
    assert len(some.text.splitlines()) == 3


async def test_the_rows_leave_as_a_workbook_without_a_formula(gateway: Gateway) -> None:
    crawl_id = await a_crawl_with_results(gateway)

    answer = await gateway.client.get(f"/api/v1/crawls/{crawl_id}/rows?format=xlsx")

    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["content-disposition"].endswith(f'"rows-{crawl_id}.xlsx"')
    head, *rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    cells = [{str(name.value): cell for name, cell in zip(head, row, strict=True)} for row in rows]
    assert [row["accession_number"].value for row in cells] == NUMBERS
    assert {row["accession_number"].data_type for row in cells} == {"s"}
    assert [row["number"].value for row in cells] == [1, 2, 3, 4, 5]
    assert cells[1]["study_instance_uids"].value == f"{uid(2)}\\{uid(3)}"
    some = await gateway.client.get(f"/api/v1/crawls/{crawl_id}/rows?format=xlsx&show=none")
    assert load_workbook(io.BytesIO(some.content)).active.max_row == 3


async def test_the_rows_leave_as_lines_of_json(gateway: Gateway) -> None:
    crawl_id = await a_crawl_with_results(gateway)

    answer = await gateway.client.get(f"/api/v1/crawls/{crawl_id}/rows?format=jsonl")

    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["accession_number"] for row in rows] == NUMBERS
    assert rows == (await gateway.get(f"/crawls/{crawl_id}/rows"))["items"]


async def test_the_rows_of_a_ris_are_shown_as_it_gives_them(gateway: Gateway) -> None:
    order = await ordered(gateway, ris="reports", ris_filter={"start_date": "2024-01-01", "procedure": "CT"})
    rows = (Row(number=1, accession_number="A1", study_date=date(2024, 1, 2)), Row(number=2, accession_number="A2"))
    listed = RowsListed.after(
        order, crawl_id=order.crawl_id, pacs="main", ris="reports", portion=0, rows=rows, is_last=True
    )
    await gateway.bus.publish(listed)

    async def numbers() -> list[str]:
        page = await gateway.get(f"/crawls/{order.crawl_id}/rows")
        return [row["accession_number"] for row in page["items"]]

    await becomes(numbers, ["A1", "A2"])
    assert (await gateway.get(f"/crawls/{order.crawl_id}"))["rows"]["open"] == 2


async def test_a_cancelled_crawl_is_resumed_by_its_order(gateway: Gateway) -> None:
    order = await ordered(gateway, accession_numbers=NUMBERS)
    path = f"/api/v1/crawls/{order.crawl_id}"
    ended = {"crawl_id": order.crawl_id, "windows_closed": 2, "windows_with_gaps": 0, "studies_found": 3}
    planned = CrawlPlanned.after(order, crawl_id=order.crawl_id, windows=2)
    unasked = PortionClosed.after(
        order, crawl_id=order.crawl_id, pacs="main", portion=1, results=(), studies=0, queries=0, is_unasked=True
    )
    await gateway.bus.publish(planned, answered(order), unasked, CrawlCompleted.after(order, **ended, cancelled=True))
    await becomes(partial(_field, gateway, order.crawl_id, "state"), "cancelled")

    assert (await gateway.client.post(f"{path}/resume")).status_code == 202

    assert [each.crawl_id for each in gateway.bus.orders(ResumeCrawl)] == [order.crawl_id]
    await gateway.bus.publish(later(CrawlResumed.after(order, crawl_id=order.crawl_id)))
    await becomes(partial(_field, gateway, order.crawl_id, "state"), "running")
    await becomes(partial(_field, gateway, order.crawl_id, "windows"), {"planned": 2, "closed": 1, "gaps": 1})


async def test_what_has_ended_is_not_resumed(gateway: Gateway) -> None:
    order = await ordered(gateway, accession_numbers=["A0"])
    planned = CrawlPlanned.after(order, crawl_id=order.crawl_id, windows=1)
    done = PortionClosed.after(
        order,
        crawl_id=order.crawl_id,
        pacs="main",
        portion=0,
        results=(RowResult(number=1, link="none", problem="not found in the PACS"),),
        studies=0,
        queries=1,
    )
    await gateway.bus.publish(planned, done)
    await becomes(partial(_field, gateway, order.crawl_id, "state"), "complete")

    a_problem(await gateway.client.post(f"/api/v1/crawls/{order.crawl_id}/resume"), 409, "already-settled")
    a_problem(await gateway.client.post(f"/api/v1/crawls/{uuid4()}/resume"), 404, "unknown-crawl")


def later(message: Message) -> Message:
    return message.model_copy(update={"sent_at": message.sent_at + timedelta(days=1)})


async def _field(gateway: Gateway, crawl_id: UUID, name: str) -> Any:
    return (await gateway.get(f"/crawls/{crawl_id}"))[name]


async def sent(gateway: Gateway, files: dict[str, Any] | None = None, **data: str) -> httpx.Response:
    fields = {name: (None, value) for name, value in data.items()}
    return await gateway.client.post("/api/v1/crawls/list", files={**fields, **(files or {})})


async def test_a_file_is_ordered_as_it_was_understood(gateway: Gateway) -> None:
    book = Workbook()
    for line in (["Accession Number", "Patient-ID", "Remark"], ["A1", "P1", "x"], [17, "P2", "=A1"], ["A1", "P1", ""]):
        book.active.append(line)
    content = io.BytesIO()
    book.save(content)

    answer = await sent(gateway, {"file": ("list.xlsx", content.getvalue())}, pacs="main", modalities="ct, mr")

    assert answer.status_code == 202, answer.text
    (order,) = gateway.bus.orders(CrawlRequested)
    assert [(row.accession_number, row.patient_id) for row in order.rows] == [("A1", "P1"), ("17", "P2"), ("A1", "P1")]
    assert order.modalities == ("CT", "MR")
    told = answer.json()
    assert (told["id"], told["rows"]) == (str(order.crawl_id), 3)
    assert [column["meaning"] for column in told["columns"]] == ["accession_number", "patient_id", None]
    assert {note["kind"] for note in told["notes"]} == {"numeric", "repeated"}


async def test_a_paste_is_ordered_and_its_numbers_may_be_named(gateway: Gateway) -> None:
    answer = await sent(gateway, pacs="main", text="P1\nP2\n", single="patient_id")

    assert answer.status_code == 202, answer.text
    (order,) = gateway.bus.orders(CrawlRequested)
    assert [row.patient_id for row in order.rows] == ["P1", "P2"]


WRONG_LISTS: list[Any] = [
    (b"", {"pacs": "main"}, "Paste the list, or choose a file"),
    (b"A1", {"pacs": "main", "text": "A1"}, "give one of them"),
    (b"", {"pacs": "main", "text": "A1", "single": "name"}, "single is one of"),
    (b"", {"pacs": "main", "text": "A1", "modalities": "C/T"}, "DICOM's short terms"),
    (b"", {"pacs": "mian", "text": "A1"}, "'main'"),
    (b"Name,Remark\na,b\n", {"pacs": "main"}, "no heading that is understood"),
    (b"\xd0\xcf\x11\xe0", {"pacs": "main"}, "old (.xls)"),
]


async def test_a_list_that_cannot_be_ordered_says_what_to_mend(gateway: Gateway) -> None:
    for file, data, words in WRONG_LISTS:
        document = a_problem(await sent(gateway, {"file": ("l.csv", file)} if file else None, **data), 422)

        assert words in document["detail"]
        assert gateway.bus.orders(CrawlRequested) == []


async def test_a_file_beyond_what_is_taken_is_refused(gateway: Gateway) -> None:
    a_problem(await sent(gateway, {"file": ("l.csv", b"A1\n" * 3_000_000)}, pacs="main"), 413, "too-large")


async def test_the_log_names_no_number_of_a_list(
    gateway: Gateway, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await sent(gateway, pacs="main", text="GEHEIM77\nGEHEIM78\n")
    await gateway.get(f"/crawls/{answer.json()['id']}/rows")
    for form in ("csv", "xlsx"):
        await gateway.client.get(f"/api/v1/crawls/{answer.json()['id']}/rows?format={form}")

    captured = capsys.readouterr()
    assert "GEHEIM" not in f"{captured.out}{captured.err}{caplog.text}"
