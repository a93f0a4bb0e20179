"""A rule that says keep is about the attribute: its value stays only if it is what it should be, and nobody's."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary

from radquarry.exporter.cleaning.staying import MustNotStay
from radquarry.exporter.cleaning.words import cleaned_text
from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.elements import Unreadable
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.profile.rules import Rules
from radquarry.exporter.standard.confidentiality import table
from tests.exporter.cleaning import PROFILES, cleaned, cleaned_dataset, cleaner, ct, leaks, read, written
from tests.exporter.other_elements import MOVED, born, element, in_place_of

FREE_TEXTS = (b"LT", b"ST", b"UT", b"UC", b"UR", b"PN")
CODES = {"ExtendedCodeMeaning", "LongCodeValue", "URNCodeValue"}


# --- beside the table ---------------------------------------------------------------------------------------------


def test_no_free_text_address_or_name_stays_because_the_table_does_not_name_it() -> None:
    rules = Rules(Profile())
    kept = {
        keyword
        for tag, (*_, keyword) in DicomDictionary.items()
        if tag not in table() and vr_of(tag) in FREE_TEXTS and rules.action(tag, None) == "keep"
    }

    assert kept == CODES


@pytest.mark.parametrize("profile", ["basic alone", "dates moved", "much kept", "UIDs kept", "cleaned"])
@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientBirthDateInAlternativeCalendar", "25050305"),
        ("PatientDeathDateInAlternativeCalendar", "25630305"),
        ("PatientAlternativeCalendar", "BUDDHIST"),
        ("CommentsOnTheScheduledProcedureStep", "lives at Patientroad 7"),
        ("ContactDisplayName", "Gregor House"),
        ("PlacerOrderNumberProcedure", "PL-778899"),
        ("FillerOrderNumberProcedure", "FO-112233"),
        ("PixelDataProviderURL", "http://leak.example/House"),
        ("RetrieveURL", "http://leak.example/House"),
        ("StoredInstanceBaseURI", "http://leak.example/House"),
        ("FolderAccessURI", "http://leak.example/House"),
        ("FileAccessURI", "http://leak.example/House"),
        ("FilenameInContainer", "House.dcm"),
        ("ContactURI", "mailto:house@leak.example"),
        ("HangingProtocolCreator", "Gregor House"),
        ("DoseComment", "Gregor House"),
    ],
)
def test_what_the_table_forgets_goes(keyword: str, value: str, profile: str) -> None:
    dataset = ct()
    setattr(dataset, keyword, value)

    output, _ = cleaned(written(dataset), cleaner(PROFILES[profile]))

    assert value.encode() not in output
    assert b"House" not in output


def test_cleaned_descriptors_keep_the_words_of_a_free_text_beside_the_table() -> None:
    dataset = ct()
    dataset.CommentsOnTheScheduledProcedureStep = "Thorax axial, lives at Patientroad 7"

    done = cleaned_dataset(dataset, cleaner(PROFILES["cleaned"]))

    assert done.CommentsOnTheScheduledProcedureStep.startswith("Thorax axial")
    assert "Patientroad" not in done.CommentsOnTheScheduledProcedureStep


# --- representations ----------------------------------------------------------------------------------------------

HIDDEN = b"".join(
    element(tag, vr, value)
    for tag, vr, value in (
        (0x00080023, b"DA", b"20190909"), (0x00080081, b"ST", b"Hospital Street 5"), (0x00080090, b"PN", b"House^Greg"),
        (0x00081155, b"UI", b"1.2.3.77.88.99"), (0x00101040, b"LO", b"Patient Road 7"),
    )
)  # fmt: skip
ITEM = pack("<HHL", 0xFFFE, 0xE000, len(HIDDEN)) + HIDDEN
SIGNS = (b"Hospital Street", b"20190909", b"House^Greg", b"1.2.3.77.88.99", b"Patient Road 7")
FUNCTIONAL_GROUPS = 0x52009229


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("vr", "value"), [(b"UN", ITEM + b"junk"), (b"OB", ITEM), (b"UT", ITEM), (b"LT", HIDDEN), (b"US", HIDDEN[:90])]
)
def test_a_data_set_that_is_hidden_in_another_representation_goes(vr: bytes, value: bytes, profile: str) -> None:
    data = written(ct()) + element(FUNCTIONAL_GROUPS, vr, value)

    output, done = cleaned(data, cleaner(PROFILES[profile]))

    assert [sign for sign in SIGNS if sign in output] == []
    assert leaks(data, output, done, PROFILES[profile]) == []


@pytest.mark.parametrize("vr", [b"OB", b"UT", b"UN", b"LO", b"CS", b"FD", b"IS", b"DS"])
def test_a_text_does_not_stay_as_a_number_in_any_representation(vr: bytes) -> None:
    data = in_place_of(written(ct()), 0x00180050, vr, b"Patient Road 77 ")

    output, done = cleaned(data, cleaner())

    assert b"Patient Road" not in output
    assert leaks(data, output, done, MOVED) == []


@pytest.mark.parametrize("tag", [0x00080005, 0x00080016, 0x00080018, 0x0020000D])
def test_a_file_is_held_back_where_what_must_be_there_has_another_representation(tag: int) -> None:
    with pytest.raises(MustNotStay):
        cleaner().clean(read_file(memoryview(in_place_of(written(ct()), tag, b"LO", b"1.2.3.4"))))


def test_what_may_be_empty_is_emptied_in_its_own_representation() -> None:
    data = in_place_of(written(ct()), 0x00180060, b"LO", b"Patient Road")

    assert read(cleaned(data, cleaner())[0])["KVP"].VR == "DS"
    assert not read(cleaned(data, cleaner())[0])["KVP"].value


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["05_03_62", "05,03,62", "3.5.62", "3. 5. 62", "03\n05\n62", "5/62", "05-62", "471_123_4", "471,123,4",
     "089_123_456_78", "63y", "63 y", "063Y", "F63", "63 Jahre", "12-year", "5-MAR-1962", "5 mar 62", "5Mar62",
     "March 5th 62", "4 meier 7 huber 62"],
)  # fmt: skip
def test_dates_ids_and_ages_are_no_words_however_they_are_written(text: str) -> None:
    assert cleaned_text(f"Thorax {text}") == "Thorax"


@given(st.lists(st.integers(0, 999), min_size=3, max_size=6), st.text("_,./:;- \t+*'#|", min_size=1, max_size=3))
def test_three_numbers_with_nothing_but_signs_between_them_do_not_stay(numbers: list[int], sign: str) -> None:
    assert cleaned_text(f"Thorax {sign.join(map(str, numbers))} axial") == "Thorax axial"


@pytest.mark.parametrize("text", ["T2 FLAIR axial 3mm", "3D T1", "LWS L4/5 axial 3 mm", "Thorax 1.5 mm", "b800", "3T"])
def test_measures_and_vertebrae_are_words(text: str) -> None:
    assert cleaned_text(text) == text


# --- UIDs that stay -----------------------------------------------------------------------------------------------


def of_syntax(uid: bytes) -> bytes:
    return in_place_of(written(ct()), 0x00020010, b"UI", uid)


@pytest.mark.parametrize(
    "uid", [b"1.2.9.Quarrymann.19620305", b"1.2.9.4711234", b"1.2.840.10008.1.1", b"1.2.840.10008.1.2.999"]
)
def test_a_transfer_syntax_that_the_standard_does_not_name_holds_a_file_back(uid: bytes) -> None:
    with pytest.raises(Unreadable, match="none of the standard"):
        read_file(memoryview(of_syntax(uid)))


@pytest.mark.parametrize(
    "uid", [b"1.2.9.4711234.1", b"1.2.9.19620305", b"1.2.9.20190807121314", b"1.2.94711234", b"1.2.9.Quarrymann"]
)
def test_a_private_class_that_says_an_id_or_a_date_of_the_patient_holds_a_file_back(uid: bytes) -> None:
    with pytest.raises(MustNotStay):
        cleaner().clean(read_file(memoryview(in_place_of(written(born()), 0x00080016, b"UI", uid))))


def test_a_private_class_of_a_maker_stays() -> None:
    data = in_place_of(written(born()), 0x00080016, b"UI", b"1.2.840.113619.4.26")

    output, done = cleaned(data, cleaner())

    assert read(output).SOPClassUID == "1.2.840.113619.4.26"
    assert leaks(data, output, done, MOVED) == []


def test_uids_that_are_kept_are_others_where_they_say_an_id_or_a_date_of_the_patient() -> None:
    profile = PROFILES["UIDs kept"]
    data = written(born(DeviceUID="1.2.3.4711234", FrameOfReferenceUID="1.2.9.19620305.1", StudyInstanceUID="1.2.3.4"))

    output, done = cleaned(data, cleaner(profile))

    assert (b"4711234" in output, b"19620305" in output) == (False, False)
    assert read(output).StudyInstanceUID == "1.2.3.4"
    assert leaks(data, output, done, profile) == []
