"""The state store: SQLite (WAL) in one process, PostgreSQL for many. Each service keeps to its own tables."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Row, Select, Table, Update, event, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from radquarry.errors import PeerAway, Permanent
from radquarry.state.steady import connected, to_its_end

Written = tuple[Update, Mapping[str, Any]]
"""A statement that changes rows, and its parameters."""

Query = Select[Any] | CompoundSelect[Any]
PUT_OFF = "put_off"
"""How a statement is marked of which nothing is asked back."""
ALONE = "alone"
"""How a connection is marked that runs one query and no more."""
BUSY_SECONDS = 30
RETURN_SECONDS = 2.0


class State:
    """Transactions on the state store. Raises `PeerAway` when it does not answer or two writers clash."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        # SQLite has one writer; waiting here is fair and cheap, waiting on its lock is neither.
        self._one_writer = asyncio.Lock() if self.dialect == "sqlite" else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        async with self._one_writer or nullcontext(), _mapped(), connected(self.engine) as connection:
            transaction = connection.begin()
            await to_its_end(transaction.start())
            yield connection
            await to_its_end(transaction.commit())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries; what it writes is not kept."""
        async with _mapped(), connected(self.engine) as connection:
            await connection.execution_options(reading=True)
            yield connection

    async def rows(self, query: Query, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """What one query finds, without a transaction around it where the store needs none."""
        async with _mapped(), connected(self.engine) as connection:
            await connection.execution_options(reading=ALONE)
            return (await connection.execute(query, parameters)).all()

    async def change(self, connection: AsyncConnection, *written: Written) -> None:
        """Change rows of which nothing is asked back: SQLite is told together with the next statement or the commit."""
        for statement, parameters in written:
            if self.dialect == "sqlite" and connection.sync_connection is not None:
                connection.sync_connection.execute(statement, parameters, execution_options={PUT_OFF: True})
            else:
                await connection.execute(statement, parameters)

    async def upsert(
        self, connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], *update: str
    ) -> None:
        """Insert rows; where the primary key is there already, set the columns `update` (none: leave it as it is).

        All rows have the same columns. Of several rows with one key the last one counts.
        """
        dialect = postgresql if self.dialect == "postgresql" else sqlite
        keys = [column.name for column in table.primary_key]
        distinct = list({tuple(row[key] for key in keys): row for row in rows}.values())
        if not distinct:
            return
        statement = dialect.insert(table)
        if update:
            fresh = {name: statement.excluded[name] for name in update}
            statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        await insert_rows(connection, statement, distinct)


async def insert_rows(connection: AsyncConnection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run an insert that has no values of its own, of rows that have all the same columns; of no rows it is nothing.

    Asked to return something, SQLAlchemy puts a thousand rows into one statement, which it compiles once for all
    times. Given as `values` they would be compiled each time anew, at sixteen times the cost; one by one SQLite would
    give up the interpreter's lock at every row.
    """
    if rows:  # of none SQLAlchemy would make one whose columns are all NULL
        await connection.execute(statement.returning(literal(1)), rows)


@asynccontextmanager
async def _mapped() -> AsyncIterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise PeerAway("the state store has no free connection") from error
    except DBAPIError as error:
        if reason := _absence(error):
            raise PeerAway(f"the state store {reason}") from error
        raise
    except OSError as error:
        raise PeerAway(f"the state store does not answer: {type(error).__name__}") from error


PASSING = ("40", "53", "55P03", "57P", "08")
"""SQLSTATE classes that pass by themselves: rollback, resources, lock, shutdown, connection (PostgreSQL app. A)."""
REFUSING = ("28", "3D")
"""SQLSTATE classes of a door that is closed to us: name or password, database."""


def _absence(error: DBAPIError) -> str:
    """In what way the store is away; empty when it is there and the statement is wrong."""
    code = getattr(error.orig, "sqlstate", None) or ""
    if code.startswith(REFUSING):
        return f"refuses us (SQLSTATE {code}): mend the name, password and database of state_url"
    if isinstance(error.orig, sqlite3.OperationalError) or type(error.orig) is sqlite3.DatabaseError:
        return (
            f"cannot be used: {error.orig}"  # a full disk, a folder that is read-only, a file that is none of SQLite's
        )
    if isinstance(error, OperationalError) or error.connection_invalidated or code.startswith(PASSING):
        return f"does not answer: {code or type(error.orig).__name__}"
    return ""


@asynccontextmanager
async def open_state(url: str) -> AsyncIterator[State]:
    """`sqlite:///…/state.db` or `postgresql://…`; the URL chooses the driver. Raises `Permanent`."""
    scheme, _, rest = url.partition("://")
    try:
        engine = _engine(scheme, rest)
    except (ArgumentError, ValueError):
        # its text repeats parts of the URL
        raise Permanent("state_url cannot be read; write special characters of a password as %40") from None
    try:
        yield State(engine)
    finally:
        await _until_returned(engine)
        await engine.dispose()


async def _until_returned(engine: AsyncEngine) -> None:
    """Wait for the connections in use: who was cancelled gives one back a moment later, in a task of its own."""
    deadline = asyncio.get_running_loop().time() + RETURN_SECONDS
    while isinstance(engine.pool, QueuePool) and engine.pool.checkedout():
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.01)


def _engine(scheme: str, rest: str) -> AsyncEngine:
    match scheme.split("+", maxsplit=1)[0]:
        case "sqlite":
            from radquarry.state.one_hop import OneHop  # noqa: PLC0415 - its driver is an extra of the standalone mode

            engine = create_async_engine(
                f"sqlite+aiosqlite://{rest}",
                hide_parameters=True,
                module=OneHop(),
                connect_args={"timeout": BUSY_SECONDS},
            )
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(engine.sync_engine, "begin", _begin)
            event.listen(engine.sync_engine, "do_execute", _put_off)
            return engine
        case "postgresql" | "postgres":
            return create_async_engine(
                f"postgresql+asyncpg://{rest}",
                hide_parameters=True,
                pool_pre_ping=True,
                pool_size=5,
                max_overflow=15,
                connect_args={"timeout": 10, "command_timeout": 60},
            )
    raise Permanent("state_url: no state store speaks this; use sqlite:///… or postgresql://…")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin late, after the first read; we say BEGIN ourselves
    cursor: sqlite3.Cursor = connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()  # nobody else knows it yet: its thread and its file would stay for ever
        raise
    cursor.close()


def _put_off(cursor: Any, statement: str, parameters: Sequence[Any], context: ExecutionContext) -> bool:
    """Whether there is nothing more to be done for the statement now."""
    is_put_off = bool(context.execution_options.get(PUT_OFF))
    if is_put_off:
        cursor.put_off(statement, parameters)
    return is_put_off


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once, so that it never fails half-way; a reader sees one moment and takes none."""
    reading = connection.get_execution_options().get("reading", False)
    driver: Any = connection.connection.dbapi_connection
    if reading != ALONE:  # a single query sees one moment by itself
        driver.begin_with_the_next("BEGIN" if reading else "BEGIN IMMEDIATE")
