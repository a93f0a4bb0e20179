"""Every attribute of the table goes, wherever it stands: at the top, deep inside, in private and in UN sequences."""

from collections.abc import Callable
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from radquarry.exporter.cleaning.marks import marks, words_of
from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.part10 import IMPLEMENTATION_VERSION_NAME
from radquarry.exporter.standard.confidentiality import table
from tests.exporter.cleaning import PROFILES, cleaned, cleaner, ct, leaks, written

DAY, TIME, UID = "19771103", "121314.777", "1.2.3.4.5.77.9"
TEXTS = dict.fromkeys(("LO", "LT", "ST", "UC", "UT"), "Leaked text") | dict.fromkeys(("AE", "CS", "SH"), "LEAKED")
BLOBS = dict.fromkeys(("OB", "OW", "UN"), b"LEAKED") | dict.fromkeys(("OF", "OD", "OL", "OV"), b"LEAKEDxx")
NUMBERS = dict.fromkeys(("FD", "FL"), 771553.125) | dict.fromkeys(("US", "SS"), 0x6B61)
NUMBERS |= dict.fromkeys(("UL", "SL", "AT"), 0x6C65616B) | dict.fromkeys(("SV", "UV"), 1 << 62)
OTHERS = {"AS": "077Y", "DA": DAY, "DT": f"{DAY}{TIME}", "TM": TIME, "DS": "771553.1", "IS": "7715531", "UI": UID,
          "PN": "Leaked^Name", "UR": "http://leaked.example"}  # fmt: skip
MARKS = TEXTS | BLOBS | NUMBERS | OTHERS
TRACES = (b"leaked", DAY.encode(), b"121314", UID.encode(), b"077Y", b"771553", pack("<d", 771553.125),
          pack("<f", 771553.125))  # fmt: skip
REFERENCES = (0x00081140, 0x00082112)
"""Sequences of UIDs that stay with other UIDs (X/Z/U*); codes in them are codes."""
BASIC = PROFILES["basic alone"]
ATTRIBUTES = [tag for tag in table() if vr_of(tag) is not None and tag >> 16 >= 8]
"""Those that pydicom knows and can write in a file: not a command's (group 0000)."""


def marked(tag: int) -> DataElement:
    """The attribute with a value that would be known again; a sequence has one inside."""
    vr = (vr_of(tag) or b"LO").decode()
    if vr == "SQ":
        item = Dataset()
        if tag not in REFERENCES:
            item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "LEAKED", "LEAKED", "Leaked text"
        item.ReferencedSOPInstanceUID, item.ContentDate, item.TextValue = UID, DAY, "Leaked text"
        return DataElement(tag, "SQ", Sequence([item]))
    return DataElement(tag, vr, MARKS[vr])


def at_the_top(element: DataElement) -> Dataset:
    dataset = ct()
    dataset[element.tag] = element
    return dataset


def within(*names: str) -> Callable[[DataElement], Dataset]:
    def put(element: DataElement) -> Dataset:
        dataset = ct()
        here: Dataset = dataset
        for name in names:
            item = Dataset()
            setattr(here, name, Sequence([item]))
            here = item
        here[element.tag] = element
        return dataset

    return put


def in_a_private_sequence(element: DataElement) -> Dataset:
    dataset, item = ct(), Dataset()
    item[element.tag] = element
    dataset.private_block(0x0099, "NOBODY KNOWS", create=True).add_new(1, "SQ", Sequence([item]))
    return dataset


def implicit_items(element: DataElement) -> bytes:
    """An item with the element, as implicit little endian."""
    item = Dataset()
    item[element.tag] = element
    holder = Dataset()
    holder.ReferencedStudySequence = Sequence([item])
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, True
    write_dataset(out, holder)
    return out.getvalue()[8:]


