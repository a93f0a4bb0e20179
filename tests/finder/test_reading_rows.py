"""Rows as bytes: every charset, every transfer syntax, and nothing hostile gets through or raises."""

import zlib
from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.charset import python_encoding
from pydicom.data import get_charset_files
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from radquarry.dicom.charset import decoded, trimmed
from radquarry.dicom.elements import NotADataSetError, elements
from radquarry.dicom.rows import Malformed, Row
from radquarry.dicom.uids import NotAUid

CHARSET = Tag("SpecificCharacterSet")
NAME = Tag("PatientName")
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]


def a_row(*, charset: str = "", fallback: str = "ISO_IR 100", **values: bytes) -> Row:
    raw = {int(Tag(keyword)): value for keyword, value in values.items()}
    return Row({**raw, int(CHARSET): charset.encode()}, fallback)


def charset_files() -> list[str]:
    return [path for path in get_charset_files("*.dcm") if "SQEncoding" not in path]


@pytest.mark.parametrize("path", charset_files(), ids=lambda path: path.rpartition("/")[2])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_names_in_every_charset_are_pydicoms_reference_decoding(path):
    data_set = dcmread(path)
    charset = data_set.get("SpecificCharacterSet") or ""
    declared = charset if isinstance(charset, str) else "\\".join(charset)
    raw = data_set.PatientName.original_string
    expected = str(data_set.PatientName)
    assert a_row(charset=declared, PatientName=raw).text("PatientName") == expected
    assert a_row(fallback=declared, PatientName=raw).text("PatientName") == expected


@pytest.mark.parametrize("charset", [name for name in python_encoding if name])
def test_every_charset_pydicom_knows_is_read(charset):
    for letter in "éçžŁαБאبกｱ가한中Ğ":
        try:
            raw = letter.encode(python_encoding[charset])
        except UnicodeEncodeError:
            continue
        if b"\x1b$(C" not in raw:  # Python's iso2022_jp_2 holds Korean too, DICOM's does not
            assert decoded(raw, charset, "ISO_IR 100")[0] == letter


@pytest.mark.parametrize("spelling", ["ISO-IR 100", "ISO IR 100", "iso_ir 100", "ISO_IR_100", "ISO_IR 100 "])
def test_usual_misspellings_of_a_charset_are_understood(spelling):
    assert decoded("Müller".encode("latin-1"), spelling, "ISO_IR 192") == ("Müller", True)


def test_bytes_that_are_not_what_the_answer_declares_are_read_in_the_pacs_own_charset_and_counted():
    row = a_row(charset="ISO_IR 192", PatientName="Müller^Käthe".encode("latin-1"))
    assert row.text("PatientName") == "Müller^Käthe"
    assert row.problems == ["PatientName"]


@pytest.mark.parametrize(
    "charset", ["zip", "rot13", "idna", "punycode", "unicode_escape", "ISO_IR 999", "\x00\xff", "hex"]
)
def test_a_codec_that_is_no_character_set_is_never_used(charset):
    text, _ = decoded(b"M\xfcller", charset, "ISO_IR 100")
    assert text == "Müller"


def test_bytes_that_fit_nothing_stay_readable():
    assert decoded(b"M\xff\xfe", "ISO_IR 192", "GB18030") == ("M\\xff\\xfe", False)


@given(st.binary(max_size=60), st.sampled_from([*python_encoding, "\\ISO 2022 IR 87", "nonsense"]))
def test_text_never_raises_and_holds_no_control_characters(raw, charset):
    text = trimmed(decoded(raw, charset, "ISO_IR 192")[0])
    assert text == text.strip()
    assert all(character >= " " for character in text)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_elements_are_what_pydicom_wrote(syntax):
    data_set = Dataset()
    data_set.StudyInstanceUID = "1.2.3"
    data_set.PatientID = "P1"
    inner = Dataset()
    inner.CodeValue = "X"
    innermost = Dataset()
    innermost.CodeMeaning = "deep"
    inner.ConceptNameCodeSequence = [innermost]
    data_set.ProcedureCodeSequence = [inner, inner]
    data_set["ProcedureCodeSequence"].is_undefined_length = True
    data_set.NumberOfStudyRelatedSeries = "3"
    values = elements(encoded(data_set, syntax), syntax)
    assert values[Tag("PatientID")] == b"P1"
    assert values[Tag("NumberOfStudyRelatedSeries")].strip() == b"3"
    assert Tag("CodeValue") not in values


def encoded(data_set: Dataset, syntax: UID) -> bytes:
    target = DicomBytesIO()
    target.is_implicit_VR, target.is_little_endian = syntax.is_implicit_VR, syntax.is_little_endian
    write_dataset(target, data_set)
    return target.getvalue()


@given(st.binary(max_size=200), st.sampled_from([*SYNTAXES, DeflatedExplicitVRLittleEndian]))
def test_bytes_that_are_no_data_set_are_malformed_and_nothing_worse(raw, syntax):
    with suppress(Malformed):
        Row.parsed(raw, syntax, "ISO_IR 100").text("PatientName")
    with suppress(NotADataSetError):
        elements(raw, syntax)


def test_a_deflated_bomb_is_not_inflated():

    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(bytes(50_000_000)) + packer.flush()
    with pytest.raises(Malformed):
        Row.parsed(bomb, DeflatedExplicitVRLittleEndian, "ISO_IR 100")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"20240229", date(2024, 2, 29)),
        (b"2024.02.29", date(2024, 2, 29)),
        (b"20240229 \x00", date(2024, 2, 29)),
        (b"20230229", None),
        (b"garbage!", None),
        (b"", None),
        ("２０２４".encode(), None),
    ],
)
def test_dates(raw, expected):
    row = a_row(charset="ISO_IR 192", StudyDate=raw)
    assert row.date("StudyDate") == expected
    assert bool(row.problems) == (expected is None and raw != b"")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"101112.5", time(10, 11, 12, 500000)),
        (b"101112", time(10, 11, 12)),
        (b"1011", time(10, 11)),
        (b"10", time(10)),
        (b"10:11:12", time(10, 11, 12)),
        (b"235960", time(23, 59, 59)),
        (b"250000", None),
        (b"noon", None),
        (b"", None),
    ],
)
def test_times(raw, expected):
    assert a_row(StudyTime=raw).time("StudyTime") == expected


@pytest.mark.parametrize("raw", [b"", b"../../x", b"1.2.3\n", b"1." * 33, b"1..2", b"1.2.3/4", b"1.2.a", b"\xff"])
def test_a_hostile_uid_never_passes(raw):
    try:
        uid = a_row(StudyInstanceUID=raw).uid("StudyInstanceUID")
    except NotAUid:
        return
    assert uid == "1.2.3"


def test_a_text_of_a_million_characters_is_cut():
    assert len(a_row(StudyDescription=b"x" * 1_000_000).text("StudyDescription")) == 1024


@pytest.mark.parametrize(
    ("raw", "expected"), [(b" 12 ", 12), (b"-1", -1), (b"1e9", None), (b"9" * 30, None), (b"", None)]
)
def test_integers(raw, expected):
    assert a_row(SeriesNumber=raw).integer("SeriesNumber") == expected
