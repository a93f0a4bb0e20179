"""Lists as people have them (CSV, a paste) become rows; what is doubtful is said, what is no list is refused."""

import codecs
from datetime import date

import pytest

from radquarry.api.lists.columns import meaning_of
from radquarry.api.lists.reading import read_list
from tests.api.read_lists import notes, numbers, refusal, workbook

UID = "1.2.826.0.1.3680043.8.498.17"


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


# What a row lacks


def test_what_cannot_be_an_identifier_is_left_out_and_said() -> None:
    read = read_list(("AccessionNumber;PatientID\n" + "A" * 65 + ";P1\n;\nA1;\nA1;\n;CT\n").encode())

    assert read.rows[0].accession_number == ""
    assert notes(read) == {"over_long": {"n": 1}, "repeated": {"n": 1}}


def test_rows_without_a_number_stay_so_that_every_line_has_its_result() -> None:
    read = read_list(b"AccessionNumber;Modality\nA1;CT\n;MR\nA3;CT\n")

    assert [row.number for row in read.rows] == [1, 2, 3]
    assert notes(read) == {"no_identifier": {"n": 1}}


def test_no_refusal_repeats_what_the_list_holds() -> None:
    for content in (b"GEHEIM;GEHEIM\nGEHEIM;b\n", b'x;y\n"GEHEIM', workbook(["GEHEIM", "GEHEIM"], ["a", "b"])):
        assert "GEHEIM" not in refusal(content)
