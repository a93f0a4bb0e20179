"""The patient's own name, id and accession number in places where nobody looks: none is left anywhere."""

import json
from collections.abc import Callable
from struct import pack

import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from radquarry.exporter.dicom_bytes.elements import Unreadable
from tests.exporter.cleaning import PROFILES, cleaned, cleaner, ct, leaks, written

NAME, PATIENT_ID, ACCESSION = "Quarrymann", "PID4711234", "ACC998877"
SPELLINGS = ("Quarrymann", "Josefine", "PID4711234", "ACC998877")
OTHER_SPELLINGS = ("müller", "mueller", "luedenscheidt", "山田", "太郎", "other-77", "other7788", "arcy")
DEVICE = "1.2.3.4711234"
"""A device's UID may stay with the device."""
Place = Callable[[FileDataset], bytes]


def traces() -> list[bytes]:
    return [text.lower().encode(encoding) for text in SPELLINGS for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


def put(**values: object) -> Place:
    """Attributes by keyword."""

    def place(dataset: FileDataset) -> bytes:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        return written(dataset)

    return place


def element(tag: int, vr: str, value: object) -> Place:
    def place(dataset: FileDataset) -> bytes:
        dataset.add_new(tag, vr, value)
        return written(dataset)

    return place


def raw(tag: int, vr: bytes, value: bytes, *, before: bool = False) -> Place:
    """Bytes of an element that pydicom would not write, behind the data set or before it."""

    def place(dataset: FileDataset) -> bytes:
        padded = value + b" " * (len(value) & 1)
        long = vr in (b"UN", b"OB", b"SQ", b"UT")
        head = pack("<HH2sxxL" if long else "<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(padded))
        data = written(dataset)
        if before:
            at = data.index(b"\x08\0\x05\0CS")
            return data[:at] + head + padded + data[at:]
        return data + head + padded

    return place


def preamble(dataset: FileDataset) -> bytes:
    return f"II*\0 {NAME} {PATIENT_ID}".encode().ljust(128, b"\0") + written(dataset)[128:]


def meta(**values: object) -> Place:
    def place(dataset: FileDataset) -> bytes:
        for keyword, value in values.items():
            setattr(dataset.file_meta, keyword, value)
        return written(dataset)

    return place


def private(vr: str, value: object, creator: str = "SOME MAKER") -> Place:
    def place(dataset: FileDataset) -> bytes:
        dataset.private_block(0x0021, creator, create=True).add_new(0x10, vr, value)
        return written(dataset)

    return place


def safe_private_text(dataset: FileDataset) -> bytes:
    dataset.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x9E, "LO", f"of {NAME}")
    return written(dataset)


def item(**values: object) -> Sequence:
    inner = Dataset()
    for keyword, value in values.items():
        setattr(inner, keyword, value)
    return Sequence([inner])


def five_deep(dataset: FileDataset) -> bytes:
    here: Dataset = dataset
    for keyword in ("SharedFunctionalGroupsSequence", "FrameContentSequence", "RealWorldValueMappingSequence",
                    "MeasurementUnitsCodeSequence", "PixelMeasuresSequence"):  # fmt: skip
        inner = Dataset()
        setattr(here, keyword, Sequence([inner]))
        here = inner
    here.PatientName, here.CodeMeaning = f"{NAME}^Josefine", f"of {NAME}"
    return written(dataset)


def in_utf8(dataset: FileDataset) -> bytes:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.CodeMeaning = (
        "Müller-Lüdenscheidt^Josefine=山田^太郎",
        "für Mueller-Luedenscheidt, 山田",
    )
    return written(dataset)


def in_japanese(dataset: FileDataset) -> bytes:
    dataset.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    dataset.PatientName, dataset.CodeMeaning = "Yamada^Tarou=山田^太郎=やまだ^たろう", "山田さん"
    return written(dataset)


def icon(dataset: FileDataset) -> bytes:
    dataset.IconImageSequence = item(PixelData=f"{NAME} {PATIENT_ID}".encode().ljust(64), Rows=8, Columns=8)
    dataset.IconImageSequence[0]["PixelData"].VR = "OB"
    return written(dataset)


def un_items(*, undefined: bool) -> Place:
    inner = f"{NAME} ".encode()
    content = pack("<HHL", 8, 0x0104, len(inner) + (len(inner) & 1)) + inner + b" " * (len(inner) & 1)
    items = pack("<HHL", 0xFFFE, 0xE000, len(content)) + content

    def place(dataset: FileDataset) -> bytes:
        length = 0xFFFFFFFF if undefined else len(items)
        head = pack("<HH2sxxL", 0x5200, 0x9229, b"UN", length) + items
        return written(dataset) + head + (pack("<HHL", 0xFFFE, 0xE0DD, 0) if undefined else b"")

    return place


HIDDEN = pack("<HHL", 0xFFFE, 0xE000, 8 + len(NAME)) + pack("<HH2sH", 0x10, 0x10, b"PN", len(NAME)) + NAME.encode()
PLACES: dict[str, Place] = {
    "nowhere but where it belongs": written,
    "the preamble": preamble,
    "AE titles in the file meta information": meta(SourceApplicationEntityTitle=NAME),
    "private file meta information": meta(PrivateInformationCreatorUID="1.2.3", PrivateInformation=NAME.encode() * 2),
    "a private text": private("LO", NAME),
    "a private creator": private("LO", "x", creator=NAME),
    "private bytes": private("OB", f"\0\1{PATIENT_ID}\0".encode()),
    "a private UN": private("UN", NAME.encode()),
    "a private sequence": private("SQ", item(PatientName=NAME, TextValue=NAME)),
    "a safe private attribute": safe_private_text,
    "five sequences deep": five_deep,
    "a UN sequence without length": un_items(undefined=True),
    "a UN sequence with a length": un_items(undefined=False),
    "trailing padding": raw(0xFFFCFFFC, b"OB", NAME.encode() * 4),
    "a curve's data": raw(0x50003000, b"OB", NAME.encode()),
    "a curve's description": raw(0x50000022, b"LO", NAME.encode()),
    "an overlay's data": raw(0x60003000, b"OB", NAME.encode()),
    "an overlay's comment": raw(0x60004000, b"LT", NAME.encode()),
    "an overlay's label": raw(0x60021500, b"LO", NAME.encode()),
    "an attribute that the standard does not know": raw(0x00089999, b"LO", NAME.encode()),
    "a known attribute as UN": raw(0x00081030, b"UN", NAME.encode()),
    "an attribute that stays, as UN": raw(0x00180015, b"UN", NAME.upper().encode()),
    "a command's attribute": raw(0x00001000, b"UI", PATIENT_ID.encode(), before=True),
    "a group's length": raw(0x00080000, b"LO", NAME.encode(), before=True),
    "one of several values": put(SeriesDescription=["thorax", f"Dr {NAME}", "supine"], CodeMeaning=["a", NAME, "b"]),
    "JSON in a UT": put(TextValue=json.dumps({"patient": {"name": NAME, "id": PATIENT_ID}})),
    "XML in a UT": put(InstructionDescription=f"<p id='{PATIENT_ID}'>{NAME}</p>"),
    "a free text that stays": put(ExtendedCodeMeaning=f"Josefine {NAME} has {ACCESSION}"),
    "names with accents, folded": in_utf8,
    "a Japanese name": in_japanese,
    "a part of a name": put(
        PatientName="O'Quarrymann-Josefine^D'Arcy", ExtendedCodeMeaning="Mrs Quarrymann, OQuarrymann, Arcy"
    ),
    "another spelling": put(ContrastBolusAgent=f"JOSEFINE  {NAME.upper()}", CodeMeaning=f"josefine_{NAME.lower()}2024"),
    "a coded string": put(BodyPartExamined=NAME.upper(), ImageType=["ORIGINAL", "PRIMARY", NAME.upper()]),
    "a number that is none": raw(0x00180060, b"DS", f"120 {NAME}"[:16].encode()),
    "the explanation of a lookup table": put(LUTExplanation=f"{NAME} {ACCESSION}"),
    "other ids": put(OtherPatientIDsSequence=item(PatientID="OTHER-77-88"), CodeMeaning="see OTHER-77-88 or OTHER7788"),
    "an accession number in a description": put(RequestedProcedureDescription=f"{ACCESSION}: thorax"),
    "an icon": icon,
    "a digital signature": put(DigitalSignaturesSequence=item(CertificateOfSigner=NAME.encode() * 2)),
    "the original attributes": put(OriginalAttributesSequence=item(ModifiedAttributesSequence=item(PatientName=NAME))),
    "a UID": put(FrameOfReferenceUID="1.2.3", DeviceUID=DEVICE),
    "dates and UIDs in a text": put(
        CalibrationDate="20190807",
        ExtendedCodeMeaning="20190807 and 19951015, 20190807: 1.2.840.10008.99.4711234",
        FrameOfReferenceUID="1.2.840.10008.99.4711234",
    ),
    "a comment that the table does not name": put(CommentsOnTheScheduledProcedureStep=f"{NAME} {ACCESSION}"),
    "a contact's name": put(ContactDisplayName=f"Josefine {NAME}"),
    "an address": put(RetrieveURL=f"http://pacs.example/{PATIENT_ID}?{NAME}"),
    "an old order number": put(PlacerOrderNumberProcedure=ACCESSION),
    "a sequence as bytes": raw(0x52009229, b"OB", HIDDEN),
    "a sequence as UT": raw(0x52009229, b"UT", HIDDEN),
    "a sequence as UN that ends in junk": raw(0x52009229, b"UN", HIDDEN + b"junk"),
    "a number's attribute as text": raw(0x00180060, b"LO", f"of {NAME}".encode()),
    "a time of day": raw(0x00183108, b"TM", PATIENT_ID.encode()),
    "coordinates as text": put(ImageComments=f"{NAME}, born 1962", PatientComments=ACCESSION),
}  # fmt: skip

NEEDED: dict[str, Place] = {
    "bytes of a lookup table": element(0x00283006, "OW", f"xx{PATIENT_ID}{NAME}xx".encode()),
    "encrypted attributes": put(EncryptedAttributesSequence=item(EncryptedContent=NAME.encode() * 2)),
    "many bytes": raw(0x00701808, b"OB", bytes(2000) + f"{PATIENT_ID} {NAME}".encode()),
}


def test_there_are_many_places() -> None:
    assert len(PLACES) >= 29


@pytest.mark.parametrize("place", NEEDED)
def test_bytes_that_the_file_needs_hold_it_back_with_a_reason_that_says_no_value(place: str) -> None:
    with pytest.raises(Unreadable) as held:
        cleaned(NEEDED[place](ct()), cleaner())

    assert "the file needs it" in str(held.value)
    assert NAME not in str(held.value)
    assert PATIENT_ID not in str(held.value)


@pytest.mark.parametrize("profile", ["basic alone", "dates moved", "cleaned", "much kept", "UIDs kept"])
@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_the_patient_is_left_in(place: str, profile: str) -> None:
    data = PLACES[place](ct())

    output, done = cleaned(data, cleaner(PROFILES[profile]))

    lower = output.lower()
    assert [trace for trace in traces() if trace in lower] == []
    assert [spelt for spelt in OTHER_SPELLINGS if spelt.encode() in lower] == []
    assert "山田".encode("iso2022_jp")[3:7] not in output
    assert (DEVICE.encode() in output) == (place == "a UID" and profile in ("UIDs kept", "much kept"))
    assert leaks(data, output, done, PROFILES[profile]) == []
