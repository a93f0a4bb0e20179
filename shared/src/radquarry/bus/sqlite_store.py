"""What the embedded bus asks of its file.

Each statement handles a whole batch in one step: `sqlite3` lets go of the interpreter lock at every step and gets
it back only when the busy event loop pauses. Row by row, 256 inserts beside a busy loop took 1.1 s; as one, 10 ms.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from radquarry.bus.parking import with_ids
from radquarry.bus.port import Parked

ROWS_AT_ONCE = 250


class Row(NamedTuple):
    """A waiting message."""

    id: int
    attempt: int
    body: bytes


class Delay(NamedTuple):
    """The waiting message `id` is to come again at `due` (seconds since 1970)."""

    id: int
    due: float
    attempt: int


class Parking(NamedTuple):
    """The waiting message `id` is to be kept aside."""

    id: int
    reason: str
    attempts: int
    parked_at: float


def declare(connection: sqlite3.Connection, queues: Iterable[tuple[str, str]], *, passing: bool = False) -> None:
    """Make the queues of (service, topic) known; a passing one is dropped when its process is gone."""
    for service, topic in queues:
        connection.execute(
            "INSERT OR IGNORE INTO queues (service, topic, passing) VALUES (?, ?, ?)", (service, topic, passing)
        )


def queue_id(connection: sqlite3.Connection, service: str, topic: str) -> int:
    """The number of a declared queue."""
    found = connection.execute("SELECT id FROM queues WHERE service = ? AND topic = ?", (service, topic))
    return int(found.fetchone()[0])


def topics(connection: sqlite3.Connection) -> set[str]:
    """What anyone listens to."""
    return {topic for (topic,) in connection.execute("SELECT DISTINCT topic FROM queues").fetchall()}


def drop_passing(connection: sqlite3.Connection, but_for: str) -> None:
    """Forget broadcast queues, except those of the process `but_for`."""
    left = json.dumps(
        [
            queue
            for queue, service in connection.execute("SELECT id, service FROM queues WHERE passing").fetchall()
            if not service.startswith(but_for)
        ]
    )
    connection.execute("DELETE FROM waiting WHERE queue IN (SELECT value FROM json_each(?))", (left,))
    connection.execute("DELETE FROM queues WHERE id IN (SELECT value FROM json_each(?))", (left,))


def publish(connection: sqlite3.Connection, messages: Sequence[tuple[str, bytes]]) -> None:
    """Put each (topic, body) into every queue of its topic, in this order."""
    for some in _chunks(messages):
        connection.execute(
            "INSERT INTO waiting (queue, attempt, body) SELECT queues.id, 1, new.column2"  # noqa: S608 - placeholders only
            f" FROM (VALUES {_places(some)}) AS new CROSS JOIN queues ON queues.topic = new.column1",
            _flat(some),
        )


def replay(connection: sqlite3.Connection, service: str, topic: str, body: bytes) -> bool:
    """Put one body into one queue, for the first time; False when there is no such queue."""
    changed = connection.execute(
        "INSERT INTO waiting (queue, attempt, body) SELECT id, 1, ? FROM queues WHERE service = ? AND topic = ?",
        (body, service, topic),
    )
    return changed.rowcount > 0


def delay(connection: sqlite3.Connection, delays: Sequence[Delay]) -> None:
    """Copy waiting messages to where they wait for their time."""
    for some in _chunks(delays):
        connection.execute(
            "INSERT INTO delayed (due, queue, attempt, body)"  # noqa: S608 - placeholders only
            " SELECT new.column2, waiting.queue, new.column3, waiting.body"
            f" FROM (VALUES {_places(some)}) AS new CROSS JOIN waiting ON waiting.id = new.column1",
            _flat(some),
        )


def park(connection: sqlite3.Connection, parkings: Sequence[Parking]) -> None:
    """Copy waiting messages to where they wait for a person."""
    for some in _chunks(parkings):
        connection.execute(
            "INSERT INTO parked (service, topic, body, reason, attempts, parked_at)"  # noqa: S608 - placeholders only
            " SELECT service, topic, body, new.column2, new.column3, new.column4"
            f" FROM (VALUES {_places(some)}) AS new CROSS JOIN waiting ON waiting.id = new.column1"
            " JOIN queues ON queues.id = waiting.queue",
            _flat(some),
        )


def forget(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Let go of waiting messages."""
    connection.execute("DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),))


def read(connection: sqlite3.Connection, queue: int, after: int, limit: int) -> list[Row]:
    """The first `limit` messages of a queue behind `after`."""
    some = "(SELECT id, attempt, body FROM waiting WHERE queue = :queue AND id > :after ORDER BY id LIMIT :limit)"
    asked = {"queue": queue, "after": after, "limit": limit}
    found = connection.execute(
        "SELECT '[' || group_concat('[' || id || ',' || attempt || ',' || length(body) || ']') || ']',"  # noqa: S608
        f" CAST(group_concat(body, '') AS BLOB) FROM {some}",
        asked,
    )
    heads, bodies = found.fetchone()
    rows = list(_cut(json.loads(heads), bodies)) if heads else []
    if sum(len(row.body) for row in rows) == len(bodies or b"") and all(a.id < b.id for a, b in pairwise(rows)):
        return rows
    # a zero byte ends a text of SQLite's: such a body is no JSON, but it has to come out to be parked
    return [Row(*row) for row in connection.execute(f"SELECT id, attempt, body FROM {some}", asked)]  # noqa: S608


def ripen(connection: sqlite3.Connection, now: float, limit: int = 500) -> tuple[set[int], float | None]:
    """Put back up to `limit` messages whose time has come: their queues, and when the next is due."""
    found = connection.execute(
        "SELECT json_group_array(json_array(id, queue)) FROM"
        " (SELECT id, queue FROM delayed WHERE due <= ? ORDER BY due, id LIMIT ?)",
        (now, limit),
    )
    ripe = json.loads(found.fetchone()[0])
    if ripe:
        ids = json.dumps([number for number, _ in ripe])
        connection.execute(
            "INSERT INTO waiting (queue, attempt, body) SELECT queue, attempt, body FROM json_each(?) AS ripe"
            " CROSS JOIN delayed ON delayed.id = ripe.value",
            (ids,),
        )
        connection.execute("DELETE FROM delayed WHERE id IN (SELECT value FROM json_each(?))", (ids,))
    due = connection.execute("SELECT min(due) FROM delayed").fetchone()[0]
    return {queue for _, queue in ripe}, due


def read_parked(connection: sqlite3.Connection, after: int) -> tuple[int, Parked] | None:
    """The first parked message behind number `after`, and its number."""
    row = connection.execute(
        "SELECT id, service, topic, body, reason, attempts, parked_at FROM parked WHERE id > ? ORDER BY id LIMIT 1",
        (after,),
    ).fetchone()
    if row is None:
        return None
    number, service, topic, body, reason, attempts, parked_at = row
    at = datetime.fromtimestamp(parked_at, UTC)
    return number, with_ids(Parked(service, topic, body, reason, attempts, at))


def forget_parked(connection: sqlite3.Connection, number: int) -> None:
    """Let go of a parked message."""
    connection.execute("DELETE FROM parked WHERE id = ?", (number,))


def changes_by_others(connection: sqlite3.Connection) -> int:
    """A number that changes when another process has written."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def depths(path: Path) -> dict[str, int]:
    """How many messages are where, read beside the writer."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        found = connection.execute(
            "SELECT service || '.' || topic, (SELECT count(*) FROM waiting WHERE queue = queues.id) FROM queues"
            " WHERE NOT passing UNION ALL SELECT 'delayed', count(*) FROM delayed"
            " UNION ALL SELECT 'parked', count(*) FROM parked"
        )
        return dict(found.fetchall())
    finally:
        connection.close()


def _cut(heads: Iterable[tuple[int, int, int]], bodies: bytes) -> Iterable[Row]:
    start = 0
    for number, attempt, length in heads:
        yield Row(number, attempt, bodies[start : start + length])
        start += length


def _chunks(rows: Sequence[tuple[Any, ...]]) -> Iterable[list[tuple[Any, ...]]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some


def _places(rows: Sequence[tuple[Any, ...]]) -> str:
    row = f"({', '.join('?' * len(rows[0]))})"
    return ", ".join([row] * len(rows))


def _flat(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    return [value for row in rows for value in row]
