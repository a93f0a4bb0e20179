"""Spellings of an accession number."""

from hypothesis import given
from hypothesis import strategies as st

from radquarry.dicom.accession import is_same, spellings


def test_the_number_as_it_is_comes_first_then_bolder_ones() -> None:
    assert spellings(" a-0042 ") == ["a-0042", "A-0042", "A0042"]
    assert spellings("000042") == ["000042", "42"]


@given(st.text())
def test_no_spelling_matches_everything(number: str) -> None:
    for spelling in spellings(number):
        assert spelling.strip()
        assert not set("*?\\") & set(spelling)


@given(st.text(alphabet="aA0-_ 19"))
def test_spelling_a_spelling_leads_to_the_same_bare_number(number: str) -> None:
    found = spellings(number)
    assert len(found) == len(set(found))
    if found:
        assert spellings(found[-1])[-1] == found[-1]


def test_numbers_are_the_same_in_any_spelling() -> None:
    assert is_same(" a-0042", "A0042")
    assert is_same("000042", "42 ")
    assert not is_same("A0042", "A42")
    assert not is_same("", "")
    assert not is_same("*", "*")


@given(st.text(), st.text())
def test_every_spelling_is_the_same_number(number: str, other: str) -> None:
    assert all(is_same(spelling, number) for spelling in spellings(number))
    assert is_same(number, other) is is_same(other, number)
