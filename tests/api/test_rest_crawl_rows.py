"""The rows of a crawl by a list over HTTP: what became of them, and how the crawl goes on."""

import csv
import io
import json
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from openpyxl import load_workbook

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
from tests.api.gateway import Gateway, a_problem, becomes
from tests.api.ordering_lists import NUMBERS, ordered
from tests.api.stories import uid


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
