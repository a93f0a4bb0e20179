"""pacsanini's resources: the list of what to move, as CSV (by its heading) or in the database that pacsanini keeps."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import DateTime, String, column, select, table, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import PeerAway, Permanent
from radquarry.finder.pacs import Pacs
from radquarry.standalone.foreign.pacsanini import shown_address
from radquarry.standalone.oneshot.listing import Listing, Named, Patients, Place, Source

Level = Literal["PATIENT", "STUDY"]
KEYWORDS: dict[Level, str] = {"PATIENT": "PatientID", "STUDY": "StudyInstanceUID"}
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
MOST_PARAMETERS = 10_000

STUDIES_FIND = table(
    "studies_find", column("patient_id", String), column("study_uid", String), column("retrieved_on", DateTime)
)
"""What of pacsanini's table is used."""


def source_of(resources: str, level: Level) -> Source:
    """The list at a path or a database's address. Raises `ConfigurationError`."""
    if "://" in resources:
        return Database(resources, level)
    values, problems = listed_values(Path(resources), KEYWORDS[level])
    return Patients(values, problems) if level == "PATIENT" else Named(values, problems)


def listed_values(file: Path, keyword: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A column of a CSV, each value once, and what of it could not be read. Raises `ConfigurationError`."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines, delimiter=_delimiter(file)))
    except FileNotFoundError:
        raise ConfigurationError([f"{file}: there is no such list; radquarry find makes one"]) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError([f"{file}: cannot be read as CSV: {type(error).__name__}"]) from None
    heading = [name.strip() for name in rows[0]] if rows else []
    if keyword not in heading:
        raise ConfigurationError([f"{file}:1: has no column {keyword}"])
    place = heading.index(keyword)
    cells = [row[place].strip() if place < len(row) else "" for row in rows[1:] if any(row)]
    empty = sum(not cell for cell in cells)
    problems = (f"{empty} lines of {file.name} have no {keyword}",) if empty else ()
    return tuple(dict.fromkeys(filter(None, cells))), problems


def _delimiter(file: Path) -> str:
    with file.open(encoding="utf-8-sig") as lines:
        heading = lines.readline()
    return ";" if ";" in heading and "," not in heading else ","


class Database:
    """Studies that pacsanini has found and not retrieved; `mark` writes down which are retrieved now."""

    def __init__(self, url: str, level: Level) -> None:
        scheme, _, rest = url.partition("://")
        driver = DRIVERS.get(scheme.partition("+")[0])
        if driver is None:
            place = shown_address(url)
            raise ConfigurationError([f"storage.resources: {place}: a database is sqlite:///… or postgresql://…"])
        self._url = f"{driver}://{rest}"
        self._level = level

    async def listed(self, pacs: Pacs, place: Place) -> Listing:
        """See `Source`. Raises `PeerAway`, `Permanent`."""
        wanted = STUDIES_FIND.c.patient_id if self._level == "PATIENT" else STUDIES_FIND.c.study_uid
        query = select(wanted).where(STUDIES_FIND.c.retrieved_on.is_(None)).order_by(STUDIES_FIND.c.study_uid)
        engine = self._engine()
        try:
            async with engine.connect() as connection:
                values = [str(value).strip() for (value,) in await connection.execute(query) if value]
        except SQLAlchemyError as error:
            raise Permanent(f"storage.resources: the database cannot be read: {type(error).__name__}") from None
        except OSError:
            raise PeerAway("storage.resources: the database does not answer") from None
        finally:
            await engine.dispose()
        distinct = tuple(dict.fromkeys(values))
        source = Patients(distinct) if self._level == "PATIENT" else Named(distinct)
        return await source.listed(pacs, place)

    async def mark(self, studies: Sequence[str]) -> None:
        """These are here, whole. Raises `PeerAway`, `Permanent`."""
        engine = self._engine()
        try:
            async with engine.begin() as connection:
                for start in range(0, len(studies), MOST_PARAMETERS):
                    some = STUDIES_FIND.c.study_uid.in_(studies[start : start + MOST_PARAMETERS])
                    now = datetime.now(UTC).replace(tzinfo=None)
                    await connection.execute(update(STUDIES_FIND).where(some).values(retrieved_on=now))
        except SQLAlchemyError as error:
            raise Permanent(f"storage.resources: the database cannot be written: {type(error).__name__}") from None
        except OSError:
            raise PeerAway("storage.resources: the database does not answer") from None
        finally:
            await engine.dispose()

    def _engine(self) -> AsyncEngine:
        return create_async_engine(self._url, hide_parameters=True)
