"""What every state store promises; each test runs on SQLite and on PostgreSQL."""

import asyncio
import gc
import struct
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from radquarry.dicom.load import VERSIONS
from radquarry.dicom.load_tables import slots
from radquarry.errors import PeerAway, Permanent
from radquarry.state.migration import migrate
from radquarry.state.store import State, open_state
from tests.contracts.states import KINDS, empty_state, empty_state_url

tables = MetaData()
counters = Table("counters", tables, Column("name", String(20), primary_key=True), Column("value", Integer))


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as store:
        async with store.writing() as connection:
            await connection.run_sync(tables.create_all)
        yield store


async def rows(state: State) -> dict[str, int]:
    async with state.reading() as connection:
        return {row.name: row.value for row in await connection.execute(select(counters))}


async def test_what_a_block_wrote_is_there_when_it_ends(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))

    assert await rows(state) == {"a": 1}


async def test_a_block_that_fails_wrote_nothing(state: State) -> None:
    async def fail_after_writing() -> None:
        async with state.writing() as connection:
            await connection.execute(insert(counters).values(name="a", value=1))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_writing()

    assert await rows(state) == {}


async def test_who_is_cancelled_at_any_moment_and_twice_leaves_no_lock_and_no_connection(state: State) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    dice = Random(1)

    async def write() -> None:
        async with state.writing() as connection:
            await state.upsert(connection, counters, [{"name": "a", "value": dice.randrange(9)}], "value")

    async def read() -> None:
        async with state.reading() as connection:
            await connection.execute(select(counters))

    async with asyncio.timeout(60):
        for _ in range(60):
            works = [asyncio.create_task(work()) for work in (write, read, write, read)]
            for work in works:
                for _ in range(2):
                    await asyncio.sleep(dice.choice((0, 0.0003, 0.001, 0.003)))
                    work.cancel()
            assert {type(end) for end in await asyncio.gather(*works, return_exceptions=True)} <= {
                asyncio.CancelledError,
                type(None),
            }
            await write()
        gc.collect()

    assert complaints == []
    assert isinstance(state.engine.pool, QueuePool)
    assert state.engine.pool.checkedout() == 0


async def test_writing_twice_is_writing_once(state: State) -> None:
    for value in (1, 2):
        async with state.writing() as connection:
            await state.upsert(connection, counters, [{"name": "a", "value": value}])

    assert await rows(state) == {"a": 1}


async def test_an_upsert_sets_the_columns_it_names(state: State) -> None:
    for value in (1, 2):
        async with state.writing() as connection:
            await state.upsert(connection, counters, [{"name": "a", "value": value}], "value")

    assert await rows(state) == {"a": 2}


async def test_an_upsert_takes_many_rows_and_of_one_key_the_last(state: State) -> None:
    many = [{"name": f"n{number}", "value": number} for number in range(20_000)]

    async with state.writing() as connection:
        await state.upsert(connection, counters, [{"name": "n7", "value": 0}, *many], "value")

    assert await rows(state) == {f"n{number}": number for number in range(20_000)}


async def test_an_upsert_of_nothing_is_nothing(state: State) -> None:
    async with state.writing() as connection:
        await state.upsert(connection, counters, [])

    assert await rows(state) == {}


async def test_many_writers_lose_no_step(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=0))

    async def step() -> None:
        async with state.writing() as connection:
            await connection.execute(update(counters).values(value=counters.c.value + 1))

    await asyncio.gather(*(step() for _ in range(40)))

    assert await rows(state) == {"a": 40}


async def test_reading_sees_nothing_unfinished(state: State) -> None:
    async with state.writing() as connection:
        await connection.execute(insert(counters).values(name="a", value=1))
        assert await rows(state) == {}


async def test_a_broken_promise_of_ours_is_no_absence_of_the_store(state: State) -> None:
    with pytest.raises(IntegrityError) as caught:
        async with state.writing() as connection:
            await connection.execute(insert(counters), [{"name": "secret name", "value": 1}] * 2)

    assert "secret name" not in str(caught.value).replace("Key (name)=(secret name)", "")


@pytest.mark.parametrize("kind", KINDS)
async def test_tables_are_made_once_by_however_many_start_together(kind: str, tmp_path: Path) -> None:
    async with empty_state_url(kind, tmp_path) as url, open_state(url) as first, open_state(url) as second:
        await asyncio.gather(*(migrate(state, "load", VERSIONS) for state in (first, second, first, second)))

        async with first.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(slots)) == 0
            assert await connection.scalar(text("SELECT count(*) FROM load_alembic_version")) == 1


