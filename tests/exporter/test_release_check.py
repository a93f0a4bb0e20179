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
from radquarry.exporter.cleaning.marks import marks, words_of
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.release.checking import Expected, findings
from radquarry.exporter.release.raw_values import NotReadable, RawFile
from tests.exporter.cleaning import cleaned, cleaner, ct, read, written

FOLDER = Path(radquarry.exporter.release.__path__[0])
ORIGINAL = ct()
ORIGINAL.StudyDate = "20240117"
DATA = written(ORIGINAL)
CLEANED, DONE = cleaned(DATA, cleaner())
EXPECTED = Expected(DONE.patient, marks=words_of(marks(Profile())) | {b"RADQUARRY_0_1"})


def found(**values: object) -> list[str]:
    """What the check says to a cleaned file in which somebody put something."""
    dataset = read(CLEANED)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return said(written(dataset))


def said(output: bytes) -> list[str]:
    return [f"{finding.where} {finding.what}" for finding in findings(memoryview(DATA), memoryview(output), EXPECTED)]


def test_it_imports_nothing_of_what_it_checks() -> None:
    imported = {
        node.module
        for name in ("checking", "originals", "raw_values")
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
