"""SQLite's own thread is visited once for a statement, and not for a transaction that never had any."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from radquarry.errors import PeerAway
from radquarry.state.store import State, open_state
from tests.contracts.states import empty_state


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state("sqlite", tmp_path) as store:
        async with store.writing() as connection:
            await connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        yield store


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
