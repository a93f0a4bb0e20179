"""Reports written by somebody who wants a name or a date to stay, or the exporter to stand still."""

import time

import pytest

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.release.report_text import Record, report_faults
from radquarry.exporter.reports.deidentifying import Subject, deidentify_report
from tests.exporter.reports.test_report_texts import PSEUDONYMS, cleaned


@pytest.mark.parametrize(
    "part",
    [
        "\n",
        "Müller ",
        "1000 ",
        "\n1000 A",
        "geb.",
        "docteur ",
        "Dr.Dr. ",
        "Aa Aa ",
        "Aa, Aa ",
        "Patient Aa ",
        "a b ",
        "-\n",
        "Aa-\n",
    ],
)
def test_a_text_of_one_part_over_and_over_is_cleaned_in_seconds(part: str) -> None:
    begin = time.process_time()

    cleaned(part * (40_000 // len(part)))

    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CT 03.05.2024-05.05.2024", "CT 24.01.2024-26.01.2024"),
        ("CT 03.05.2024,05.05.2024", "CT 24.01.2024,26.01.2024"),
        ("CT 03.05.24/05.05.24", "CT 24.01.24/26.01.24"),
        ("CT 2024-05-03/2024-05-05", "CT 2024-01-24/2024-01-26"),
        ("CT 25/05/2024-26/05/2024", "CT 15/02/2024-16/02/2024"),
        ("CT 30.4./1.5.2024", "CT 21.01.2024/22.01.2024"),
        ("CT 20240503101500", "CT 20240124101500"),
        ("CT 3.-5. Mai 2024", "CT 24. Januar 2024-26. Januar 2024"),
        ("Segment 1.2.3.4, 12.5.3 mm, 3.5/2.4, L4/5", "Segment 1.2.3.4, 12.5.3 mm, 3.5/2.4, L4/5"),
    ],
)
def test_dates_side_by_side_all_move(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u200d"])
def test_characters_without_a_width_hide_no_name(unseen: str) -> None:
    assert cleaned(f"Herr M{unseen}üller, Frau Sch{unseen}mid") == "Herr [NAME], Frau [NAME]"
    assert report_faults(f"Herr M{unseen}üller", Record({"Müller^Hans"}, set()))


@pytest.mark.parametrize("hyphen", ["\u2010", "\u2011"])
def test_a_hyphen_that_does_not_break_holds_a_double_name_together(hyphen: str) -> None:
    assert cleaned(f"Frau Huber{hyphen}Schmid") == "Frau [NAME]"


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009"])
def test_a_space_that_does_not_break_stands_in_a_date(space: str) -> None:
    assert cleaned(f"CT vom 3.{space}Mai{space}2024") == "CT vom 24. Januar 2024"


def test_the_release_check_reads_a_name_over_the_end_of_a_line() -> None:
    assert report_faults("Herr Mül-\nler kam", Record({"Müller^Hans"}, set()))


def test_a_pseudonym_of_one_digit_hides_no_date_from_the_release_check() -> None:
    record = Record({"Müller^Hans"}, {"PID4711234"}, set(), {"19620512"})

    assert report_faults("geb. 12.05.1962, Patient 1", record, {"1"}) == ["says a date of the original"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("HERR KOWALSKI, FRAU DR. NOWAK", "HERR [NAME], FRAU DR. [NAME]"),
        ("Hr Kowalski, Dr.Huber, Dr.med.Huber", "Hr [NAME], Dr.[NAME], Dr.med.[NAME]"),
        ("Frau Nowak geb. Huber, geb. 3.5.1962", "Frau [NAME] geb. [NAME], geb. 23.1.1962"),
        ("Prof. Dr. Dr. h.c. mult. Huber, Dres. Nowak", "Prof. Dr. Dr. h.c. mult. [NAME], Dres. [NAME]"),
        ("Dott.ssa Bianchi, docteur Martin", "Dott.ssa [NAME], docteur [NAME]"),
        ("Mit freundlichen Grüßen\nKarl Huber\nOberarzt", "Mit freundlichen Grüßen\n[NAME]\nOberarzt"),
        ("Best regards,\nJohn Smith, MD", "Best regards,\n[NAME], MD"),
        ("PD Dr. Huber: PD FS sagittal, PD TSE", "PD Dr. [NAME]: PD FS sagittal, PD TSE"),
        ("MR Abdomen, MS Herde, FRAU MIT KOPFSCHMERZ", "MR Abdomen, MS Herde, FRAU MIT KOPFSCHMERZ"),
    ],
)
def test_titles_of_every_kind_stand_before_names_and_sequences_stay(text: str, left: str) -> None:
    assert cleaned(text) == left


def test_a_short_name_goes_with_the_s_behind_it() -> None:
    subject = Subject(Identity("PID4711234", {"Weis^Anna"}, {"PID4711234"}), frozenset(), frozenset({"Keil^Jörg"}))

    done = deidentify_report("Annas CT, Jörgs Befund, Annastift", subject, PSEUDONYMS)

    assert done.text == "[NAME] CT, [NAME] Befund, Annastift"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Freitag, 03.05.2024", "[DATE], 24.01.2024"),
        ("Fr., den 3. Mai 2024", "[DATE]., den 24. Januar 2024"),
        ("on Friday, May 3, 2024", "on [DATE], January 24, 2024"),
        ("le vendredi 3 mai 2024", "le [DATE] 24 januar 2024"),
        ("am Montag wieder, Sat 95 %, So 3.5 cm, Mi 2.1 x 3", "am Montag wieder, Sat 95 %, So 3.5 cm, Mi 2.1 x 3"),
    ],
)
def test_no_weekday_stays_beside_a_date_that_moved(text: str, left: str) -> None:
    assert cleaned(text) == left
