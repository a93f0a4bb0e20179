"""A table as Apache Parquet; pyarrow comes with `radquarry-standalone[parquet]`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any

try:
    import pyarrow as pa  # type: ignore[import-untyped]  # it brings no types
    from pyarrow import parquet
except ImportError:  # the only library of which most have no use
    pa = None

INTEGERS = range(-(2**63), 2**63)


def is_parquet_written() -> bool:
    """Whether the library is here."""
    return pa is not None


def write_parquet(
    output: IO[bytes],
    fields: Sequence[str],
    rows: Iterable[Mapping[str, object]],
    text_of: Callable[[object], str],
) -> None:
    """All rows in one table: a column has a type of its own where all its values agree, else it holds text."""
    held = list(rows)
    columns = [_column([row.get(name) for row in held], text_of) for name in fields]
    parquet.write_table(pa.Table.from_arrays(columns, names=list(fields)), output, compression="zstd")


def _column(values: Sequence[object], text_of: Callable[[object], str]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(value in INTEGERS for value in values if value is not None):
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if value is None else float(str(value)) for value in values], pa.float64())
    if kinds == {date}:
        return pa.array(values, pa.date32())
    if kinds == {datetime} and not any(isinstance(value, datetime) and value.tzinfo for value in values):
        return pa.array(values, pa.timestamp("us"))
    return pa.array([None if value is None else text_of(value) for value in values], pa.string())
