"""The patient's own names and ids in other spellings, and values of the file that only look like them."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radquarry.exporter.cleaning.charsets import DEFAULT, decoded, encodings_of
from radquarry.exporter.cleaning.required import BINARY
from radquarry.exporter.cleaning.searching import HeldBack
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.release.originals import plainly, telling
from tests.exporter.cleaning import cleaned, cleaned_dataset, cleaner, ct, written
from tests.exporter.own_values import identity, text_left
from tests.exporter.test_tables import highdicoms

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
