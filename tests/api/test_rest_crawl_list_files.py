"""Lists over HTTP as files and pasted texts."""

import io
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from radquarry.messages import (
    CrawlRequested,
)
from tests.api.gateway import Gateway, a_problem


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
