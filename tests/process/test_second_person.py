"""Who may be the second person."""

import unicodedata

import pytest

from radquarry.second_person import is_second_person


@pytest.mark.parametrize("other", ["ada", "Ada", " ada", "", " ", unicodedata.normalize("NFKC", "\uff41da")])
def test_one_person_by_several_spellings_is_no_second_one(other: str) -> None:
    assert not is_second_person("ada", other)


def test_one_name_in_two_forms_of_unicode_is_one_person() -> None:
    composed, decomposed = (unicodedata.normalize(form, "J\u00fcrgen") for form in ("NFC", "NFD"))

    assert not is_second_person(composed, decomposed)


def test_somebody_else_is() -> None:
    assert is_second_person("ada", "eve")
