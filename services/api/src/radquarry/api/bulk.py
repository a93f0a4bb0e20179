"""Many rows in one step.

Each step of SQLite gives up the interpreter's lock and waits for it beside a busy event loop (up to 5 ms), so
hundreds of rows go in, and come out, as one JSON value. PostgreSQL takes the same JSON.
"""

import json
from collections import namedtuple
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Select, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

Found = Any
"""A row, by column name."""


async def fetch(connection: AsyncConnection, statement: Select[Any]) -> list[Found]:
    """The rows of `statement`, by column name; no column may hold bytes."""
    if connection.dialect.name != "sqlite":
        return list((await connection.execute(statement)).all())
    inner = statement.subquery()
    whole = select(func.json_group_array(func.json_array(*inner.c))).select_from(inner)
    rows = json.loads(await connection.scalar(whole) or "[]")
    row_type = namedtuple("row_type", [column.name for column in inner.c])  # type: ignore[misc]  # noqa: PYI024 - names are known at run time only
    readers = [_reader(column.type, connection.dialect) for column in inner.c]
    return [row_type(*(read(value) for read, value in zip(readers, row, strict=True))) for row in rows]


def _reader(column_type: Any, dialect: Dialect) -> Any:
    """What makes the store's value ours."""
    reader = column_type.dialect_impl(dialect).result_processor(dialect, None)
    return reader or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


async def put(
    connection: AsyncConnection, table: Table, rows: Sequence[Sequence[Any]], columns: Sequence[str], newest: str = ""
) -> None:
    """Insert `rows` (values in the order of `columns`, that JSON can hold) or replace them by their primary key.

    With `newest`, a row is replaced only by one whose value in that column is not smaller.
    """
    if not rows:
        return
    statement = text(_statement(connection.dialect, table, tuple(columns), newest))
    await connection.execute(statement, {"rows": json.dumps(rows, separators=(",", ":"), default=_plain)})


def _plain(value: UUID | date) -> str:
    return value.hex if isinstance(value, UUID) else value.isoformat()


def _statement(dialect: Dialect, table: Table, columns: tuple[str, ...], newest: str) -> str:
    keys = [column.name for column in table.primary_key]
    fresh = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    if dialect.name == "sqlite":
        values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
        source = "json_each(:rows)"
    else:
        values = ", ".join(
            f"CAST(value->>{place} AS {table.c[name].type.compile(dialect)})" for place, name in enumerate(columns)
        )
        source = "json_array_elements(CAST(:rows AS json)) AS value"
    guard = f" WHERE excluded.{newest} >= {table.name}.{newest}" if newest else ""
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {values} FROM {source} WHERE true "  # noqa: S608 - names from our own tables
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {fresh}{guard}"
    )
