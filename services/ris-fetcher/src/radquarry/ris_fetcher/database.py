"""A RIS's database, read and never written: one named-parameter query at a time, its rows as they are needed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import URL, Date, String, TextClause, bindparam, event, make_url, text
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from radquarry.configuration.ris import NAMED_PARAMETER, SqlRis, is_date
from radquarry.ris_fetcher.database_faults import mapped
from radquarry.ris_fetcher.report_text import decoded
from radquarry.ris_fetcher.ris import RisRefuses

Record = Mapping[str, Any]
"""A row: column name in lower case → value."""

FRESH_SECONDS = 300
"""How long a connection is used: a firewall forgets it sooner or later."""
SPARE_SECONDS = 2.0
"""After its time a statement is ended by the database itself, and so much later by us."""
KNOWN_OF_POSTGRES = {"ssl", "sslmode", "host", "port", "target_session_attrs"}
"""What may stand behind the `?` of its URL."""


@dataclass(frozen=True)
class Query:
    """A query of the configuration: its key there, its named parameters, the columns it must give."""

    key: str
    sql: str
    needs: frozenset[str]

    @property
    def parameters(self) -> frozenset[str]:
        """Names of what is bound."""
        return frozenset(NAMED_PARAMETER.findall(self.sql))

    @property
    def statement(self) -> TextClause:
        """With typed parameters: what is called `…_date` is a date, everything else is text."""
        return _typed(self.sql)

    @property
    def without_rows(self) -> TextClause:
        """The same question with the answer left out: the database says whether it understands it."""
        asked = self.sql.strip().rstrip(";")
        return _typed(f"SELECT * FROM (\n{asked}\n) AS asked WHERE 1 = 0")  # noqa: S608 - the configuration's own SQL


def _typed(sql: str) -> TextClause:
    names = dict.fromkeys(NAMED_PARAMETER.findall(sql))
    types = {name: Date() if is_date(name) else String() for name in names}
    return text(sql).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))


class Database:
    """At most so many connections as the RIS may have in parallel, and one for lists."""

    def __init__(self, name: str, engine: AsyncEngine, patience: float) -> None:
        self.name = name
        self._engine = engine
        self._patience = patience

    @classmethod
    @asynccontextmanager
    async def open(cls, name: str, section: SqlRis) -> AsyncIterator[Self]:
        """Connects when it is first asked. Raises `RisRefuses` for a URL that no driver of ours reads."""
        engine = _engine(name, section)
        try:
            yield cls(name, engine, section.timeout_seconds)
        finally:
            await engine.dispose()

    async def portions(
        self, query: Query, values: Mapping[str, object], size: int
    ) -> AsyncGenerator[list[Record], None]:
        """The rows in portions of at most `size`; to be closed by who leaves early. Raises `RisAway`, `RisRefuses`."""
        with mapped(self.name, query.key, self._patience):
            async with self._connected() as connection:
                async with self._in_time(connection):
                    result = await connection.stream(query.statement, values)
                columns = self._columns(query, result.keys())
                while True:
                    async with self._in_time(connection):
                        rows = await result.fetchmany(size)
                    if not rows:
                        return
                    yield [dict(zip(columns, row, strict=True)) for row in rows]

    async def check(self, query: Query) -> None:
        """Ask without wanting an answer; raises `RisRefuses` where the query cannot work."""
        with mapped(self.name, query.key, self._patience):
            async with self._connected() as connection, self._in_time(connection):
                result = await connection.execute(query.without_rows, dict.fromkeys(query.parameters))
                self._columns(query, result.keys())

    def _columns(self, query: Query, names: Any) -> list[str]:
        columns = [str(name).lower() for name in names]
        if absent := sorted(query.needs - set(columns)):
            raise RisRefuses(f"{self.name}: ris.{self.name}.{query.key} gives no column {absent[0]}")
        return columns

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(self._patience + SPARE_SECONDS):
                connection = await stack.enter_async_context(self._engine.connect())
            yield connection

    @asynccontextmanager
    async def _in_time(self, connection: AsyncConnection) -> AsyncIterator[None]:
        """PostgreSQL ends a statement by itself when its time is over, SQLite must be told."""
        ending: asyncio.Task[None] | None = None
        if self._engine.dialect.name == "sqlite":
            driver = (await connection.get_raw_connection()).driver_connection
            ending = asyncio.create_task(_interrupt(driver, self._patience))
        try:
            async with asyncio.timeout(self._patience + SPARE_SECONDS):
                yield
        finally:
            if ending is not None:
                ending.cancel()


async def _interrupt(driver: Any, after: float) -> None:
    await asyncio.sleep(after)
    await driver.interrupt()


def _engine(name: str, section: SqlRis) -> AsyncEngine:
    try:
        url = make_url(section.url.get_secret_value())
        if section.password is not None:
            url = url.set(password=section.password.get_secret_value())
        address, arguments = _read_only(name, url, section.timeout_seconds)
        engine = create_async_engine(
            address,
            connect_args=arguments,
            hide_parameters=True,
            pool_size=section.parallel + 1,
            max_overflow=0,
            pool_timeout=section.timeout_seconds,
            pool_recycle=FRESH_SECONDS,
            pool_pre_ping=True,
        )
    except (ArgumentError, InvalidRequestError, ImportError, ValueError):
        # their texts repeat parts of the URL
        raise RisRefuses(
            f"ris.{name}.url cannot be used: write special characters of a password as %40 or give ris.{name}.password;"
            " a database other than PostgreSQL and SQLite needs an asynchronous driver, installed and named"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _read_only(name: str, url: URL, patience: float) -> tuple[URL, dict[str, Any]]:
    """The URL and the driver's arguments with which nothing can be written, where the database knows such a thing."""
    match url.get_backend_name():
        case "sqlite":
            if not url.database or url.database == ":memory:":
                raise RisRefuses(f"ris.{name}.url names no file")
            file = f"file:{quote(url.database)}"
            address = URL.create("sqlite+aiosqlite", database=file, query={"mode": "ro", "uri": "true"})
            return address, {"timeout": patience}
        case "postgresql" | "postgres":
            if strange := sorted(set(url.query) - KNOWN_OF_POSTGRES):
                raise RisRefuses(f"ris.{name}.url: {strange[0]!r} is not known behind '?'")
            address = url.set(drivername="postgresql+asyncpg")
            if mode := url.query.get("sslmode"):
                address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
            settings = {
                "application_name": "radquarry",
                "default_transaction_read_only": "on",
                "statement_timeout": str(round(patience * 1000)),
            }
            return address, {"timeout": patience, "server_settings": settings}
    return url, {}


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Text that is not UTF-8, as older programs leave it, is taken as Latin-1."""
    connection.driver_connection.text_factory = _text


def _text(content: bytes) -> str:
    return decoded(content, "text/plain")
