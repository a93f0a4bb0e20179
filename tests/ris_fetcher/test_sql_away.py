"""Databases of a RIS that are slow, closed, lost or not there."""

import asyncio
import sqlite3
from contextlib import aclosing
from datetime import date
from pathlib import Path

import pytest

from radquarry.messages import Report
from radquarry.ris_fetcher.database_faults import Unfit
from radquarry.ris_fetcher.ris import NoReport, RisAway, RisRefuses
from radquarry.ris_fetcher.sql import PORTION
from tests.doubles.tar_pit import tar_pit
from tests.ris_fetcher.asking_sql import CHOSEN, STUDY, ask, listed
from tests.ris_fetcher.databases import REPORT, Rooms, rooms

SLOW = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n WHERE i < 0)",
    "postgres": "(SELECT CAST(pg_sleep(60) AS text))",
}


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
