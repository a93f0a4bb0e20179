"""SQLite's own thread is visited once for a statement, and not for a transaction that never had any."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import OperationalError

from radquarry.errors import PeerAway
from radquarry.state.store import State, insert_rows, open_state
from tests.contracts.states import empty_state


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state("sqlite", tmp_path) as store:
        async with store.writing() as connection:
            await connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        yield store


async def words(state: State) -> list[str]:
    async with state.reading() as connection:
        return list((await connection.execute(text("SELECT word FROM words ORDER BY word"))).scalars())


def visits(caplog: pytest.LogCaptureFixture) -> int:
    """As aiosqlite tells of them."""
    return sum(record.getMessage().startswith("executing") for record in caplog.records)


async def test_a_transaction_visits_the_thread_once_a_statement_and_once_to_end(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "aiosqlite")

    async with state.writing() as connection:
        await connection.execute(text("INSERT INTO words VALUES ('one')"))
        assert (await connection.execute(text("SELECT word FROM words"))).all() == [("one",)]

    assert visits(caplog) == 3


async def test_a_query_by_itself_visits_the_thread_once(state: State, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "aiosqlite")

    assert await state.rows(select(text("word")).select_from(text("words"))) == []

    assert visits(caplog) == 1


async def test_changes_of_which_nothing_is_asked_back_visit_the_thread_with_the_commit(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    table = Table("words", MetaData(), Column("word", String, primary_key=True))
    async with state.writing() as connection:
        await insert_rows(connection, insert(table), [{"word": "one"}])
    caplog.set_level(logging.DEBUG, "aiosqlite")

    async with state.writing() as connection:
        for word in ("two", "three"):
            await state.change(connection, (update(table), {"word": word}))

    assert visits(caplog) == 1
    assert await words(state) == ["three"]


async def test_a_change_that_cannot_be_bound_leaves_no_transaction_open(state: State) -> None:
    table = Table("words", MetaData(), Column("word", String, primary_key=True))

    async def change() -> None:
        async with state.writing() as connection:
            await state.change(connection, (update(table), {"word": "\ud800"}))

    with pytest.raises(UnicodeEncodeError):
        await change()

    async with open_state(f"sqlite:///{state.engine.url.database}") as other:
        async with other.reading() as connection:
            await connection.execute(text("PRAGMA busy_timeout = 1"))
        async with other.writing() as connection:
            await connection.execute(text("INSERT INTO words VALUES ('theirs')"))
    assert await words(state) == ["theirs"]


async def test_a_change_is_not_lost_when_the_statement_after_it_finds_the_lock_taken(state: State) -> None:
    table = Table("words", MetaData(), Column("word", String, primary_key=True))
    async with state.writing() as connection:
        await insert_rows(connection, insert(table), [{"word": "one"}])
    async with state.reading() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 1"))

    async with open_state(f"sqlite:///{state.engine.url.database}") as other, other.reading() as theirs:
        await theirs.execute(text("INSERT INTO words VALUES ('theirs')"))
        async with state.writing() as connection:
            await state.change(connection, (update(table), {"word": "two"}))
            with pytest.raises(OperationalError, match="locked"):
                await connection.execute(text("INSERT INTO words VALUES ('first')"))
            await theirs.rollback()
            await connection.execute(text("INSERT INTO words VALUES ('second')"))

    assert await words(state) == ["second", "two"]


async def test_a_transaction_without_a_statement_visits_nobody(state: State, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "aiosqlite")

    async with state.writing():
        pass

    assert visits(caplog) == 0


async def test_what_follows_a_statement_that_fails_is_a_transaction_of_its_own(state: State) -> None:
    async def fail() -> None:
        async with state.writing() as connection:
            await connection.execute(text("INSERT INTO words VALUES ('lost')"))
            await connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(PeerAway, match="no such table"):
        await fail()

    async with state.writing() as connection:
        await connection.execute(text("INSERT INTO words VALUES ('kept')"))
    async with state.reading() as connection:
        assert (await connection.execute(text("SELECT word FROM words"))).scalars().all() == ["kept"]


async def test_a_writer_that_waits_for_another_process_says_so_and_goes_on_afterwards(state: State) -> None:
    file = state.engine.url.database
    async with open_state(f"sqlite:///{file}") as other, other.writing() as theirs:
        await theirs.execute(text("INSERT INTO words VALUES ('theirs')"))
        async with state.reading() as connection:
            await connection.execute(text("PRAGMA busy_timeout = 1"))
        with pytest.raises(PeerAway, match="locked"):
            async with state.writing() as connection:
                await connection.execute(text("INSERT INTO words VALUES ('ours')"))

    async with state.writing() as connection:
        await connection.execute(text("INSERT INTO words VALUES ('ours')"))
    async with state.reading() as connection:
        found = (await connection.execute(text("SELECT word FROM words ORDER BY word"))).scalars().all()
    assert found == ["ours", "theirs"]


async def test_who_goes_on_after_a_first_statement_that_found_the_lock_taken_is_in_a_transaction(state: State) -> None:
    async def go_on() -> None:
        async with state.writing() as connection:
            with pytest.raises(OperationalError, match="locked"):
                await connection.execute(text("INSERT INTO words VALUES ('first')"))
            await theirs.commit()
            await connection.execute(text("INSERT INTO words VALUES ('second')"))
            raise LookupError

    async with state.reading() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 1"))
    async with open_state(f"sqlite:///{state.engine.url.database}") as other, other.reading() as theirs:
        await theirs.execute(text("INSERT INTO words VALUES ('theirs')"))
        with pytest.raises(LookupError):
            await go_on()

    assert await words(state) == ["theirs"]


async def test_rows_that_come_one_by_one_are_of_one_moment(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(text("INSERT INTO words VALUES ('before')"))

    async with state.reading() as connection, connection.stream(text("SELECT word FROM words")) as rows:
        assert [row.word async for row in rows] == ["before"]
        async with state.writing() as writer:
            await writer.execute(text("INSERT INTO words VALUES ('meanwhile')"))
        again = (await connection.execute(text("SELECT word FROM words"))).scalars().all()

    assert again == ["before"]


async def test_a_connection_that_was_lost_before_its_commit_is_an_absence_and_no_success(state: State) -> None:
    async def lose_it() -> None:
        async with state.writing() as connection:
            await connection.execute(text("INSERT INTO words VALUES ('lost')"))
            raw: Any = await connection.get_raw_connection()
            await raw.driver_connection.close()

    with pytest.raises(PeerAway, match="no active connection"):
        await lose_it()

    async with state.writing() as connection:
        await connection.execute(text("INSERT INTO words VALUES ('kept')"))
    assert await words(state) == ["kept"]


async def test_inserting_no_rows_inserts_none(state: State) -> None:
    table = Table("words", MetaData(), Column("word", String, primary_key=True))
    async with state.writing() as connection:
        await insert_rows(connection, insert(table), [])

    assert await words(state) == []
