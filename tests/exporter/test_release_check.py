"""The release check finds what the cleaner would have missed, and knows nothing of it."""

import ast
from contextlib import suppress
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

import radquarry.exporter.release
from radquarry.exporter.cleaning.marks import marks, words_of
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.release.checking import Expected, findings
from radquarry.exporter.release.raw_values import NotReadable, RawFile
from tests.exporter.cleaning import cleaned, cleaner, ct, leaks, read, written

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


def said_of(original: bytes, output: bytes) -> list[str]:
    return [f"{each.where} {each.what}" for each in findings(memoryview(original), memoryview(output), EXPECTED)]


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    long = vr in (b"UN", b"OB", b"SQ", b"UT")
    head = pack("<HH2sxxL" if long else "<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value))
    return head + value


ITEM = pack("<HHL", 0xFFFE, 0xE000, 22) + element(0x00080090, b"PN", b"House^Gregory ")


@pytest.mark.parametrize(
    ("vr", "value", "where"),
    [
        (b"OB", ITEM, "SharedFunctionalGroupsSequence"),
        (b"UT", ITEM, "SharedFunctionalGroupsSequence"),
        (b"UN", ITEM + b"junk", "SharedFunctionalGroupsSequence"),
        (b"US", b"Wong", "SharedFunctionalGroupsSequence"),
        (b"LO", b"x ", "SharedFunctionalGroupsSequence"),
    ],
)
def test_it_finds_a_representation_that_is_not_the_attributes_own(vr: bytes, value: bytes, where: str) -> None:
    at = CLEANED.index(b"\xe0\x7f\x10\0OW")
    output = CLEANED[:at] + element(0x52009229, vr, value) + CLEANED[at:]

    assert f"{where} has a value representation that is not its own" in said(output)


def test_a_sequence_that_is_written_as_un_is_one() -> None:
    at = CLEANED.index(b"\xe0\x7f\x10\0OW")

    for item in (b"", pack("<HHL", 0xFFFE, 0xE000, 0), ITEM):
        assert said(CLEANED[:at] + element(0x52009229, b"UN", item) + CLEANED[at:]) == []


def test_it_finds_a_sequence_where_none_belongs() -> None:
    at = CLEANED.index(b"\x18\0\x60\0DS")
    output = CLEANED[:at] + element(0x00180034, b"SQ", ITEM) + CLEANED[at:]

    assert said(output) == [
        "InterventionDrugName > ReferringPhysicianName has a value representation that is not its own"
    ]


@pytest.mark.parametrize("text", ["19620305", "196203", "20240117121314", "5.3.1962"])
def test_it_passes_over_a_time_of_day_by_its_form_alone(text: str) -> None:
    dataset = read(CLEANED)
    dataset.StudyTime = "120000"
    output = written(dataset)
    at = output.index(b"\x08\0\x30\0TM")

    assert said(output) == []
    padded = text.encode() + b" " * (len(text) & 1)
    assert "StudyTime is no time of day" in said(output[:at] + element(0x00080030, b"TM", padded) + output[at + 14 :])


def test_it_finds_a_moved_date_that_everybody_knows() -> None:
    original = ct()
    original.ContentDate = "19700101"
    data = written(original)

    assert said_of(data, cleaned(data, cleaner())[0]) == []
    assert said_of(data, written(with_date("19690317"))) == ["ContentDate is a moved date that everybody knows"]
    assert said_of(data, written(with_date("19700101"))) == ["ContentDate is a date or time of the original"]


def with_date(day: str) -> FileDataset:
    dataset = read(CLEANED)
    dataset.ContentDate = day
    return dataset


@pytest.mark.parametrize(("version", "lines"), [("20020904", 0), ("20240117", 1)])
def test_the_version_of_a_code_table_may_be_the_originals_but_no_date_of_the_patient(version: str, lines: int) -> None:
    code = Dataset()
    code.ContextGroupVersion = version
    original, output = ct(), read(CLEANED)
    original.StudyDate = "20240117"
    original.AnatomicRegionSequence = output.AnatomicRegionSequence = Sequence([code])

    assert len(said_of(written(original), written(output))) == lines


def test_it_finds_uids_of_no_instance_that_say_an_id_or_a_date() -> None:
    for uid in ("1.2.9.4711234.1", "1.2.9.20240117"):
        lines = found(SOPClassUID=uid)
        assert "SOPClassUID is a UID that says an id or a date of the patient" in lines
    assert said(with_syntax(b"1.2.9.4.5")) == ["TransferSyntaxUID is no transfer syntax of the standard"]


def with_syntax(uid: bytes) -> bytes:
    at = CLEANED.index(b"\2\0\x10\0UI")
    end = at + 8 + int.from_bytes(CLEANED[at + 6 : at + 8], "little")
    return CLEANED[:at] + element(0x00020010, b"UI", uid + b"\0" * (len(uid) & 1)) + CLEANED[end:]


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
