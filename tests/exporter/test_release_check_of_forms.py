"""The release check finds representations, dates, times and UIDs that are not what they should be."""

from struct import pack

import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from radquarry.exporter.release.checking import findings
from tests.exporter.cleaning import cleaned, cleaner, ct, read, written
from tests.exporter.release_checking import CLEANED, EXPECTED, found, said


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
