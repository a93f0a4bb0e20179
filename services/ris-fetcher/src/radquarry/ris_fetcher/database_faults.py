"""What the errors of a RIS's database mean: it is away, or it will never answer this query."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from radquarry.ris_fetcher.ris import RisAway, RisRefuses

PASSING = ("08", "40", "53", "55", "57", "58", "XX", "F0")
"""SQLSTATE classes that pass by themselves: connection, rollback, resources, lock, shutdown, faults of the server."""
UNFIT = "22"
"""The SQLSTATE class of values that do not fit their type."""
CANCELLED = "57014"
CLOSED = ("28", "3D")
"""SQLSTATE classes of a door that is closed to us: name or password, database."""
WORDS = {
    "25006": "writes, and only reading is allowed",
    "42501": "reads what this user may not read",
    "42601": "is no SQL that this database understands",
    "42703": "names a column that is not there",
    "42P01": "names a table that is not there",
    "42883": "compares or calls what does not fit; a parameter is text: write CAST(:name AS …) for other columns",
}
"""SQLSTATE → what is wrong with the query (PostgreSQL, appendix A)."""
SQLITE_PASSING = {"BUSY", "LOCKED", "INTERRUPT", "IOERR", "NOMEM", "FULL", "PROTOCOL", "ABORT"}
"""SQLite's result codes that pass by themselves."""


class Unfit(RisRefuses):
    """A value, of ours or in the table, does not fit the type that the query gives it."""


@contextmanager
def mapped(name: str, key: str, patience: float) -> Iterator[None]:
    """Every foreign error becomes `RisAway` or `RisRefuses`; their own texts hold values and are not repeated.

    `name` is the RIS, `key` the query in its configuration, `patience` in seconds what it was given.
    """
    try:
        yield
    except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as error:
        raise verdict(error, name, key, patience) from None
    except ResourceClosedError:
        raise RisRefuses(f"{name}: ris.{name}.{key} gives no rows") from None
    except UnicodeError:
        raise RisRefuses(f"{name}: ris.{name}.{key} gives text in another encoding than the database says") from None
    except (TimeoutError, PoolTimeoutError):
        raise RisAway(f"{name}: no answer in {patience:g} s") from None
    except OSError as error:
        raise RisAway(f"{name}: {type(error).__name__}") from None


def verdict(error: Exception, name: str, key: str, patience: float) -> RisAway | RisRefuses:
    """What one error means, of a driver or as SQLAlchemy passes it on."""
    fault = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(fault, sqlite3.Error):
        return _of_sqlite(fault, name, key, patience)
    if code := getattr(fault, "sqlstate", None) or "":
        return _of_state(code, name, key, patience)
    if isinstance(fault, ValueError) or isinstance(getattr(fault, "__cause__", None), ValueError):
        return RisRefuses(f"{name}: its driver cannot use ris.{name}.url")
    if isinstance(error, OperationalError | InterfaceError | asyncpg.InterfaceError):
        return RisAway(f"{name}: does not answer")
    return RisRefuses(f"{name}: ris.{name}.{key} is refused ({type(error).__name__})")


def _of_state(code: str, name: str, key: str, patience: float) -> RisAway | RisRefuses:
    """By SQLSTATE."""
    if code == CANCELLED:
        return RisAway(f"{name}: no answer in {patience:g} s")
    if code.startswith(PASSING):
        return RisAway(f"{name}: does not answer (SQLSTATE {code})")
    if code.startswith(CLOSED):
        return RisRefuses(f"{name}: refuses us (SQLSTATE {code}): mend name, password and database of ris.{name}.url")
    if code.startswith(UNFIT):
        return Unfit(f"{name}: a value does not fit its type in ris.{name}.{key} (SQLSTATE {code})")
    return RisRefuses(f"{name}: ris.{name}.{key} {WORDS.get(code, 'is refused')} (SQLSTATE {code})")


def _of_sqlite(error: sqlite3.Error, name: str, key: str, patience: float) -> RisAway | RisRefuses:
    code = getattr(error, "sqlite_errorname", "SQLITE_UNKNOWN").removeprefix("SQLITE_")
    if code == "INTERRUPT":
        return RisAway(f"{name}: no answer in {patience:g} s")
    if code.startswith("CANTOPEN"):
        return RisAway(f"{name}: its file cannot be opened; is ris.{name}.url right?")
    if code.split("_")[0] in SQLITE_PASSING:
        return RisAway(f"{name}: does not answer ({code})")
    if code.split("_")[0] in ("NOTADB", "CORRUPT"):
        return RisRefuses(f"{name}: its file is no database of SQLite's ({code}); mend ris.{name}.url")
    text = str(error)
    words = next((words for sign, words in SQLITE_WORDS.items() if text.startswith(sign)), "is refused")
    return RisRefuses(f"{name}: ris.{name}.{key} {words} ({code})")


SQLITE_WORDS = {
    "no such table": WORDS["42P01"],
    "no such column": WORDS["42703"],
    "near ": WORDS["42601"],
    "incomplete input": WORDS["42601"],
    "attempt to write": WORDS["25006"],
}
"""How the texts of its errors begin → what is wrong with the query."""
