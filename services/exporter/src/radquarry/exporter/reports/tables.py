"""Columns of a table that hold people: below Name or Arzt, between tabs, strokes, semicolons or two spaces."""

import re
from collections.abc import Iterator
from itertools import pairwise

from radquarry.exporter.reports.naming import NAMES, end_of_names
from radquarry.exporter.reports.spans import Span, marked
from radquarry.exporter.reports.word_lists import listed

LINE = re.compile(r"[^\n]+")
CELL = re.compile(r"[^\t|;]+")
COLUMN = re.compile(r"\S+(?:[^\S\n]\S+)*")
"""Words with one space between them."""
TITLES = re.compile(r"(?:\s*(?:Dr|Prof|Hr|Fr|med|Herrn?|Frau|Mr|Mrs|Ms|Mme|PD|Dott)\b\.?)*\s*")
PERSON = re.compile(rf"{NAMES}(?:,\s?{NAMES})?")
NOTHING = re.compile(r"[\s|:+=;-]*")
FEWEST_CELLS, LONGEST_HEADING = 2, 300


def people_in_columns(text: str) -> Iterator[Span]:
    """The names below such a heading, in the lines that follow it and have as many cells, or cells at its place."""
    columns: list[tuple[int, int, int]] = []
    for before, line in pairwise([re.match(r"", text), *LINE.finditer(text)]):
        if before is None or line is None or (columns and text.count("\n", before.end(), line.start()) > 2):
            columns = []
        if line is None or NOTHING.fullmatch(line[0]):
            continue
        cells = _cells(line[0])
        headings = _headings(cells) if len(line[0]) <= LONGEST_HEADING else None
        if headings is not None:
            columns = headings
        elif len(cells) < FEWEST_CELLS:
            columns = []
        else:
            for number, begin, end in columns:
                yield from _names(text, line.start(), _at(cells, number, begin, end))


def _cells(line: str) -> list[re.Match[str]]:
    pattern = CELL if re.search(r"[\t|;]", line) else COLUMN
    return [found for found in pattern.finditer(line) if found[0].strip()]


def _headings(cells: list[re.Match[str]]) -> list[tuple[int, int, int]] | None:
    """Number of the cell, and from where to where it stands, of each that is headed by a person; None: no heading."""
    said = [cell[0].strip(" *:.").casefold() for cell in cells]
    if len(cells) < FEWEST_CELLS or not any(each in listed("columns_of_people.txt") for each in said):
        return None
    things = any(each in listed("columns_of_things.txt") for each in said)
    return [
        (number, cell.start(), cell.end())
        for number, (cell, each) in enumerate(zip(cells, said, strict=True))
        if each in listed("columns_of_people.txt") and not (things and each == "name")
    ]


def _at(cells: list[re.Match[str]], number: int, begin: int, end: int) -> list[re.Match[str]]:
    """The cell that lies below; by its number where none does."""
    below = [cell for cell in cells if cell.start() < end and cell.end() > begin and cell.re is COLUMN]
    return below or cells[number : number + 1]


def _names(text: str, line: int, cells: list[re.Match[str]]) -> Iterator[Span]:
    for cell in cells:
        title = TITLES.match(text, line + cell.start(), line + cell.end())
        begin = title.end() if title else line + cell.start()
        found = PERSON.match(text, begin, line + cell.end())
        if found is not None:
            end = end_of_names(text, begin, found.end(), surely=True)
            if end > begin:
                yield marked(begin, end, "name")
