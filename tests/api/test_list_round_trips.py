"""What is written into a list comes back, whatever its form; any bytes are a list or are refused."""

import csv
import io
import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as some

from radquarry.api.lists.reading import read_list
from radquarry.api.problems import Problem
from tests.api.read_lists import workbook

PLAIN = some.text(some.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30).filter(
    lambda text: not re.fullmatch(r'="[^"]*"', text)
)
TABLE = some.lists(some.tuples(PLAIN, PLAIN), min_size=1, max_size=20)


@given(TABLE, some.sampled_from(",;\t"), some.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), some.booleans())
def test_every_csv_comes_back_as_its_rows(
    lines: list[tuple[str, str]], delimiter: str, encoding: str, quote_all: bool
) -> None:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows([("AccessionNumber", "PatientID"), *lines])

    read = read_list(text.getvalue().encode(encoding))

    assert [(row.accession_number, row.patient_id) for row in read.rows] == lines
    assert [row.number for row in read.rows] == list(range(1, len(lines) + 1))


@settings(max_examples=25)
@given(TABLE)
def test_every_workbook_comes_back_as_its_rows(lines: list[tuple[str, str]]) -> None:
    written = [[value if not value.startswith("=") else f"A{value}" for value in line] for line in lines]

    read = read_list(workbook(["AccessionNumber", "PatientID"], *written))

    assert [[row.accession_number, row.patient_id] for row in read.rows] == written


@given(some.lists(some.from_regex(r"[A-Z0-9./-]{1,20}", fullmatch=True), min_size=1, max_size=30))
def test_one_number_a_line_needs_no_heading(values: list[str]) -> None:
    read = read_list("\r\n".join(["4711", *values]).encode(), "patient_id")

    assert [row.patient_id for row in read.rows] == ["4711", *values]
    assert not read.has_headings


@given(some.binary(max_size=400))
def test_any_bytes_are_a_list_or_are_refused_in_a_sentence(content: bytes) -> None:
    assert is_read_or_refused(content)


def is_read_or_refused(content: bytes) -> bool:
    """Nothing else may come of it: any other error fails the test."""
    try:
        return bool(read_list(content).rows)
    except Problem as refused:
        return refused.status == 422 and refused.detail.endswith(".")


@settings(max_examples=50, deadline=None)
@given(some.data())
def test_a_damaged_workbook_is_a_list_or_is_refused(data: some.DataObject) -> None:
    content = bytearray(DAMAGED)
    for place in data.draw(some.lists(some.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[place] = data.draw(some.integers(0, 255))

    assert is_read_or_refused(bytes(content))


DAMAGED = workbook(["AccessionNumber", "Date"], ["A1", date(2024, 3, 4)], [17, None])
