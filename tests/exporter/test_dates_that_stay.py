"""A date or a time of day that a rule keeps or moves stays only if it is one, and nobody's."""

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radquarry.exporter.cleaning.dates import PLACEHOLDERS, is_time_of_day, shifted
from tests.exporter.cleaning import PROFILES, cleaned, cleaner, leaks, read, written
from tests.exporter.other_elements import MOVED, born, element, in_place_of

# --- dates that everybody knows -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day", ["19000101", "19700101", "00010101", "99991231", "18581117", "17530101", "1900.01.01", "19700101000000"]
)
def test_a_placeholder_is_not_moved(day: str) -> None:
    assert shifted(day, -100) is None

    data = in_place_of(written(born()), 0x00080023, b"DA", day[:8].encode() if "." not in day else day.encode())
    output, done = cleaned(data, cleaner())

    assert read(output).ContentDate in ("", "19000101")
    assert leaks(data, output, done, MOVED) == []


def test_every_placeholder_is_a_day_that_is_not_moved() -> None:
    assert {shifted(f"{day:%Y%m%d}", -40) for day in PLACEHOLDERS} == {None}


@pytest.mark.parametrize("keyword", ["ContextGroupVersion", "ContextGroupLocalVersion"])
def test_the_version_of_a_code_table_stays_as_it_is_unless_it_is_a_date_of_the_patient(keyword: str) -> None:
    by = cleaner()
    for version, left in {
        "20020904": "20020904", "20020904000000": "20020904000000", "19620305": "", "20190807": "",
        "19620305000000": "", "20020904196203": "",
    }.items():  # fmt: skip
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-1", "SRT", "x"
        code.ContextIdentifier, code.MappingResource = "29", "DCMR"
        setattr(code, keyword, version.replace("20020904196203", "20020904120304"))
        data = written(born(AnatomicRegionSequence=Sequence([code]))).replace(b"20020904120304", b"20020904196203")

        output, done = cleaned(data, by)

        stays = str(getattr(read(output).AnatomicRegionSequence[0], keyword, ""))
        assert stays in ({left} if left else {"", "19000101000000"})
        assert leaks(data, output, done, MOVED) == []


@pytest.mark.parametrize("text", ["20190807196203", "20190807House", "2019080712+1962", "20190807121314.1234567"])
def test_a_date_is_moved_only_with_a_time_of_day_behind_it(text: str) -> None:
    assert shifted(text, -1) is None


def test_a_date_that_is_kept_is_one() -> None:
    data = in_place_of(written(born()), 0x00080023, b"DA", b"House")

    assert b"House" not in cleaned(data, cleaner(PROFILES["dates kept"]))[0]


# --- times of day -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["dates moved", "dates kept"])
@pytest.mark.parametrize(
    "text", ["20190807121314", "19620305", "196203", "1962", "5.3.1962", "12:61", "121314.1234567"]
)
def test_a_date_does_not_stay_as_a_time_of_day(text: str, profile: str) -> None:
    data = in_place_of(written(born(StudyTime="120000")), 0x00080030, b"TM", text.encode())

    output, done = cleaned(data, cleaner(PROFILES[profile]))

    assert not is_time_of_day(text)
    assert read(output).StudyTime in ("", "000000")
    assert leaks(data, output, done, PROFILES[profile]) == []


@pytest.mark.parametrize("text", ["12", "1213", "121314", "121314.5", "121314.123456", "12:13:14", "235960", ""])
def test_a_time_of_day_stays(text: str) -> None:
    data = in_place_of(written(born(StudyTime="120000")), 0x00080030, b"TM", text.encode())

    output, done = cleaned(data, cleaner())

    assert element(0x00080030, b"TM", text.encode()) in output
    assert leaks(data, output, done, MOVED) == []
