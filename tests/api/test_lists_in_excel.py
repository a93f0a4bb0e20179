"""Lists in Excel files: what spreadsheets do to numbers and dates, and files that are more, or less, than a list."""

import io
import re
import zipfile
from datetime import date, datetime

import pytest

from radquarry.api.lists.reading import read_list
from tests.api.read_lists import SHEET, notes, numbers, part_of, refusal, repacked, workbook

# What spreadsheets do to numbers


def test_numbers_that_may_have_lost_zeros_are_said() -> None:
    read = read_list(workbook(["Accession", "Patient ID"], [17, "P1"], [18.0, "P2"], ["0019", "P3"]))

    assert numbers(read) == ["17", "18", "0019"]
    assert notes(read) == {"numeric": {"n": 2, "column": "Accession"}}


def test_zeros_that_a_format_shows_are_kept() -> None:
    read = read_list(workbook(["Accession"], [17], formats={"A2": "000000"}))

    assert numbers(read) == ["000017"]
    assert notes(read) == {}


def test_digits_that_a_spreadsheet_cannot_hold_are_said() -> None:
    assert notes(read_list(workbook(["Accession"], [1234567890123456789])))["rounded"] == {"n": 1}
    for text in ("1.23E+11", "1.23457e+17"):
        assert notes(read_list(f"AccessionNumber\n{text}\nA2\n".encode())) == {"scientific": {"n": 1}}
    assert notes(read_list(b'AccessionNumber;x\n"1,23E+11";y\n'))["scientific"] == {"n": 1}


def test_dates_of_a_workbook_are_dates() -> None:
    read = read_list(
        workbook(["PatientID", "StudyDate"], ["P1", date(2024, 3, 4)], ["P2", datetime(2024, 3, 4, 8, 15)])  # noqa: DTZ001 - a workbook knows no zone
    )

    assert [row.study_date for row in read.rows] == [date(2024, 3, 4)] * 2


# Excel files that are more, or less, than a list


def test_the_first_sheet_with_anything_in_it_is_read_and_named() -> None:
    read = read_list(workbook(["Accession"], ["A1"], more=2))

    assert numbers(read) == ["A1"]
    assert notes(read) == {"one_sheet": {"sheet": "Sheet"}}


def test_a_formula_gives_what_was_last_shown_and_is_never_run() -> None:
    content = workbook(["Accession", "PatientID"], ["=1+1", "P1"], ["A2", "P2"])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sheet = packed.read(SHEET)
    assert numbers(read_list(content)) == ["", "A2"]  # nothing was ever shown

    shown = re.sub(rb'<c r="A2"[^>]*>.*?</c>', b'<c r="A2" t="str"><f>1+1</f><v>A77</v></c>', sheet)

    assert numbers(read_list(repacked(content, {SHEET: shown}))) == ["A77", "A2"]


def test_macros_are_not_looked_at() -> None:
    content = repacked(workbook(["Accession"], ["A1"]), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 Sub Auto_Open()"})

    assert numbers(read_list(content)) == ["A1"]


@pytest.mark.parametrize("entity", [b'SYSTEM "file:///etc/hostname"', b'"A77"'])
def test_entities_of_a_workbook_are_not_followed(entity: bytes) -> None:
    content = workbook(["Accession"], ["A1"])
    sheet = part_of(content, SHEET).replace(b"A1</t>", b"&e;</t>")
    declared = b"<!DOCTYPE worksheet [<!ENTITY e " + entity + b">]>" + sheet

    assert "cannot be read" in refusal(repacked(content, {SHEET: declared}))


def test_texts_that_cells_share_are_read_as_excel_writes_them() -> None:
    content = workbook(["Accession"], ["A1"])
    sheet = re.sub(rb't="inlineStr"><is><t>(\w+)</t></is>', rb't="s"><v>\1</v>', part_of(content, SHEET))
    sheet = sheet.replace(b"<v>Accession</v>", b"<v>0</v>").replace(b"<v>A1</v>", b"<v>1</v>")
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = part_of(content, "[Content_Types].xml").replace(
        b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    )
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = b"<sst " + space + b"><si><t>Accession</t></si><si><t>00017</t></si></sst>"
    change = {SHEET: sheet, "[Content_Types].xml": types, "xl/sharedStrings.xml": texts}

    assert numbers(read_list(repacked(content, change))) == ["00017"]


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "docProps/thumbnail.bmp"])
def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is(part: str) -> None:
    bomb = repacked(workbook(["Accession"], ["A1"]), {part: b" " * (65 * 1024 * 1024)})

    assert len(bomb) < 1024 * 1024
    assert "unpacks to too much" in refusal(bomb)


def test_an_archive_of_a_thousand_parts_is_refused() -> None:
    parts: dict[str, bytes | None] = {f"xl/media/{n}": b"" for n in range(1000)}

    assert "unpacks to too much" in refusal(repacked(workbook(["Accession"], ["A1"]), parts))


def test_a_workbook_of_too_many_rows_is_refused() -> None:
    sheet = b"".join(b'<row r="%d"><c t="inlineStr"><is><t>A</t></is></c></row>' % n for n in range(1, 50_010))
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    content = repacked(workbook(["x"]), {SHEET: head + sheet + b"</sheetData></worksheet>"})

    assert "more than 50000 rows" in refusal(content)


def test_other_files_with_the_same_beginning_are_refused() -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("word/document.xml", "<x/>")

    assert "no Excel file" in refusal(other.getvalue())
    assert "old (.xls) or encrypted" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert "cannot be read" in refusal(b"PK\x03\x04" + b"\0" * 100)
