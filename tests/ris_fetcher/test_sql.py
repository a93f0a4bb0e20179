"""A RIS whose database is read: each promise on SQLite and on PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from radquarry.messages import Report, Row, Study
from radquarry.ris_fetcher.database_faults import Unfit
from radquarry.ris_fetcher.ris import NoReport, RisAway, RisRefuses
from radquarry.ris_fetcher.sql import MOST_REPORTS, PORTION
from tests.doubles.tar_pit import tar_pit
from tests.ris_fetcher.databases import KINDS, REPORT, Rooms, rooms

STUDY = Study(study_instance_uid="1.2.3", accession_number="A-0042", patient_id="P1", study_date=date(2024, 5, 17))
CHOSEN = {"start_date": "2024-05-01", "end_date": "2024-05-31", "procedure": "CT%"}
SLOW = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n WHERE i < 0)",
    "postgres": "(SELECT CAST(pg_sleep(60) AS text))",
}


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(request.param, tmp_path) as made:
        yield made


async def ask(database: Rooms, study: Study = STUDY, **keys: Any) -> Report | NoReport:
    async with database.ris(**keys) as ris:
        return await ris.report(study)


async def listed(database: Rooms, chosen: Mapping[str, str] = CHOSEN, **keys: Any) -> list[tuple[Row, ...]]:
    async with database.ris(**keys) as ris, aclosing(ris.listing(chosen)) as portions:
        return [portion async for portion in portions]


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


EQUALS = (
    "SELECT accession_number FROM examinations"
    " WHERE study_date BETWEEN :start_date AND :end_date AND procedure = :procedure"
)


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


async def test_a_database_that_takes_too_long_is_away_and_serves_the_next_question(database: Rooms) -> None:
    slow = REPORT.replace("SELECT text", f"SELECT text, {SLOW[database.kind]} AS slow")
    await database.reported({"accession_number": "A-0042", "text": "x"})
    async with database.ris(report=slow, timeout_seconds=0.3, parallel=1) as ris:
        for _ in range(3):
            with pytest.raises(RisAway, match=r"kis: no answer in 0.3 s"):
                await ris.report(STUDY)


async def test_an_asking_that_is_cancelled_ends_soon(database: Rooms) -> None:
    slow = REPORT.replace("SELECT text", f"SELECT text, {SLOW[database.kind]} AS slow")
    await database.reported({"accession_number": "A-0042", "text": "x"})
    async with asyncio.timeout(10), database.ris(report=slow, timeout_seconds=1) as ris:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ris.report(STUDY), 0.2)


async def test_a_list_that_is_left_early_gives_its_connection_back(database: Rooms) -> None:
    days = {"study_date": date(2024, 5, 2), "procedure": "CT"}
    await database.examined(*({"accession_number": f"{n:05}"} | days for n in range(2 * PORTION)))
    async with database.ris(parallel=1) as ris:
        for _ in range(5):
            async with aclosing(ris.listing(CHOSEN)) as portions:
                await anext(portions)


async def test_a_sqlite_file_that_is_not_there_or_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(RisAway, match=r"its file cannot be opened; is ris.kis.url right\?"):
        await ask(Rooms("sqlite", f"sqlite:///{tmp_path}/absent.db"))
    (tmp_path / "text.db").write_text("no database at all" * 100)
    with pytest.raises(RisRefuses, match="its file is no database"):
        await ask(Rooms("sqlite", f"sqlite:///{tmp_path}/text.db"))


async def test_sqlite_text_that_is_not_utf_8_is_read_as_latin_1(tmp_path: Path) -> None:
    async with rooms("sqlite", tmp_path) as database:
        await database.run("INSERT INTO reports (accession_number, text) VALUES ('A-0042', CAST(x'4CF6' AS TEXT))")

        found = await ask(database)

    assert isinstance(found, Report)
    assert found.text == "Lö"


async def test_a_sqlite_file_that_its_owner_locks_is_away(tmp_path: Path) -> None:
    async with rooms("sqlite", tmp_path) as database:
        owner = sqlite3.connect(database.url.removeprefix("sqlite:///"))
        owner.execute("BEGIN EXCLUSIVE")
        try:
            with pytest.raises(RisAway, match="BUSY"):
                await ask(database, timeout_seconds=0.2)
        finally:
            owner.close()


@pytest.mark.servers
async def test_a_password_of_its_own_is_laid_into_the_address_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    async with rooms("postgres", tmp_path) as database:
        await database.reported({"accession_number": "A-0042", "text": "x"})
        bare = Rooms("postgres", database.url.replace("radquarry:radquarry@", "radquarry:geheim@"))

        assert isinstance(await ask(bare, password="radquarry"), Report)
        with pytest.raises(RisRefuses, match=r"kis: refuses us \(SQLSTATE 28P01\): mend name, password") as caught:
            await ask(bare)
        assert "geheim" not in str(caught.value)
        with pytest.raises(RisRefuses, match="SQLSTATE 3D000"):
            await ask(Rooms("postgres", f"{database.url}_absent"))


@pytest.mark.servers
async def test_a_value_that_does_not_fit_costs_only_its_study(tmp_path: Path) -> None:
    query = "SELECT text FROM reports WHERE CAST(report_id AS bigint) = CAST(:accession_number AS bigint)"
    async with rooms("postgres", tmp_path) as database:
        await database.reported({"report_id": "42", "text": "x"})

        found = await ask(database, STUDY.model_copy(update={"accession_number": "ABC"}), report=query)
        assert found == NoReport("kis: a value does not fit its type in ris.kis.report (SQLSTATE 22P02)")
        assert isinstance(
            await ask(database, STUDY.model_copy(update={"accession_number": "0-42"}), report=query), Report
        )
        with pytest.raises(Unfit):
            await listed(database, {"x": "ä"}, accession_numbers="SELECT CAST(:x AS int) AS accession_number")


@pytest.mark.servers
async def test_a_parameter_beside_a_number_asks_for_a_cast(tmp_path: Path) -> None:
    async with rooms("postgres", tmp_path) as database:
        with pytest.raises(RisRefuses, match="a parameter is text: write CAST"):
            await listed(database, {"n": "1"}, accession_numbers="SELECT 1 AS accession_number WHERE 1 = :n")
        ((row,),) = await listed(
            database, {"n": "1"}, accession_numbers="SELECT 12 AS accession_number WHERE 1 = CAST(:n AS int)"
        )
    assert row.accession_number == "12"


@pytest.mark.servers
async def test_a_connection_that_is_lost_is_replaced(tmp_path: Path) -> None:
    async with rooms("postgres", tmp_path) as database:
        await database.reported({"accession_number": "A-0042", "text": "x"})
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'radquarry'"
        async with database.ris(parallel=1) as ris:
            assert isinstance(await ris.report(STUDY), Report)
            await database.run(f"{kill} AND datname = current_database()")
            assert isinstance(await ris.report(STUDY), Report)


@pytest.mark.servers
async def test_a_connection_that_is_lost_while_it_answers_is_away(tmp_path: Path) -> None:
    async with rooms("postgres", tmp_path) as database:
        days = {"study_date": date(2024, 5, 2), "procedure": "CT"}
        await database.examined(*({"accession_number": f"{n:05}"} | days for n in range(3 * PORTION)))
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'radquarry'"
        async with database.ris() as ris:
            async with aclosing(ris.listing(CHOSEN)) as portions:
                await anext(portions)
                await database.run(f"{kill} AND datname = current_database()")
                with pytest.raises(RisAway):
                    async for _ in portions:
                        pass
            async with aclosing(ris.listing(CHOSEN)) as portions:
                assert len([portion async for portion in portions]) == 3


@pytest.mark.servers
async def test_a_database_behind_a_firewall_that_forgets_connections_is_away(tmp_path: Path) -> None:
    async with rooms("postgres", tmp_path) as database:
        await database.reported({"accession_number": "A-0042", "text": "x"})
        port = int(database.url.rpartition(":")[2].partition("/")[0])
        with tar_pit(port) as pit:
            near = Rooms("postgres", database.url.replace(f":{port}/", f":{pit.port}/"))
            async with asyncio.timeout(30), near.ris(timeout_seconds=0.5, parallel=1) as ris:
                assert isinstance(await ris.report(STUDY), Report)
                pit.swallows.set()
                with pytest.raises(RisAway):
                    await ris.report(STUDY)


async def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(RisAway, match="kis: ConnectionRefusedError"):
        await ask(Rooms("postgres", "postgresql://reader:geheim@127.0.0.1:9/ris"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://reader:ge/he@im@h:x/ris", "cannot be used"),
        ("oracle://reader:geheim@h/ris", "cannot be used"),
        ("nosuch://reader:geheim@h/ris", "cannot be used"),
        ("postgresql://reader:geheim@h/ris?sslmod=require", "'sslmod' is not known behind"),
        ("sqlite://", "names no file"),
    ],
)
async def test_an_address_that_nothing_reads_is_refused_and_not_repeated(url: str, words: str) -> None:
    with pytest.raises(RisRefuses, match=words) as caught:
        await ask(Rooms("postgres", url))

    assert "geheim" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
