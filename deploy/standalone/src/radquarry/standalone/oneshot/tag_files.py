"""A table of tags as a file: CSV, JSON Lines, or Parquet by the ending of its name."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import IO

from radquarry.configuration.file import ConfigurationError
from radquarry.standalone.oneshot.parquet_file import is_parquet_written, write_parquet
from radquarry.standalone.oneshot.table_file import replacing, write_table
from radquarry.standalone.oneshot.tag_rows import TagTable

JSON_LINES = (".jsonl", ".ndjson")
PARQUET = ".parquet"
FORMS = (".csv", *JSON_LINES, PARQUET)
MIDNIGHT = time()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def checked_name(file: Path) -> Path:
    """Raises `ConfigurationError` for a form that is not written."""
    if file.suffix.lower() == PARQUET and not is_parquet_written():
        raise ConfigurationError([f"{file}: Parquet needs pyarrow: install radquarry-standalone[parquet]"])
    if file.suffix.lower() not in FORMS:
        raise ConfigurationError([f"{file}: a table is written as {' or '.join(FORMS)}"])
    return file


def write_tags(file: Path, table: TagTable) -> None:
    """Replace `file`; raises `TableNotWritten` and leaves it as it was."""
    if file.suffix.lower() in JSON_LINES:
        with replacing(file) as output:
            _write_lines(output, table.fields, table.rows)
        return
    if file.suffix.lower() == PARQUET:
        with replacing(file) as output:
            write_parquet(output, table.fields, table.rows, text_of)
        return
    write_table(file, table.fields, ([text_of(row.get(name)) for name in table.fields] for row in table.rows))


def text_of(value: object) -> str:
    """A cell: days and times of day as ISO 8601 has them."""
    match value:
        case None:
            return ""
        case datetime():
            is_day = value.time() == MIDNIGHT and value.tzinfo is None
            return value.date().isoformat() if is_day else value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case timedelta():
            return (EPOCH + value).time().isoformat()
        case list():
            return "\\".join(map(text_of, value))
    return str(value)


def _write_lines(output: IO[bytes], fields: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    for row in rows:
        kept = {name: _plain(row.get(name)) for name in fields}
        output.write(f"{json.dumps(kept, ensure_ascii=False)}\n".encode())


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else text_of(value)
