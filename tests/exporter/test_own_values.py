"""The patient's own values in other spellings, and values of the file that only look like them."""

from datetime import date
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radquarry.exporter.cleaning.charsets import DEFAULT, decoded, encodings_of
from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.cleaning.required import BINARY
from radquarry.exporter.cleaning.searching import HeldBack
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.release.originals import is_own_number, plainly, says_a_day, telling
from tests.exporter.cleaning import cleaned, cleaned_dataset, cleaner, ct, written
from tests.exporter.test_tables import highdicoms

BORN, STUDIED = "19620305", "20190807"
DAYS = [
    "S20190807121314 x", "2019/08/07", "2019-8-7", "5.3.1962", "05.03.62", "3/5/62", "62-03-05", "5-MAR-1962",
    "05MAR1962", "5. März 1962", "March 5th, 1962", "5th of March 1962", "1962 Mar 05", "05031962", "03051962",
    "050362", "born 5.\t3. 1962", "2019-08-07T12:13", "5, 3, 1962", "1962_03_05",
]  # fmt: skip
NO_DAYS = ["3.5.1963", "VB20A", "1.25", "120 kV, 85 mA", "20190808", "T2 3.5 mm", "4 Mar 1962", "5 May 1962", "190806"]


def identity(*names: str, ids: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> Identity:
    return Identity(names=set(names), ids=set(ids), dates=set(dates))


def text_left(text: str, **values: object) -> str:
    """What becomes of a text that stays, in a file with these values."""
    dataset = ct()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientBirthDate, dataset.StudyDate = BORN, STUDIED
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.ExtendedCodeMeaning = text
    return str(cleaned_dataset(dataset).get("ExtendedCodeMeaning", ""))


@pytest.mark.parametrize("text", DAYS)
def test_a_day_of_the_file_is_found_however_it_is_written(text: str) -> None:
    left = text_left(text)

    assert "X" in left
    assert not any(part in left for part in ("1962", "2019", "62"))


@pytest.mark.parametrize("text", NO_DAYS)
def test_other_days_and_numbers_stay(text: str) -> None:
    assert text_left(text) == text
    assert not says_a_day(text, frozenset((BORN, STUDIED)))


@given(st.dates(min_value=date(1900, 1, 1)), st.sampled_from("./-_ "), st.permutations(["d", "m"]), st.booleans(),
       st.booleans())  # fmt: skip
def test_a_day_is_found_in_every_order(day: date, gap: str, order: list[str], year_first: bool, zeros: bool) -> None:
    width = "02" if zeros else ""
    parts = [{"d": f"{day.day:{width}}", "m": f"{day.month:{width}}"}[letter] for letter in order]
    parts.insert(0 if year_first else 2, f"{day.year:04}")
    text = f"on {gap.join(parts)}; x"

    assert "X" in identity(dates=(f"{day:%Y%m%d}",)).spellings().cleaned(text)
    assert says_a_day(text, frozenset((f"{day:%Y%m%d}",)))


@given(st.text("0123456789./-: marchjnpT", max_size=30), st.dates(min_value=date(1900, 1, 1)))
def test_what_the_check_takes_for_a_day_the_cleaner_takes_for_one_too(text: str, day: date) -> None:
    said = f"{day:%Y%m%d}"

    if says_a_day(text, frozenset((said,))):
        assert identity(dates=(said,)).spellings().found(text)


def test_days_that_only_a_date_and_time_says_are_the_files_too() -> None:
    assert text_left("of 20190911", AcquisitionDateTime="20190911121212") == "of X"


def test_the_version_of_a_code_table_is_no_day_of_the_patient() -> None:
    code = Dataset()
    code.ContextGroupVersion = "20020904120000"

    assert text_left("of 20020904", AnatomicRegionSequence=Sequence([code])) == "of 20020904"


def test_numbers_that_are_an_id_or_a_day_become_zero() -> None:
    dataset = ct()
    dataset.PatientID, dataset.PatientBirthDate, dataset.StudyDate = "004711234", BORN, STUDIED
    dataset.InstanceNumber, dataset.SeriesNumber, dataset.AcquisitionNumber = "4711234", STUDIED, BORN

    left = cleaned_dataset(dataset)

    assert (left.InstanceNumber, left.SeriesNumber, left.AcquisitionNumber) == (0, 0, 0)
    assert left.SliceThickness == dataset.SliceThickness
    assert is_own_number("1\\4711234", frozenset(("004711234",)), frozenset())
    assert not is_own_number("1\\47112345", frozenset(("004711234",)), frozenset((BORN,)))


def test_a_number_that_the_image_needs_holds_the_file_back() -> None:
    dataset = ct()
    dataset.PatientID, dataset.XRayTubeCurrent = "4711234", "4711234"

    with pytest.raises(HeldBack, match="XRayTubeCurrent"):
        cleaned(written(dataset), cleaner())


def test_a_time_that_begins_with_a_day_becomes_midnight() -> None:
    dataset = ct()
    dataset.StudyDate = STUDIED
    del dataset.StudyTime
    data = written(dataset)
    at = data.index(b"\x08\0\x31\0TM")

    output, _ = cleaned(data[:at] + pack("<HH2sH", 8, 0x30, b"TM", 14) + b"20190807121314" + data[at:], cleaner())

    assert b"20190807" not in output


NAMED = [
    ("Wu^Li", "CT of Wu Li", "Wu Li"),
    ("Wu^Li", "LI, WU", "LI, WU"),
    ("Wu^Li", "wuli", "wuli"),
    ("Wang^Wei=王^伟", "王伟的", "王伟"),
    ("MUELLER^JOERG", "für Jörg Müller", "Müller"),
    ("Müller^Jörg", "MUELLER, Joerg", "MUELLER"),
    ("Mu\u0308ller^X", "Herr Müller", "Müller"),
    ("Müller^X", "Herr Mu\u0308ller", "ller"),
    ("Strauß^X", "STRAUSS", "STRAUSS"),
    ("Straussen^X", "Straußen", "Straußen"),
    ("Sørensen^X", "Soerensen, Sorensen", "rensen"),
    ("Schmidt^Ben", "Ben is here", "Ben"),
    ("van der Berg^Jan", "berg", "berg"),
    ("Wong^Li", "DrWong WongLi", "Wong"),
    ("NN^8877665", "NN 8877665", "8877665"),
    ("Müller^X", "http://h/?n=M%C3%BCller", "%C3"),
    ("Müller^X", "http://h/?n=M%FCller", "%FC"),
    ("Müller^X", "x=M&uuml;ller", "uuml"),
    ("Müller^X", "x=M\\u00fcller", "u00fc"),
]


@pytest.mark.parametrize(("name", "text", "gone"), NAMED)
def test_a_name_is_found_in_another_spelling(name: str, text: str, gone: str) -> None:
    assert gone not in text_left(text, PatientName=name)


@pytest.mark.parametrize(
    ("name", "text"), [("van der Berg^Jan", "von der Leber, med."), ("Maas^X^^Prof. Dr. med.", "med. x")]
)
def test_particles_and_titles_are_no_names(name: str, text: str) -> None:
    assert text_left(text, PatientName=name) == text
    assert not telling(frozenset((name,)), frozenset()).search(text)


def test_the_name_to_use_is_a_name() -> None:
    named = Dataset()
    named.add_new(0x00100012, "LT", "Joschi")
    dataset = ct()
    dataset.add_new(0x00100011, "SQ", Sequence([named]))
    dataset.ExtendedCodeMeaning = "called Joschi"

    assert cleaned_dataset(dataset).ExtendedCodeMeaning == "called X"


NUMBERED = [
    ("0004711234", "ID 4711234"), ("4711234", "ID 0004711234"), ("4711234^^^KIS", "ID 4711234"),
    ("4711234", "471-1234"), ("4711234", "471 12.34"), ("AB-4711", "ab4711"), ("AB4711", "AB 47 11"),
]  # fmt: skip


@pytest.mark.parametrize(("patient_id", "text"), NUMBERED)
def test_an_id_is_found_in_another_spelling(patient_id: str, text: str) -> None:
    left = text_left(text, PatientID=patient_id)

    assert "X" in left
    assert "11" not in left
    assert telling(frozenset(), frozenset((patient_id,))).search(text.lower())


LETTERS = st.text("abeosuäöüßéłø王伟ABEU' -", min_size=1, max_size=9)


@given(LETTERS, LETTERS, st.text("0123AB.-^ ", max_size=9), st.text("abeosuäöüßé王伟ABEU012345. -^", max_size=40))
def test_what_the_check_takes_for_the_patients_the_cleaner_takes_for_it_too(
    family: str, given_name: str, number: str, text: str
) -> None:
    name = f"{family}^{given_name}"
    for said in (text, f"x {family} {given_name} {number}", f"({given_name}{family})"):
        for kind in ("text", "code"):
            if telling(frozenset((name,)), frozenset((number,)), kind).search(plainly(said)):
                assert identity(name, ids=(number,)).spellings().found(said, apart=kind == "code")


def test_short_spellings_in_bytes_are_chance() -> None:
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [512, 0, 16], "US"
    table.add_new(0x00283006, "OW", b"..Ann..ann..\0l\xea..A\0n\0n\0".ljust(1024, b"\1"))
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 192", "Ann^Lê"
    del dataset.RescaleSlope, dataset.RescaleIntercept
    dataset.ModalityLUTSequence = Sequence([table])

    assert cleaned_dataset(dataset).ModalityLUTSequence[0].LUTData == table.LUTData
    assert telling(frozenset(("Ann^Lê",)), frozenset(("1234",)), "bytes").search("ann 1234 lê") is None
    assert telling(frozenset(("Quarry^X",)), frozenset(("123456",)), "bytes").search("quarry")


def test_the_files_own_character_set_is_looked_for_in_bytes() -> None:
    name = "Люксембург"
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 144", f"{name}^Роза"
    data = written(dataset) + pack("<HH2sxxL", 0x0070, 0x1808, b"OB", 10) + name.upper().encode("iso8859_5")

    assert name.upper().encode("iso8859_5") not in cleaned(data, cleaner())[0]


def test_the_bytes_that_are_needed_are_those_that_ps3_3_requires() -> None:

    rows = [row for module in highdicoms("module_attribute_map").values() for row in module]
    tags = {tag_for_keyword(row["keyword"]) for row in rows if row["type"] in ("1", "1C")} - {None}

    assert {tag for tag in tags if dictionary_VR(tag or 0).split(" ")[-1] in BYTES_VRS} == BINARY


BYTES_VRS = ("OB", "OW", "OF", "OD", "OL", "OV", "UN")

DESCRIBING = [
    ({"PatientID": "2022", "SpecificCharacterSet": ["", "ISO 2022 IR 87"]}, "SpecificCharacterSet"),
    ({"PatientName": "Mono^Iso", "SpecificCharacterSet": "ISO_IR 100"}, "PhotometricInterpretation"),
    ({"PatientName": "Monochrome^X"}, "PhotometricInterpretation"),
    ({"PatientName": "Mono^Iso", "SpecificCharacterSet": "ISO_IR 100"}, "SpecificCharacterSet"),
    ({"PatientName": "Prima^X"}, "ImageType"),
]


@pytest.mark.parametrize(("values", "keyword"), DESCRIBING)
def test_what_describes_the_file_is_not_taken_for_the_patient(values: dict[str, object], keyword: str) -> None:
    dataset = ct()
    for name, value in values.items():
        setattr(dataset, name, value)

    assert cleaned_dataset(dataset).get(keyword) == dataset.get(keyword)


def test_a_code_that_is_a_name_goes_whole() -> None:
    dataset = ct()
    dataset.PatientName, dataset.ImageType = "Max^Axial", ["DERIVED", "PRIMARY", "AXIAL_X"]

    assert list(cleaned_dataset(dataset).ImageType) == ["DERIVED", "PRIMARY", "X"]


def test_a_name_as_photometric_interpretation_holds_the_file_back() -> None:
    dataset = ct()
    dataset.PhotometricInterpretation = "QUARRYMANN"

    with pytest.raises(HeldBack, match="PhotometricInterpretation"):
        cleaned(written(dataset), cleaner())


def patient_of(data: bytes) -> str:
    return cleaner().clean(read_file(memoryview(data))).patient


def test_ids_with_different_bytes_that_no_encoding_has_are_different_patients() -> None:
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientID = "ISO_IR 192", "?4711"
    data = written(dataset)

    one, other = (data.replace(b"?4711 ", bad + b"4711 ") for bad in (b"\xc4", b"\xd6"))

    assert patient_of(one) != patient_of(other)


@given(st.binary(min_size=1, max_size=12), st.binary(min_size=1, max_size=12))
def test_bytes_that_differ_by_what_cannot_be_decoded_are_read_differently(one: bytes, other: bytes) -> None:
    utf8 = encodings_of(b"ISO_IR 192")
    readings = {decoded(data + b"\xff", utf8) for data in (one, other)}

    assert not any("\ufffd" in reading for reading in readings if "\ufffd".encode() not in one + other)
    assert len(decoded(one, DEFAULT)) == len(one)


@pytest.mark.parametrize("term", ["undefined", "hex", "rot13", "idna", "punycode", "unicode_escape", "zlib"])
def test_pythons_other_codecs_are_no_character_sets(term: str) -> None:
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 100", "Müller^X"
    dataset.ExtendedCodeMeaning = "of Müller"
    data = written(dataset)
    at = data.index(b"ISO_IR 100")

    output, _ = cleaned(data[: at - 2] + pack("<H", 14) + term.encode().ljust(14) + data[at + 10 :], cleaner())

    assert encodings_of(term.encode()) == DEFAULT
    assert "Müller".encode("latin-1") not in output
