"""The release check finds what the cleaner would have missed, and knows nothing of it."""

import ast
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import radquarry.exporter.release
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.release.checking import Expected, findings
from radquarry.exporter.release.raw_values import NotReadable, RawFile
from tests.exporter.cleaning import cleaned, cleaner, ct, leaks, read, written
from tests.exporter.release_checking import CLEANED, DATA, EXPECTED, ORIGINAL, found, said

FOLDER = Path(radquarry.exporter.release.__path__[0])


def test_it_imports_nothing_of_what_it_checks() -> None:
    imported = {
        node.module
        for name in ("checking", "originals", "raw_values", "representations")
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
    }

    ours = {name for name in imported if name and name.startswith("radquarry")}
    assert ours
    assert all(name.startswith("radquarry.exporter.release.") for name in ours)


def test_a_cleaned_file_passes() -> None:
    assert said(CLEANED) == []


def test_the_original_itself_is_full_of_findings() -> None:
    assert len(said(DATA)) == 20


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"SeriesDescription": "of Quarrymann"}, "says a name"),
        ({"SeriesDescription": "JOSEFINE"}, "says a name"),
        ({"ProtocolName": "pid4711234"}, "says a name"),
        ({"ImageComments": "order ACC998877."}, "says a name"),
        ({"StudyInstanceUID": ORIGINAL.StudyInstanceUID}, "is a UID of the original"),
        ({"DeidentificationMethod": "that of Dr. No"}, "is not what is said of the cleaning"),
        ({"ImageComments": "as on 20240117"}, "says a date of the original"),
        ({"ImageComments": "S20240117121314"}, "says a date of the original"),
        ({"ImageComments": "17.1.2024"}, "says a date of the original"),
        ({"ImageComments": "17-JAN-2024"}, "says a date of the original"),
        ({"SeriesNumber": "20240117"}, "is an id or a date of the patient"),
        ({"ImageComments": f"see {ORIGINAL.SOPInstanceUID}"}, "says a UID"),
        ({"StudyDate": "20240117"}, "is a date"),
        ({"PatientID": "somebody"}, "is not the pseudonym"),
        ({"PatientIdentityRemoved": "NO"}, "is not YES"),
        ({"PixelData": b"\0\0"}, "is not the original's"),
    ],
)
def test_it_finds(values: dict[str, object], what: str) -> None:
    lines = found(**values)

    assert len(lines) == 1
    assert what in lines[0]


def test_it_finds_what_is_deep_inside_and_says_where() -> None:
    inner, outer = Dataset(), Dataset()
    inner.CodeMeaning = "Quarrymann"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner])

    lines = found(SourceImageSequence=Sequence([outer]))

    assert lines == [
        "SourceImageSequence > PurposeOfReferenceCodeSequence > CodeMeaning "
        "says a name, an id or an accession number of the patient"
    ]


def test_it_finds_private_groups_and_others_that_may_not_leave() -> None:
    dataset = read(CLEANED)
    dataset.private_block(0x0021, "MAKER", create=True).add_new(1, "LO", "x")
    dataset.add_new(0x60004000, "LT", "x")
    dataset.add_new(0xFFFCFFFC, "OB", b"xx")
    dataset.add_new(0x00089999, "LO", "x")

    lines = said(written(dataset))

    assert sum("private attribute" in line for line in lines) == 2
    assert sum("of a group that may not leave" in line for line in lines) == 2
    assert sum("no attribute of the standard" in line for line in lines) == 1


def test_it_finds_what_is_before_the_data_set() -> None:
    assert said(b"Quarry".ljust(128, b"\0") + CLEANED[128:]) == ["preamble is not empty"]
    dataset = read(CLEANED)
    dataset.file_meta.SourceApplicationEntityTitle = "PACS"
    assert said(written(dataset)) == ["SourceApplicationEntityTitle does not belong into the file meta information"]


def test_missing_pixels_are_a_finding() -> None:
    dataset = read(CLEANED)
    del dataset.PixelData

    assert said(written(dataset)) == ["PixelData is missing"]


def test_what_it_cannot_read_is_a_finding() -> None:
    assert said(CLEANED[:-1000]) == [
        "file the release check cannot read it: an element is longer than what is around it"
    ]
    assert findings(memoryview(DATA[:5000]), memoryview(CLEANED), EXPECTED)[0].where == "original"


def test_no_finding_says_a_value() -> None:
    for line in said(DATA):
        assert not any(text in line for text in ("Quarrymann", "4711234", "998877", str(ORIGINAL.StudyInstanceUID)))


@given(st.binary(max_size=300), st.booleans())
def test_it_ends_with_a_word_on_any_bytes(rest: bytes, explicit: bool) -> None:
    head = CLEANED[: CLEANED.index(b"\x08\0")] if explicit else bytes(128) + b"DICM"
    with suppress(NotReadable):
        list(RawFile(memoryview(head + rest)).values())


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192"])
def test_a_name_with_an_umlaut_is_one_word_in_either_character_set(charset: str) -> None:
    """Read as what it is not, Häring would be called Ring."""
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientName = charset, "Häring^Ursula"
    dataset.ExtendedCodeMeaning = "a ring, a user; Härings und Haerings"
    data = written(dataset)

    output, done = cleaned(data, cleaner())

    expected = Expected(done.patient, marks=EXPECTED.marks)
    assert findings(memoryview(data), memoryview(output), expected) == []
    assert read(output).ExtendedCodeMeaning == "a ring, a user; Xs und Xs"


@pytest.mark.parametrize(
    "values",
    [
        {"PatientID": "2022", "SpecificCharacterSet": ["", "ISO 2022 IR 87"]},
        {"PatientName": "Monochrome^Iso", "SpecificCharacterSet": "ISO_IR 100"},
        {"PatientName": "Prima^X"},
        {"PatientName": "Max^Axial"},
    ],
)
def test_what_describes_the_file_is_not_taken_for_the_patient(values: dict[str, object]) -> None:
    dataset = ct()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    data = written(dataset)

    output, done = cleaned(data, cleaner())

    assert leaks(data, output, done, Profile()) == []


def test_short_spellings_in_bytes_are_chance() -> None:
    dataset = ct()
    dataset.PatientName = "Ann^Quarry"
    data = written(dataset)
    output, done = cleaned(data, cleaner())
    tables = [Dataset(), Dataset()]
    for table, value in zip(tables, (b"..ann..\0A\0n\0n\0", b"..quarry..\0"), strict=True):
        table.add_new(0x00283006, "OW", value)
    found_in = []
    for table in tables:
        with_table = read(output)
        with_table.ModalityLUTSequence = Sequence([table])
        found_in.append(len(leaks(data, written(with_table), done, Profile())))

    assert found_in == [0, 1]
