"""State stores for tests: each test gets an empty one of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg

from radquarry.state.store import State, open_state
from tests.servers import addresses

KINDS = ("sqlite", "postgres")


@asynccontextmanager
async def empty_state_url(kind: str, folder: Path) -> AsyncIterator[str]:
    """The URL of an empty store: a file in `folder`, or a database of the real PostgreSQL (skips when it is away)."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/state.db"
        return
    addresses.need("postgres")
    name = f"test_{uuid4().hex}"
    server = addresses.postgres_url()
    await _execute(server, f'CREATE DATABASE "{name}"')
    try:
        yield f"{server.rsplit('/', 1)[0]}/{name}"
    finally:
        await _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def empty_state(kind: str, folder: Path) -> AsyncIterator[State]:
    """An empty store, open."""
    async with empty_state_url(kind, folder) as url, open_state(url) as state:
        yield state


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
