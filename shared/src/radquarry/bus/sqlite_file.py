"""The embedded bus's file and its tables."""

import sqlite3
from pathlib import Path

from radquarry.errors import PeerAway

VERSION = 1
LARGEST_LOG = 64 * 1024 * 1024
SECONDS_TO_WAIT_FOR_ANOTHER_PROCESS = 30.0

SCHEMA = """
CREATE TABLE queues (id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, topic TEXT NOT NULL,
    passing INTEGER NOT NULL, UNIQUE (topic, service));
CREATE TABLE waiting (id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, attempt INTEGER NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX waiting_by_queue ON waiting (queue);
CREATE TABLE delayed (id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, queue INTEGER NOT NULL,
    attempt INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX delayed_by_due ON delayed (due);
CREATE TABLE parked (id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, topic TEXT NOT NULL,
    body BLOB NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, parked_at REAL NOT NULL);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for use by one thread at a time; the first to come creates it, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    connection = sqlite3.connect(
        path, timeout=SECONDS_TO_WAIT_FOR_ANOTHER_PROCESS, isolation_level=None, check_same_thread=False
    )
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise PeerAway(f"{path.name}: SQLite cannot keep a write-ahead log here; put data_dir on a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {LARGEST_LOG}")
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    if version not in (0, VERSION):
        connection.close()
        raise PeerAway(f"{path.name} was written by another radquarry (bus version {version}, not {VERSION})")
    return connection


def away(path: Path, error: sqlite3.Error | OSError) -> PeerAway:
    """The file's trouble as ours."""
    reason = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
    return PeerAway(f"the bus file {path.name}: {reason}")
