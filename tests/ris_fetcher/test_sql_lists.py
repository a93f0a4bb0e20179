"""Lists from a RIS whose database is read, and queries that cannot work: on SQLite and on PostgreSQL."""

from datetime import date

import pytest

from radquarry.messages import Row
from radquarry.ris_fetcher.ris import RisRefuses
from radquarry.ris_fetcher.sql import PORTION
from tests.ris_fetcher.asking_sql import CHOSEN, EQUALS, listed
from tests.ris_fetcher.databases import REPORT, Rooms


async def test_the_list_is_what_the_filter_chooses(database: Rooms) -> None:
    first, last = date(2024, 5, 1), date(2024, 5, 31)
    await database.examined(
        {"accession_number": "A1", "study_date": first, "modality": "CT", "procedure": "CT Thorax", "patient_id": "P"},
        {"accession_number": "A2", "study_date": last, "procedure": "CT", "study_instance_uid": "1.2"},
        {"accession_number": "A3", "study_date": date(2024, 6, 1), "procedure": "CT"},
        {"accession_number": "A4", "study_date": last, "procedure": "MR"},
        {"accession_number": " A5 ", "study_date": last, "procedure": "CT", "study_instance_uid": "../1"},
        {"accession_number": "B*", "study_date": last, "procedure": "CT"},
        {"accession_number": "C" * 300, "study_date": last, "procedure": "CT"},
    )

    (rows,) = await listed(database)

    by_number = {row.accession_number: row.model_copy(update={"number": 0}) for row in rows}
    assert by_number["A1"] == Row(number=0, accession_number="A1", study_date=first, modality="CT", patient_id="P")
    assert by_number["A2"] == Row(number=0, accession_number="A2", study_date=last, study_instance_uid="1.2")
    assert {row.accession_number for row in rows} == {"A1", "A2", "A5", "B*", "C" * 200}
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert {row.study_instance_uid for row in rows} == {"", "1.2"}


async def test_a_row_without_a_number_is_a_row(database: Rooms) -> None:
    await database.examined({"accession_number": None, "study_date": date(2024, 5, 2), "procedure": "CT"})

    ((row,),) = await listed(database)

    assert row == Row(number=1, study_date=date(2024, 5, 2))


async def test_a_list_comes_in_portions(database: Rooms) -> None:
    days = {"study_date": date(2024, 5, 2), "procedure": "CT"}
    await database.examined(*({"accession_number": f"{n:05}"} | days for n in range(2 * PORTION + 1)))

    portions = await listed(database)

    assert [len(portion) for portion in portions] == [PORTION, PORTION, 1]
    assert [row.number for portion in portions for row in portion] == list(range(1, 2 * PORTION + 2))


async def test_nothing_found_is_no_portion(database: Rooms) -> None:
    assert await listed(database) == []


@pytest.mark.parametrize("value", ["' OR '1'='1", "%'; DROP TABLE examinations; --", "%%s", "\\", '"', ":start_date"])
async def test_a_hostile_value_is_only_a_value(database: Rooms, value: str) -> None:
    await database.examined({"accession_number": "A1", "study_date": date(2024, 5, 2), "procedure": "CT"})

    assert await listed(database, CHOSEN | {"procedure": value}, accession_numbers=EQUALS) == []
    ((row,),) = await listed(database, CHOSEN | {"procedure": "CT"}, accession_numbers=EQUALS)
    assert row.accession_number == "A1"


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({"start_date": "2024-05-01"}, " needs end_date, procedure, which the order does not give"),
        (CHOSEN | {"Müller": "1"}, " does not ask for 1 of the order's values, only: end_date, procedure, start_date"),
        (CHOSEN | {"start_date": "1.5.2024"}, ": start_date is no date such as 2024-05-31"),
        (CHOSEN | {"procedure": "\0"}, ": procedure holds control characters"),
    ],
)
async def test_a_filter_that_does_not_fit_the_query_is_refused(
    database: Rooms, chosen: dict[str, str], reason: str
) -> None:
    with pytest.raises(RisRefuses) as caught:
        await listed(database, chosen)

    assert str(caught.value) == f"kis: ris.kis.accession_numbers{reason}"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT patient_id FROM examinations", "gives no column accession_number"),
        ("SELECT accession_number FROM appointments", "names a table that is not there"),
        ("SELECT accession_numbr FROM examinations", "names a column that is not there"),
        ("SELECT accession_number FORM examinations, x", "is no SQL that this database understands"),
    ],
)
async def test_a_query_that_cannot_work_is_said_in_plain_words_at_start_and_at_the_order(
    database: Rooms, query: str, words: str
) -> None:
    async with database.ris(accession_numbers=query) as ris:
        with pytest.raises(RisRefuses, match=words) as at_start:
            await ris.check()
        with pytest.raises(RisRefuses, match=words):
            await anext(ris.listing({}))

    assert str(at_start.value).startswith("kis: ris.kis.accession_numbers")
    assert "examinations" not in str(at_start.value)


async def test_queries_that_work_pass_the_check(database: Rooms) -> None:
    async with database.ris(accession_numbers="-- all\n" + EQUALS + " -- and no more") as ris:
        await ris.check()


async def test_a_report_query_without_a_text_is_refused_at_the_start(database: Rooms) -> None:
    async with database.ris(report=REPORT.replace("SELECT text,", "SELECT")) as ris:
        with pytest.raises(RisRefuses, match=r"kis: ris.kis.report gives no column text"):
            await ris.check()


async def test_nothing_can_be_written(database: Rooms) -> None:
    query = "WITH n AS (SELECT 'A1' AS a) INSERT INTO examinations (accession_number) SELECT a FROM n RETURNING *"

    with pytest.raises(RisRefuses, match="writes, and only reading is allowed"):
        await listed(database, {}, accession_numbers=query)
    assert await listed(database, {}, accession_numbers="SELECT accession_number FROM examinations") == []