PLACES: dict[str, Callable[[DataElement], Dataset]] = {
    "at the top": at_the_top,
    "in a sequence that stays": within("SharedFunctionalGroupsSequence"),
    "five deep": within(
        "SharedFunctionalGroupsSequence", "FrameContentSequence", "RealWorldValueMappingSequence",
        "MeasurementUnitsCodeSequence", "PixelMeasuresSequence"),
    "in a private sequence": in_a_private_sequence,
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_every_attribute_of_the_table_goes(place: str) -> None:
    by, left = cleaner(BASIC), []
    for tag in ATTRIBUTES:
        data = written(PLACES[place](marked(tag)))
        output, done = cleaned(data, by)
        lower = output.lower()
        if any(trace.lower() in lower for trace in TRACES) or leaks(data, output, done, BASIC):
            left.append(f"{tag:08X}")

    assert left == []


def un(tag: int, value: bytes, *, undefined: bool) -> bytes:
    head = pack("<HH2sxxL", tag >> 16, tag & 0xFFFF, b"UN", 0xFFFFFFFF if undefined else len(value))
    return head + value + (pack("<HHL", 0xFFFE, 0xE0DD, 0) if undefined else b"")


@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize("tag", [0x52009229, 0x00991001, 0x00091001])
def test_every_attribute_of_the_table_goes_out_of_a_sequence_that_is_written_as_un(tag: int, undefined: bool) -> None:
    base = ct()
    for name in ("SharedFunctionalGroupsSequence", "PixelData"):
        if name in base:
            del base[name]
    head = written(base)
    by, left = cleaner(BASIC), []
    for each in ATTRIBUTES:
        element = marked(each)
        output, _ = cleaned(head + un(tag, implicit_items(element), undefined=undefined), by)
        if any(trace.lower() in output.lower() for trace in TRACES):
            left.append(f"{each:08X}")

    assert left == []


@pytest.mark.parametrize(("vr", "behind"), [(b"OB", b""), (b"UT", b""), (b"UN", b"junk")])
def test_every_attribute_of_the_table_goes_where_a_sequence_is_written_as_what_it_is_not(
    vr: bytes, behind: bytes
) -> None:
    base = ct()
    del base.PixelData
    head, by, left = written(base), cleaner(BASIC), []
    for each in ATTRIBUTES:
        value = implicit_items(marked(each)) + behind
        data = head + pack("<HH2sxxL", 0x5200, 0x9229, vr, len(value)) + value
        output, done = cleaned(data, by)
        if any(trace.lower() in output.lower() for trace in TRACES) or leaks(data, output, done, BASIC):
            left.append(f"{each:08X}")

    assert left == []


def test_the_marks_would_be_seen() -> None:
    for tag in (0x00081030, 0x00080020, 0x00100010, 0x00081140, 0x00101010):
        data = written(at_the_top(marked(tag)))
        assert any(trace.lower() in data.lower() for trace in TRACES), dictionary_VR(tag)


STAY = (0x00080108, 0x00080104, 0x00080119, 0x00180010, 0x00180024, 0x00189917, 0x00283003, 0x00180050)
OWN_WORDS = words_of(marks(BASIC)) | {IMPLEMENTATION_VERSION_NAME.encode()}
"""What our files say of their cleaning, in which a name (Basic) may stand."""
KEPT_TEXTS = [tag for tag in STAY if tag not in table() and vr_of(tag) in (b"LO", b"LT", b"ST", b"UT", b"UC")]
NAMES = st.text("abcdefghijklmnopqrstuvwxyzäöüéñ", min_size=5, max_size=12).map(str.capitalize)
NAMES = NAMES.filter(lambda name: name.casefold() not in "removed")
SENTENCES = st.sampled_from(["{0}", "of {0}", "({1})", "{0} {1}", "x{0}x", "{0}\\{1}", "id={1};", "{2}, {0}"])


@given(NAMES, NAMES, st.integers(10**6, 10**9).map(str), st.lists(SENTENCES, min_size=1, max_size=4), st.integers(0, 3))
def test_whatever_the_patient_is_called_it_is_left_nowhere(
    family: str, given_name: str, number: str, sentences: list[str], depth: int
) -> None:
    dataset = ct()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = f"{family}^{given_name}", number
    here: Dataset = dataset
    for _ in range(depth):
        item = Dataset()
        here.SharedFunctionalGroupsSequence = Sequence([item])
        here = item
    for tag, sentence in zip(KEPT_TEXTS, sentences, strict=False):
        vr = (vr_of(tag) or b"").decode()
        text = sentence.format(family, number, given_name)
        here.add_new(tag, vr, text.split("\\") if vr not in ("LT", "ST", "UT") else text)
    data = written(dataset)

    output, done = cleaned(data, cleaner(BASIC))
    found = leaks(data, output, done, BASIC)

    for words in sorted(OWN_WORDS, key=len, reverse=True):
        output = output.replace(words, b"")
    seen = output.decode("utf-8", "replace").casefold()
    assert len(KEPT_TEXTS) >= 4
    assert [text for text in (family, given_name, number) if text.casefold() in seen] == []
    assert found == []
