"""Days in lists, in Roman months and with slips of the hand move too, each of them and by the same days."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.exporter.reports.day_lists import lists_in
from tests.exporter.reports.stock import MONTHS
from tests.exporter.reports.test_report_texts import DAYS, cleaned

ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
FORMS = (
    "{0.day:02}.{0.month:02}.{0.year}", "{0.day:02},{0.month:02},{0.year}", "{0.day:02}..{0.month:02}.{0.year}",
    "{0.day:02} {0.month:02} {0.year}", "{0.day:02}.{1}.{0.year}", "{0.day:02}. {1}. {0.year}",
    "{0.day:02}/{1}/{0.year}",
)  # fmt: skip
REAL = st.dates(date(1950, 2, 1), date(2048, 12, 31)).filter(lambda day: (day.month, day.day) != (1, 1))


def spelt(day: date, form: str) -> str:
    return form.format(day, ROMANS[day.month - 1])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("12., 13. und 14.03.2024", "03.12.2023, 04.12.2023 und 05.12.2023"),
        ("12.,13.3.24", "03.12.2023, 04.12.2023"),
        ("3./4./5.3.2024", "24.11.2023/25.11.2023/26.11.2023"),
        ("30.12.23/2.1.24", "21.09.23/24.9.23"),
        ("30.12. bis 2.1.2024", "21.09.2023 bis 24.09.2023"),
        ("30., 31.1. und 2.2.2024", "22.10.2023, 23.10.2023 und 25.10.2023"),
        ("30.-2.2.2024", "22.10.2023-25.10.2023"),
        ("3., 5. u. 9. Mai 2024", "24. Januar 2024, 26. Januar 2024 u. 30. Januar 2024"),
        ("on May 3, 5 and 9, 2024", "on January 24, 2024, January 26, 2024 and January 30, 2024"),
        ("3rd, 5th and 9th May 2024", "24th January 2024, 26th January 2024 and 30th January 2024"),
        ("del 3, 5 e 9 marzo 2024", "del 24 novembre 2023, 26 novembre 2023 e 30 novembre 2023"),
        ("4 de marzo de 2024, 4 maart 2024", "25 de noviembre de 2023, 25 november 2023"),
        ("31. und 32.3.2024", "[DATE]"),
        ("4.III.24, 4/iii/2024, 4-III-2024", "25.XI.23, 25/xi/2023, 25-XI-2023"),
        ("04.03,2024, 04_03_2024, 04-03.2024", "25.11,2023, 25_11_2023, 25-11.2023"),
    ],
)
def test_every_day_of_a_list_and_every_slip_moves(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Segmente 5, 6 und 7, Gleason 3, 4 und 5, Rippen 3, 4 und 5",
        "Bild 12,13,2024 und 2.3, 14 mm, 12 03 2024 ml",
        "Herde 3, 5 und 9 mm; May 24 images",
        "Grad II/III, C.V.I., 3/II/III, N.V. 3",
    ],
)
def test_numbers_side_by_side_that_are_no_days_stay(text: str) -> None:
    assert cleaned(text) == text


@given(REAL, REAL, st.sampled_from(FORMS))
def test_two_days_keep_their_interval_however_they_are_written(one: date, other: date, form: str) -> None:
    done = cleaned(f"CT vom {spelt(one, form)} x. MRT vom {spelt(other, form)} x.")

    moved = [spelt(day + timedelta(days=DAYS), form) for day in (one, other)]
    assert done == f"CT vom {moved[0]} x. MRT vom {moved[1]} x."


@given(
    st.dates(date(1950, 2, 1), date(2048, 11, 1)),
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.sampled_from(["{0.day}.{0.month}.", "{0.day}."]),
)
def test_a_list_of_days_keeps_its_intervals(first: date, gaps: list[int], form: str) -> None:
    days = [first + timedelta(days=sum(gaps[:number])) for number in range(len(gaps) + 1)]
    text = ", ".join(form.format(day) for day in days[:-1]) + f" und {days[-1]:%d.%m.%Y}"

    found = [
        date(int(year), int(month), int(day))
        for day, month, year in re.findall(r"(\d\d)\.(\d\d)\.(\d{4})", cleaned(text))
    ]

    assert next(lists_in(text)).days == tuple(days)
    assert found == [day + timedelta(days=DAYS) for day in days] or "[DATE]" in cleaned(text)


@given(REAL, st.sampled_from(["de", "en"]))
def test_days_with_a_months_name_move_together(day: date, language: str) -> None:
    later = day.replace(day=28)
    if day.day >= later.day:
        day = day.replace(day=27)
    month = MONTHS[language][day.month - 1]
    text = (
        f"am {day.day}. und 28. {month} {day.year}" if language == "de" else f"on {month} {day.day} and 28, {day.year}"
    )

    done = cleaned(text)

    for each in (day + timedelta(days=DAYS), later + timedelta(days=DAYS)):
        name = MONTHS[language][each.month - 1]
        assert (f"{each.day}. {name} {each.year}" if language == "de" else f"{name} {each.day}, {each.year}") in re.sub(
            r"(?<!\d)0(?=\d)", "", done
        )
