"""Tables as Excel workbooks: every value arrives, nothing is a formula, memory stays flat, nothing is left behind."""

import io
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet._writer import ALL_TEMP_FILES

from radquarry.api.rest.tables import FORMULA
from radquarry.api.rest.workbooks import MOST_CHARACTERS, chunks, write_workbook
from radquarry.errors import PeerAway


async def each(rows: Iterable[Iterable[object]]) -> AsyncIterator[Iterable[object]]:
    for row in rows:
        yield row


async def opened(*rows: Iterable[object], rows_of_sheet: int = 1000) -> Any:
    file = await write_workbook(("a", "b", "c"), each(rows), rows_of_sheet)
    return load_workbook(io.BytesIO(b"".join([chunk async for chunk in chunks(file)])))


async def test_every_value_arrives_as_what_it_is() -> None:
    book = await opened((1, True, date(2024, 3, 4)), (None, 2.5, ("CT", "MR")), ("007", 10**18, date(1880, 1, 1)))

    first, second, third = list(book.active.iter_rows(min_row=2))
    assert [cell.value for cell in first[:2]] == [1, True]
    assert (first[2].value.date(), first[2].is_date) == (date(2024, 3, 4), True)
    assert [cell.value for cell in second] == [None, 2.5, "CT\\MR"]
    assert [cell.value for cell in third] == ["007", str(10**18), "1880-01-01"]


async def test_text_that_looks_like_a_formula_is_text_even_when_it_is_edited() -> None:
    texts = [f"{start}1+1" for start in FORMULA if start != "\r"]

    book = await opened(*((text, "-", "safe") for text in texts))

    rows = list(book.active.iter_rows(min_row=2))
    assert [row[0].value for row in rows] == texts
    assert {cell.data_type for row in rows for cell in row} == {"s"}
    assert [[cell.quotePrefix for cell in row] for row in rows] == [[True, True, False]] * len(texts)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
async def test_no_text_breaks_the_workbook_or_becomes_a_formula(texts: list[str]) -> None:
    book = await opened(*((text,) for text in texts))

    cells = [row[0] for row in book.active.iter_rows(min_row=2, max_row=len(texts) + 1)]
    assert [cell.value is not None for cell in cells] == [bool(text) for text in texts]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s"}


async def test_text_beyond_a_cell_is_cut_and_an_escape_stays_what_it_was() -> None:
    book = await opened(("x" * (MOST_CHARACTERS + 1), "_x0041_", "bad\x00\ud800\uffff"))

    long, escaped, broken = next(book.active.iter_rows(min_row=2))
    assert len(long.value) == MOST_CHARACTERS
    assert escaped.value in ("_x0041_", "_x005F_x0041_"), (
        "as a reader that knows escapes gives it, or one that does not"
    )
    assert broken.value == "bad\ufffd\ufffd\ufffd"


async def test_what_one_sheet_cannot_hold_goes_on_in_the_next() -> None:
    book = await opened(*((number,) for number in range(5)), rows_of_sheet=3)

    assert [[row[0] for row in sheet.values] for sheet in book] == [["a", 0, 1], ["a", 2, 3], ["a", 4]]


async def test_memory_stays_flat_however_many_rows_there_are() -> None:
    async def peak(count: int) -> int:
        tracemalloc.start()
        try:
            (await write_workbook(("a", "b", "c"), each((n, f"A{n}", "x" * 200) for n in range(count)))).close()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    await peak(10)
    few, many = await peak(1_000), await peak(8_000)

    assert many < few + 300_000, f"{few} bytes for 1,000 rows, {many} for 8,000 of 200 characters"


async def test_rows_that_end_in_an_error_leave_no_file_behind() -> None:
    before = list(ALL_TEMP_FILES)

    async def broken() -> AsyncIterator[Iterable[object]]:
        for number in range(300):
            yield (number, "P1", "")
        raise PeerAway("the state store does not answer")

    with pytest.raises(PeerAway):
        await write_workbook(("a", "b", "c"), broken())
    (await write_workbook(("a", "b", "c"), each([(1, "P1", "")]))).close()

    assert before == ALL_TEMP_FILES
