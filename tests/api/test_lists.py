"""Lists as people have them (CSV, Excel, a paste) become rows; what is doubtful is said, what is no list is refused."""

import codecs
import csv
import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from openpyxl import Workbook

from radquarry.api.lists.columns import meaning_of
from radquarry.api.lists.reading import ReadList, read_list
from radquarry.api.problems import Problem

SHEET = "xl/worksheets/sheet1.xml"
UID = "1.2.826.0.1.3680043.8.498.17"


def notes(read: ReadList) -> dict[str, Any]:
    return {note.kind: dict(note.values) for note in read.notes}


def numbers(read: ReadList) -> list[str]:
    return [row.accession_number for row in read.rows]


def refusal(content: bytes) -> str:
    with pytest.raises(Problem) as refused:
        read_list(content)
    assert refused.value.status == 422
    return refused.value.detail


def workbook(*lines: list[Any], formats: dict[str, str] | None = None, more: int = 0) -> bytes:
    """An Excel file; `formats` of cells, and so many further sheets."""
    book, content = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    for _ in range(more):
        book.create_sheet().append(["AccessionNumber"])
    book.save(content)
    return content.getvalue()


def repacked(content: bytes, change: dict[str, bytes | None]) -> bytes:
    """The same archive with other parts; a part that is None goes."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            if name not in change:
                packed.writestr(name, source.read(name))
        for name, part in change.items():
            if part is not None:
                packed.writestr(name, part)
    return target.getvalue()


# What is written comes back, whatever the form

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


# What columns are called

HEADINGS = {
    "accession_number": "AccessionNumber Accession-No. accession_number (0008,0050) Auftragsnummer Auftrags-Nr.",
    "study_instance_uid": "StudyInstanceUID Study_Instance_UID 0020000D UID SUID",
    "patient_id": "PatientID Patienten-ID MRN Pat.-Nr. PatID",
    "study_date": "StudyDate Studiendatum Datum Untersuchungsdatum",
    "modality": "Modality Modalität MODALITIES",
}


def test_headings_are_understood_as_people_write_them() -> None:
    for meaning, spellings in HEADINGS.items():
        for spelling in spellings.split():
            assert meaning_of(spelling) == meaning, spelling
    assert meaning_of("Accession Number") == "accession_number"
    assert meaning_of("Remark") is None


def test_columns_that_mean_nothing_and_second_ones_are_left_out() -> None:
    read = read_list(b"Remark;Accession;AccessionNumber;Datum\nx;A1;A2;2024-03-04\n")

    assert [column.meaning for column in read.columns] == [None, "accession_number", None, "study_date"]
    assert numbers(read) == ["A1"]


def test_a_table_without_a_heading_that_says_what_to_look_up_is_refused() -> None:
    assert "no heading that is understood" in refusal(b"Name;Ward\na;b\n")
    assert "No column holds accession numbers" in refusal(b"Datum;Modality\n2024-03-04;CT\n")
    assert refusal(b"AccessionNumber\n") == "The list has headings and no rows."
    for empty in (b"", b"\n \n", codecs.BOM_UTF8, workbook()):
        assert refusal(empty) == "The list is empty."


def test_what_looks_like_uids_is_looked_up_as_uids() -> None:
    assert read_list(f"{UID}1\n{UID}2\nA1".encode()).rows[0].study_instance_uid == f"{UID}1"
    assert read_list(b"1.5\n2024.1\n").rows[0].accession_number == "1.5"


# Text


@pytest.mark.parametrize("text", ["A1, A2,A3", "A1;A2;A3", "A1\tA2\tA3", "A1\rA2\rA3", "\nA1\n\n A2 \r\nA3\n\n"])
def test_a_paste_of_many_numbers_is_cut_where_a_person_sees_it(text: str) -> None:
    assert numbers(read_list(text.encode())) == ["A1", "A2", "A3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_umlauts_in_headings_survive_every_encoding(encoding: str) -> None:
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""

    read = read_list(mark + "Modalität;Auftragsnummer\nCT;Ä1\n".encode(encoding))

    assert (read.rows[0].modality, read.rows[0].accession_number) == ("CT", "Ä1")


def test_quotes_keep_what_they_hold() -> None:
    read = read_list(b'AccessionNumber,PatientID\n"A,1","say ""P"" "\n"=""00017""",P2\n"A\n3",P3\n')

    assert numbers(read) == ["A,1", "00017", "A\n3"]
    assert read.rows[0].patient_id == 'say "P"'


def test_a_delimiter_in_every_value_does_not_mislead() -> None:
    read = read_list(b"AccessionNumber;PatientID\nA,1;P,1\nA,2;P,2\n")

    assert [(row.accession_number, row.patient_id) for row in read.rows] == [("A,1", "P,1"), ("A,2", "P,2")]


def test_short_lines_and_long_lines_are_rows_too() -> None:
    read = read_list(b"PatientID;AccessionNumber;Datum\nP1\nP2;A2;2024-03-04;more;and more\n")

    assert [(row.patient_id, row.accession_number) for row in read.rows] == [("P1", ""), ("P2", "A2")]


def test_what_is_no_text_is_refused() -> None:
    assert "no text and no Excel file" in refusal(b"A1\0\0\xff")
    assert "quotation mark" in refusal(b'AccessionNumber\n"' + b"x" * 200_000)


def test_more_than_a_crawl_takes_is_refused() -> None:
    assert "more than 50000 rows" in refusal(b"A1\n" * 50_002)
    assert len(read_list(b"AccessionNumber\n" + b"A1\n" * 50_000).rows) == 50_000
    assert "more than 100 columns" in refusal(b"AccessionNumber;x\n" + b";".join([b"x"] * 101))


# Dates


@pytest.mark.parametrize(
    "text", ["2024-03-04", "20240304", "2024/3/4", "4.3.2024", "04. 03.2024", "2024-03-04T08:15:00", "04.03.2024 08:15"]
)
def test_a_date_is_read_as_it_is_written(text: str) -> None:
    assert read_list(f"PatientID;Datum\nP1;{text}\n".encode()).rows[0].study_date == date(2024, 3, 4)


@pytest.mark.parametrize("text", ["03/04/2024", "soon", "2024-13-01", "30.02.2024", "240304"])
def test_a_date_that_could_mean_another_is_left_out_and_said(text: str) -> None:
    read = read_list(f"PatientID;Datum\nP1;{text}\n".encode())

    assert read.rows[0].study_date is None
    assert notes(read)["unread_date"] == {"n": 1}


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


def test_what_cannot_be_an_identifier_is_left_out_and_said() -> None:
    read = read_list(("AccessionNumber;PatientID\n" + "A" * 65 + ";P1\n;\nA1;\nA1;\n;CT\n").encode())

    assert read.rows[0].accession_number == ""
    assert notes(read) == {"over_long": {"n": 1}, "repeated": {"n": 1}}


def test_rows_without_a_number_stay_so_that_every_line_has_its_result() -> None:
    read = read_list(b"AccessionNumber;Modality\nA1;CT\n;MR\nA3;CT\n")

    assert [row.number for row in read.rows] == [1, 2, 3]
    assert notes(read) == {"no_identifier": {"n": 1}}


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


def part_of(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name)


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


def test_no_refusal_repeats_what_the_list_holds() -> None:
    for content in (b"GEHEIM;GEHEIM\nGEHEIM;b\n", b'x;y\n"GEHEIM', workbook(["GEHEIM", "GEHEIM"], ["a", "b"])):
        assert "GEHEIM" not in refusal(content)
