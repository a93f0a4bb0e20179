"""The patient's own days and numbers, however they are written, and others that only look like them."""

from datetime import date
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radquarry.exporter.cleaning.searching import HeldBack
from radquarry.exporter.release.originals import is_own_number, says_a_day
from tests.exporter.cleaning import cleaned, cleaned_dataset, cleaner, ct, written
from tests.exporter.own_values import BORN, STUDIED, identity, text_left

DAYS = [
    "S20190807121314 x", "2019/08/07", "2019-8-7", "5.3.1962", "05.03.62", "3/5/62", "62-03-05", "5-MAR-1962",
    "05MAR1962", "5. März 1962", "March 5th, 1962", "5th of March 1962", "1962 Mar 05", "05031962", "03051962",
    "050362", "born 5.\t3. 1962", "2019-08-07T12:13", "5, 3, 1962", "1962_03_05",
]  # fmt: skip
NO_DAYS = ["3.5.1963", "VB20A", "1.25", "120 kV, 85 mA", "20190808", "T2 3.5 mm", "4 Mar 1962", "5 May 1962", "190806"]


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
