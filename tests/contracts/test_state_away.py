"""A state store that is away, refuses us, is full or is not ours is told in words, and no secret with it."""

import asyncio
import struct
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from radquarry.dicom.load import VERSIONS
from radquarry.errors import PeerAway, Permanent
from radquarry.state.migration import migrate
from radquarry.state.store import open_state
from tests.contracts.counters import counters, rows, tables
from tests.contracts.states import KINDS, empty_state


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
