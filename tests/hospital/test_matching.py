"""The matcher against a naive reference, and against the rules of PS3.4 C.2.2.2 one by one."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from radquarry.hospital.matching import day_of, is_single, is_universal, matches, microseconds

SHORT = st.text(alphabet="abA*?^1 ", max_size=6).map(str.strip)
VALUES = st.text(alphabet="abA^1 ", max_size=6).map(str.strip)
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))
TIMES = st.times()


def reference_wildcard(pattern: str, text: str) -> bool:
    """Wildcard matching letter by letter, with no regular expression."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return reference_wildcard(pattern[1:], text) or (bool(text) and reference_wildcard(pattern, text[1:]))
    return bool(text) and pattern[0] in {"?", text[0]} and reference_wildcard(pattern[1:], text[1:])


@given(SHORT, VALUES)
@example("*", "")
@example("?", "")
@example("a*A", "aA")
def test_text_matches_as_letter_by_letter_comparison_says(asked: str, held: str) -> None:
    expected = not asked or reference_wildcard(asked, held)

    assert matches("LO", (asked,), held) == expected


@given(SHORT, VALUES)
def test_names_match_whatever_their_case_and_empty_components(asked: str, held: str) -> None:
    def bare(name: str) -> str:
        return name.rstrip("^").lower()

    expected = (
        not asked or asked == "*" or ((bool(bare(asked)) or not held) and reference_wildcard(bare(asked), bare(held)))
    )

    assert matches("PN", (asked,), held) == expected or set(asked) <= set("^")


@given(DATES, DATES, DATES, st.sampled_from(["A", "A-B", "A-", "-B"]))
def test_dates_match_their_range(first: date, last: date, held: date, form: str) -> None:
    asked = form.replace("A", f"{first:%Y%m%d}").replace("B", f"{last:%Y%m%d}")
    low = first if "A" in form else date.min
    high = last if "B" in form else first if form == "A" else date.max

    assert matches("DA", (asked,), f"{held:%Y%m%d}") == (low <= held <= high)


@given(TIMES, TIMES, TIMES)
def test_times_match_their_range_to_the_microsecond(first, last, held) -> None:
    asked = f"{first:%H%M%S.%f}-{last:%H%M%S.%f}"

    assert matches("TM", (asked,), f"{held:%H%M%S.%f}") == (first <= held <= last)


@pytest.mark.parametrize(
    ("asked", "held", "expected"),
    [
        ("000000-115959.999999", "115959.9", True),
        ("000000-115959", "115959.5", False),
        ("1200-", "120000", True),
        ("12", "12:00:00", True),
        ("120000", "120000.000000", True),
        ("120000", "", False),
        ("noon", "120000", False),
        ("000000-235959.999999", "not a time", False),
    ],
)
def test_times_of_any_precision(asked: str, held: str, expected: bool) -> None:
    assert matches("TM", (asked,), held) is expected


@pytest.mark.parametrize(
    ("vr", "key", "held", "expected"),
    [
        ("UI", ("1.2", "1.3"), "1.3", True),
        ("UI", ("1.2", "1.3"), "1.30", False),
        ("UI", ("1.*",), "1.3", False),
        ("CS", ("MR",), ("CT", "MR"), True),
        ("CS", ("ct",), "CT", False),
        ("IS", ("07",), "7", True),
        ("DA", ("*",), "20250101", False),
        ("DA", ("20250101-",), "", False),
        ("DA", ("20250101",), "2025.01.01", True),
        ("SQ", ("anything",), "", True),
        ("LO", ("*",), "", True),
        ("SH", ("A1 ",), "A1", True),
        ("SH", ("00123",), "123", False),
    ],
)
def test_every_kind_of_matching(vr: str, key: tuple[str, ...], held: str | tuple[str, ...], expected: bool) -> None:
    assert matches(vr, key, held) is expected


@given(st.sampled_from(["DA", "TM", "LO", "UI", "SH", "CS", "PN", "IS"]), VALUES)
def test_an_empty_key_matches_everything(vr: str, held: str) -> None:
    assert matches(vr, (), held)
    assert matches(vr, ("",), held)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_breaks_the_matcher(asked: str, held: str) -> None:
    for vr in ("DA", "TM", "UI", "LO", "PN", "IS", "DS", "SQ"):
        assert matches(vr, (asked,), held) in {True, False}
    assert day_of(held) is None or microseconds(held) is None or len(held.strip()) >= 2


def test_single_and_universal_keys_are_told_apart() -> None:
    assert is_single("SH", ("A1",))
    assert not is_single("SH", ("A*",))
    assert not is_single("SH", ("",))
    assert is_universal("SH", ("*",))
    assert not is_universal("DA", ("*",))
