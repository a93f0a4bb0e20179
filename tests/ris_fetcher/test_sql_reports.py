"""Reports from a RIS whose database is read: each promise on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

import pytest

from radquarry.messages import Report
from radquarry.ris_fetcher.ris import NoReport, RisRefuses
from radquarry.ris_fetcher.sql import MOST_REPORTS
from tests.ris_fetcher.asking_sql import STUDY, ask
from tests.ris_fetcher.databases import REPORT, Rooms


async def test_a_report_comes_with_what_is_known_of_it(database: Rooms) -> None:
    await database.reported(
        {
            "accession_number": "A-0042",
            "text": "Kein Pneumothorax.",
            "report_id": "r1",
            "issued": datetime(2024, 5, 17, 10),  # noqa: DTZ001 - as such a column holds it
            "status": "final",
            "performer": "Dr. Muster",
            "language": "de-CH",
            "patient_id": "P1",
        }
    )

    assert await ask(database) == Report(
        report_id="r1",
        text="Kein Pneumothorax.",
        issued=datetime(2024, 5, 17, 8, tzinfo=UTC),
        status="final",
        language="de",
        performer="Dr. Muster",
        link="exact",
    )


async def test_the_latest_of_several_wins_and_the_link_says_that_there_were_several(database: Rooms) -> None:
    rows = [(1, "b", "neu"), (0, "a", "alt"), (0, "c", "auch alt")]
    for hour, name, text in rows:
        issued = datetime(2024, 5, 17, hour)  # noqa: DTZ001
        await database.reported({"accession_number": "A-0042", "text": text, "report_id": name, "issued": issued})

    found = await ask(database)

    assert isinstance(found, Report)
    assert (found.text, found.link) == ("neu", "several")


async def test_versions_of_one_report_are_one(database: Rooms) -> None:
    for hour in (2, 1):
        issued = datetime(2024, 5, 17, hour)  # noqa: DTZ001
        await database.reported({"accession_number": "A-0042", "text": f"{hour}", "report_id": "r", "issued": issued})

    found = await ask(database)

    assert isinstance(found, Report)
    assert (found.text, found.link) == ("2", "exact")


async def test_another_spelling_of_the_number_is_found_and_said(database: Rooms) -> None:
    await database.reported({"accession_number": "A0042", "text": "Befund"})

    found = await ask(database)

    assert isinstance(found, Report)
    assert found.link == "accession"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"accession_number": "B1"}, "the RIS has no report under this accession number yet"),
        ({"accession_number": "A-0042", "status": "Registered", "text": "x"}, "the RIS has no report under this"),
        ({"accession_number": "A-0042", "patient_id": "P2", "text": "x"}, "names another patient"),
        ({"accession_number": "A-0042", "text": " \n"}, "the report is empty"),
        ({"accession_number": "A-0042"}, "the report is empty"),
        ({"accession_number": "A-0042", "text": "x", "content_type": "image/tiff"}, "is image/tiff, not text"),
    ],
)
async def test_what_is_no_report_is_said_to_be_missing(database: Rooms, row: dict[str, Any], reason: str) -> None:
    await database.reported(row)

    found = await ask(database)

    assert isinstance(found, NoReport)
    assert reason in found.reason


@pytest.mark.parametrize("number", ["", "*", "A?", "A\\", "   "])
async def test_a_number_that_would_match_everything_is_never_asked(database: Rooms, number: str) -> None:
    await database.reported({"accession_number": number, "text": "x"})

    assert isinstance(await ask(database, STUDY.model_copy(update={"accession_number": number})), NoReport)


@pytest.mark.parametrize("number", ["' OR '1'='1", "A%", "A'; DROP TABLE reports; --", "\ud800", ":x", "A\0B"])
async def test_a_hostile_number_finds_nothing_and_breaks_nothing(database: Rooms, number: str) -> None:
    await database.reported({"accession_number": "A1", "text": "x"})

    assert isinstance(await ask(database, STUDY.model_copy(update={"accession_number": number})), NoReport)
    assert isinstance(await ask(database, STUDY.model_copy(update={"accession_number": "A1"})), Report)


async def test_html_and_rtf_become_text_whether_or_not_they_say_what_they_are(database: Rooms) -> None:
    page = "<html><script>x</script><p>Rundherd &lt; 5&nbsp;mm.</p></html>"
    rtf = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 L\'f6sung\par Kein Erguss.}"
    for number, text in (("1", page), ("2", rtf)):
        await database.reported({"accession_number": number, "text": text})
    await database.reported({"accession_number": "3", "text": "<5 mm messend", "content_type": "text/plain"})

    found = [await ask(database, STUDY.model_copy(update={"accession_number": each})) for each in "123"]

    assert [each.text.split() for each in found if isinstance(each, Report)] == [
        ["Rundherd", "<", "5", "mm."],
        ["Lösung", "Kein", "Erguss."],
        ["<5", "mm", "messend"],
    ]


async def test_text_in_a_binary_column_is_read_with_its_charset(database: Rooms) -> None:
    query = REPORT.replace("SELECT text", "SELECT scan AS text")
    await database.reported(
        {"accession_number": "A-0042", "scan": "Lösung".encode("cp850"), "content_type": "text/plain; charset=cp850"},
        {"accession_number": "2", "scan": "Lösung\0".encode(), "content_type": None},
    )

    first = await ask(database, report=query)
    second = await ask(database, STUDY.model_copy(update={"accession_number": "2"}), report=query)

    assert [each.text for each in (first, second) if isinstance(each, Report)] == ["Lösung", "Lösung"]


async def test_a_query_may_ask_by_what_else_is_known_of_the_study(database: Rooms) -> None:
    await database.reported({"accession_number": "A-0042", "text": "x", "patient_id": "P1"})
    query = (
        "SELECT text FROM reports WHERE accession_number = :accession_number AND patient_id = :patient_id"
        " AND CAST(:study_date AS date) IS NOT NULL AND :study_instance_uid = '1.2.3'"
    )

    assert isinstance(await ask(database, report=query), Report)
    assert isinstance(await ask(database, STUDY.model_copy(update={"patient_id": "P2"}), report=query), NoReport)


async def test_a_query_that_gives_every_report_is_refused(database: Rooms) -> None:
    await database.reported(*({"accession_number": f"{n}", "text": "x"} for n in range(MOST_REPORTS + 1)))

    with pytest.raises(RisRefuses, match=r"kis: ris.kis.report gives more than 100 rows for one number"):
        await ask(database, report="SELECT text FROM reports WHERE :accession_number = :accession_number")
