"""Pseudonyms as people bring them: pasted one a line, or in a table from somewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.api.problems import Problem
from radquarry.api.reidentification_questions import MOST_CHARACTERS, MOST_PSEUDONYMS, read_pseudonyms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("P-1\nP-2\n\n  P-1 \n", ("P-1", "P-2")),
        ("P-1", ("P-1",)),
        ("PatientID\r\nP-1\r\n", ("P-1",)),
        ("\ufeffname;Pseudonym\nx;P-1\ny;P-2", ("P-1", "P-2")),
        ("StudyDate,PatientID\n20240101,P-1\n20240102,\n", ("P-1",)),
        ("original\tpseudonym\nA\tP-1", ("P-1",)),
    ],
)
def test_pseudonyms_are_found_where_they_stand(text: str, found: tuple[str, ...]) -> None:
    assert read_pseudonyms(text.encode()) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least one"),
        ("Pseudonym\n", "at least one"),
        ("a;b\nc;d", "several columns"),
        (f"P-1\n{'x' * (MOST_CHARACTERS + 1)}", "Line 2 is no pseudonym"),
        ("\n".join(f"P{n}" for n in range(MOST_PSEUDONYMS + 1)), "These are 1001 pseudonyms"),
        ("P-1\0", "no text"),
    ],
)
def test_what_is_no_list_of_pseudonyms_says_what_to_mend(text: str, why: str) -> None:
    with pytest.raises(Problem, match=why) as refused:
        read_pseudonyms(text.encode())
    assert refused.value.status == 422


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_list_or_refused(content: bytes) -> None:
    try:
        found = read_pseudonyms(content)
    except Problem:
        return
    assert found
    assert len(set(found)) == len(found)
    assert all(0 < len(each) <= MOST_CHARACTERS and "\n" not in each for each in found)
