"""Crawls by lists, queries and a RIS over HTTP: their orders."""

from datetime import date
from typing import Any

import pytest

from radquarry.messages import (
    CrawlRequested,
    Row,
)
from tests.api.gateway import CRAWL, Gateway, a_problem
from tests.api.ordering_lists import NUMBERS, ordered
from tests.api.stories import uid


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
