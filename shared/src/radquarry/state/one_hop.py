"""SQLite beneath SQLAlchemy with one visit of aiosqlite's thread for each statement.

SQLAlchemy's own adapter goes there four times (cursor, execute, fetch, close) and three times more for BEGIN. On two
cores the visits, not SQLite, are what a transaction costs. See `docs/decisions/0002-dependencies.md`.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.util.concurrency import await_

Statement = tuple[str, Sequence[Any]]
Told = tuple[list[Any], Any, int, int | None]
"""Rows, description, number of changed rows, number of the last row."""


class OneHopCursor:
    """A cursor of the DB API 2.0 whose rows are all here when `execute` returns."""

    arraysize = 1

    def __init__(self, connection: "OneHopConnection") -> None:
        self._connection = connection
        self._rows: deque[Any] = deque()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        """Raises `sqlite3.Error`."""
        self._take(lambda cursor: cursor.execute(operation, parameters))

    def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Raises `sqlite3.Error`."""
        self._take(lambda cursor: cursor.executemany(operation, parameters))

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """At most `size` rows."""
        return [self._rows.popleft() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()

    def put_off(self, operation: str, parameters: Sequence[Any]) -> None:
        """Run it just before the next statement, or with the commit; what it comes to is not told."""
        self._connection.before_the_next(operation, parameters)

    def setinputsizes(self, *sizes: Any) -> None:
        """SQLite has no use for them."""

    def close(self) -> None:
        """SQLite's own cursor is closed already."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """What SQLAlchemy asks for when the rows are to outlive the cursor: they do."""

    def _take(self, work: Callable[[sqlite3.Cursor], sqlite3.Cursor]) -> None:
        rows, self.description, self.rowcount, self.lastrowid = self._connection.visit(work)
        self._rows = deque(rows)


class OneHopConnection(AsyncAdapt_aiosqlite_connection):
    """A connection that says BEGIN, and what was put off, together with the next statement."""

    __slots__ = ("_begin", "_put_off")

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin = ""
        self._put_off: list[Statement] = []

    def begin_with_the_next(self, statement: str) -> None:
        """Run `statement` just before the next one; a transaction without any never begins."""
        self._begin = statement

    def before_the_next(self, operation: str, parameters: Sequence[Any]) -> None:
        """Run it in the transaction, with whatever visits the thread next; a roll-back takes it away unsaid."""
        self._put_off.append((operation, parameters))

    def cursor(self, server_side: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - SQLAlchemy's
        """See DB API 2.0; rows that are asked for one by one are all here too, as SQLAlchemy's would not BEGIN."""
        return OneHopCursor(self)

    def visit(self, work: Callable[[sqlite3.Cursor], sqlite3.Cursor]) -> Told:
        """Rows, description, number of changed rows and last row's number. Raises `sqlite3.Error`."""
        begin, self._begin = self._begin, ""
        first, self._put_off = self._put_off, []
        try:
            return await_(self._visited([(begin, ()), *first] if begin else first, work))
        except sqlite3.Error:
            if not self._is_inside() and begin:  # whoever goes on after the error would be outside of any transaction
                self._begin, self._put_off = begin, first
            raise
        except ValueError as error:  # aiosqlite's word for a connection that is closed
            self._handle_exception(error)

    async def _visited(self, first: list[Statement], work: Callable[[sqlite3.Cursor], sqlite3.Cursor]) -> Told:
        driver: Any = self._connection
        async with self._execute_mutex:
            # aiosqlite has no public way of running more than one call in its thread
            told: Told = await driver._execute(_all_of, driver._conn, first, work)  # noqa: SLF001
            return told

    def commit(self) -> None:
        """See DB API 2.0; where nothing has begun there is nothing to do."""
        try:
            if self._put_off:
                self.visit(lambda cursor: cursor.execute("COMMIT"))
            elif self._is_begun():
                super().commit()
        except (sqlite3.Error, ValueError, OverflowError):  # the latter of what was put off and cannot be bound
            self.rollback()  # the pool takes it for over, and the next one could not begin
            raise

    def rollback(self) -> None:
        """See DB API 2.0; the pool asks for it after every commit."""
        self._put_off.clear()
        if self._is_begun():
            super().rollback()

    def _is_begun(self) -> bool:
        was_to_begin, self._begin = bool(self._begin), ""
        return not was_to_begin and self._is_inside()

    def _is_inside(self) -> bool:
        driver: Any = self._connection
        try:
            return bool(driver.in_transaction)
        except ValueError as error:  # it is closed: a commit that has nothing to do would look like one
            self._handle_exception(error)


class OneHop(AsyncAdapt_aiosqlite_dbapi):
    """What `create_async_engine(module=…)` takes."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *places: Any, **options: Any) -> OneHopConnection:
        """See DB API 2.0."""
        return OneHopConnection(self, super().connect(*places, **options).driver_connection)


def _all_of(
    connection: sqlite3.Connection, first: list[Statement], work: Callable[[sqlite3.Cursor], sqlite3.Cursor]
) -> Told:
    """In the connection's thread."""
    for operation, parameters in first:
        connection.execute(operation, parameters).close()
    cursor = work(connection.cursor())
    try:
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()
