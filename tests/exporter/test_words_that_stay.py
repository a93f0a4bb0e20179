"""A sequence or a vertebra before a number that must go is no part of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.exporter.cleaning.words import cleaned_text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("MR BRAIN AXIAL T2 18573086", "MR BRAIN AXIAL T2"), ("t1 079 123 45 67", "t1"), ("LWS L5 3.5.62", "LWS L5"),
        ("T2_4711234", "T2"), ("CT THORAX 4711234", "CT THORAX"),
    ],
)  # fmt: skip
def test_a_sequence_stays_before_an_id_or_a_date_that_goes(text: str, kept: str) -> None:
    assert cleaned_text(text) == kept


@pytest.mark.parametrize("text", ["t079 123 45 67", "T12 345678", "PAT2 123456", "x2 3 4 5 6", "T2 3 4 5 6"])
def test_a_number_that_begins_behind_a_letter_goes_as_a_whole(text: str) -> None:
    assert not any(character.isdigit() for character in cleaned_text(text).removeprefix("T2"))


@given(st.sampled_from(["T1", "T2", "C7", "L5", "S1"]), st.integers(10**4, 10**10), st.sampled_from(" _-/.:"))
def test_of_a_long_number_no_digit_stays_behind_a_sequence(sequence: str, number: int, sign: str) -> None:
    assert cleaned_text(f"Thorax {sequence}{sign}{number} axial") == f"Thorax {sequence}{sign} axial".replace("  ", " ")
