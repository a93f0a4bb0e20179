"""Matching by itself, on whatever a client may send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.api.dicomweb.accepting import ranges
from radquarry.api.dicomweb.matching import fits, matcher

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
PLAIN = TEXT.filter(lambda text: not {*text} & {*'*?"'} and text.strip() == text and text)
DAY = st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0"))


@given(PLAIN)
def test_a_text_finds_itself_whatever_signs_it_holds(text: str) -> None:
    assert fits(matcher("LO", text), [text])
    assert fits(matcher("LO", f"*{text}*"), [f"a{text}b"])
    assert not fits(matcher("LO", text), [f"{text}x"])


@given(PLAIN.filter(lambda text: text.strip("^= ") == text), st.sampled_from([str.upper, str.lower, str.title]))
def test_a_name_is_found_in_any_case(text: str, case) -> None:
    if case(text).casefold() == text.casefold():
        assert fits(matcher("PN", case(text)), [f"{text}^^"])


@given(TEXT, st.lists(TEXT, max_size=3), st.sampled_from(["LO", "PN", "UI", "SH"]))
def test_no_text_is_too_odd_to_be_looked_for(wanted: str, values: list[str], vr: str) -> None:
    if vr == "UI":
        wanted = wanted.replace("*", "").replace("?", "")
    fits(matcher(vr, wanted), values)


@given(DAY, DAY, DAY)
def test_a_range_of_days_holds_what_lies_between(low: str, high: str, day: str) -> None:
    assert fits(matcher("DA", f"{low}-{high}"), [day]) == (low <= day <= high)
    assert fits(matcher("DA", f"{low}-"), [day]) == (low <= day)
    assert fits(matcher("DA", f"-{high}"), [day]) == (day <= high)
    assert fits(matcher("DA", low), [day]) == (low == day)


@pytest.mark.parametrize(
    ("wanted", "value", "is_it"),
    [
        ("10", "105959.999", True), ("10", "110000", False), ("1030-1031", "103159.9", True), ("-09", "095959", True),
        ("103000.5", "103000.5", True), ("103000.5", "103000.6", False), ("10", "", False), ("10", "10:30:00", True),
    ],
)  # fmt: skip
def test_a_time_stands_for_all_that_it_leaves_open(wanted: str, value: str, is_it: bool) -> None:
    assert fits(matcher("TM", wanted), [value]) is is_it


def test_numbers_are_equal_however_they_are_written() -> None:
    assert fits(matcher("IS", "7"), ["007"])
    assert fits(matcher("DS", "1.50"), ["1.5"])
    assert not fits(matcher("IS", "7"), ["", "x", "8"])
    with pytest.raises(ValueError, match="is a number"):
        matcher("IS", "seven")


def test_an_absent_value_fits_only_what_fits_everything() -> None:
    assert fits(matcher("LO", "*"), [])
    assert not fits(matcher("LO", "a*"), [])


@given(st.text(max_size=300))
def test_an_accept_header_of_any_text_is_read(text: str) -> None:
    assert isinstance(ranges(text), list)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "odd", ["x" + ";a=  " * 1500 + ";", "x" + ";a =  " * 1300 + ";", " " * 8000 + '"', "x" * 8000 + '"']
)
def test_an_accept_header_made_to_take_long_takes_no_time(odd: str) -> None:
    assert ranges(odd) == []


def test_an_accept_header_is_read_with_its_quality_and_quotation() -> None:
    first, second = ranges('image/png;q=0.5, multipart/related; type="application/dicom"; transfer-syntax=*')

    assert (first.media, first.is_multipart, first.transfer_syntax) == ("application/dicom", True, "*")
    assert (second.media, second.is_multipart) == ("image/png", False)
    assert ranges("image/png;q=0") == []