async def test_a_store_that_is_away_is_said_to_be_away() -> None:
    async with open_state("postgresql://nobody@127.0.0.1:1/none") as state:
        with pytest.raises(PeerAway, match="state store"):
            async with state.reading() as connection:
                await connection.execute(select(1))


@pytest.mark.parametrize("url", ["postgresql://u:p@h:geheim/db", "mysql://u:geheim@h/db", "u:geheim@h/db"])
async def test_an_address_that_cannot_be_read_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Permanent, match="state_url") as caught:
        async with open_state(url):
            pass

    assert "geheim" not in str(caught.value)


def refusal(code: str) -> bytes:
    """PostgreSQL's ErrorResponse (protocol 3.0)."""
    fields = f"SFATAL\0VFATAL\0C{code}\0Mfor user geheim\0\0".encode()
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("57P03", "does not answer: 57P03"),
        ("53300", "does not answer: 53300"),
        ("28P01", "refuses us .* state_url"),
        ("3D000", "refuses us .* state_url"),
    ],
    ids=["starting up", "too many connections", "password", "database"],
)
async def test_a_server_that_does_not_let_us_in_is_away(code: str, words: str) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(refusal(code))
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_state(f"postgresql://u:geheim@127.0.0.1:{port}/db?ssl=disable") as state:
            with pytest.raises(PeerAway, match=words) as caught:
                async with state.reading() as connection:
                    await connection.execute(select(1))

    assert "geheim" not in str(caught.value)


async def test_a_full_disk_is_named_and_passes(tmp_path: Path) -> None:
    async with open_state(f"sqlite:///{tmp_path}/state.db") as state:
        async with state.writing() as connection:
            await connection.run_sync(tables.create_all)

        async def fill_a_small_disk() -> None:
            async with state.writing() as connection:
                await connection.execute(text("PRAGMA max_page_count = 1"))
                await connection.execute(insert(counters), [{"name": f"n{n}", "value": n} for n in range(5000)])

        with pytest.raises(PeerAway, match="database or disk is full"):
            await fill_a_small_disk()

        async with state.writing() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1000000"))
            await connection.execute(insert(counters).values(name="a", value=1))
        assert await rows(state) == {"a": 1}


@pytest.mark.parametrize(
    ("what", "words"), [(b"none of SQLite's" * 99, "not a database"), (None, "unable to open database file")]
)
async def test_a_file_that_cannot_be_used_is_said_so(what: bytes | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "state.db" if what else tmp_path / "no" / "folder" / "state.db"
    if what:
        file.write_bytes(what)

    before = set(threading.enumerate())
    async with open_state(f"sqlite:///{file}") as state:
        with pytest.raises(PeerAway, match=words):
            async with state.reading():
                pass
    async with asyncio.timeout(10):
        while set(threading.enumerate()) - before:  # noqa: ASYNC110 - threads end unheard
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", KINDS)
async def test_tables_of_a_newer_radquarry_are_left_alone_and_named(kind: str, tmp_path: Path) -> None:
    async with empty_state(kind, tmp_path) as state:
        await migrate(state, "load", VERSIONS)
        async with state.writing() as connection:
            await connection.execute(text("UPDATE load_alembic_version SET version_num = '9999'"))

        with pytest.raises(Permanent, match=r"tables of load .* newer radquarry"):
            await migrate(state, "load", VERSIONS)


@pytest.mark.parametrize("kind", KINDS)
async def test_transactions_given_up_at_any_moment_leave_nothing_half_done(kind: str, tmp_path: Path) -> None:
    async with empty_state(kind, tmp_path) as state:
        async with state.writing() as connection:
            await connection.run_sync(tables.create_all)
            await connection.execute(insert(counters), [{"name": name, "value": 0} for name in "ab"])

        async def step() -> None:
            async with state.writing() as connection:
                for name in "ab":
                    one = counters.c.name == name
                    await connection.execute(update(counters).where(one).values(value=counters.c.value + 1))

        for turn in range(40):
            work = [asyncio.create_task(step()) for _ in range(3)]
            await asyncio.wait(work, timeout=turn / 2000)
            for each in work:
                each.cancel()
            await asyncio.wait(work)
        async with asyncio.timeout(30):
            await step()

        found = await rows(state)
        assert found["a"] == found["b"] >= 1
