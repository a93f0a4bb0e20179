"""Teams, tables, typing errors and quoted-printable text as hospitals write them; abbreviations of medicine stay."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.release.report_text import Record, report_faults
from radquarry.exporter.reports.deidentifying import Rules, Subject, deidentify_report
from tests.exporter.reports.test_report_texts import PSEUDONYMS, SUBJECT, cleaned

NAMED = Subject(Identity("PID4711234", {"Becker^Siegfried"}, {"PID4711234"}))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Op.: Wenger\nAss.: Huber\nAnästh.: Dr. Stein", "Op.: [NAME]\nAss.: [NAME]\nAnästh.: Dr. [NAME]"),
        ("Operateur: Wenger, 1. Ass.: Lüthi, Instr.: Frei", "Operateur: [NAME], 1. Ass.: [NAME], Instr.: [NAME]"),
        ("Dikt.: Bachmann, Schrb.: Frei", "Dikt.: [NAME], Schrb.: [NAME]"),
        ("K.-H. Meier und M.-L. Graf", "[NAME] und [NAME]"),
        ("RESIDENT: WHITCOMBE, P   TECH: MULLIGAN", "RESIDENT: [NAME]   TECH: [NAME]"),
        ("Kopie an: Bachmann, Wenger, Frei", "Kopie an: [NAME], [NAME]"),
        ("Anwesend: Dr. Huber (Chirurgie), Frei (Onkologie)", "Anwesend: Dr. [NAME] (Chirurgie), [NAME] (Onkologie)"),
        ("H. P. Wenger\nLeitender Arzt", "[NAME]\nLeitender Arzt"),
        ("Dhr. de Vries, Mevr. Jansen, dr. Bakker", "Dhr. [NAME], Mevr. [NAME], dr. [NAME]"),
        ("Sra. García, Hija: Carmen García, Dra. Ruiz", "Sra. [NAME], Hija: [NAME], Dra. [NAME]"),
        ("hosp no K338812, ACC#: 8839201", "hosp no [ID], ACC#: [ID]"),
        ("Name\tVorname\tGeb.\nKowalski\tPiotr\t03.04.1950", "Name\tVorname\tGeb.\n[NAME]\t[NAME]\t24.12.1949"),
        ("Patient      Arzt\nNowak Eva    Dr. Hübner", "Patient      Arzt\n[NAME]    Dr. [NAME]"),
        ("| Name | Befund |\n|---|---|\n| Nowak | Fraktur |", "| Name | Befund |\n|---|---|\n| [NAME] | Fraktur |"),
        (
            "<table><tr><th>Name</th><th>Befund</th></tr><tr><td>Nowak</td><td>Fraktur</td></tr></table>",
            "<table><tr><th>Name</th><th>Befund</th></tr><tr><td>[NAME]</td><td>Fraktur</td></tr></table>",
        ),
    ],
)
def test_whoever_is_named_in_a_team_or_a_table_goes(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Mutter Z.n. Apoplex, Vater V.a. Demenz, Bruder St.p. Infarkt, Schwester Z. n. Sectio, Mutter DD Migräne",
        "Pat. V.a. Fraktur, Patient: Z.n. Sturz, Mutter A.cerebri-media-Infarkt, Schwester M. Crohn",
        "LA Druck 12 mmHg, LA Volumenindex, LA Grösse, LA Appendage, RA Druck, RV Funktion, LV Funktion, CA Faktor",
        "OP: Hüft-TEP links. Anästhesie: Spinal. OP: Appendektomie. Op.: Leistenhernie rechts.",
        "Name\tDosis\nAspirin\t100 mg\nMetoprolol\t50 mg",
        "Becken, Zellen, Steine, Schulter, Fieber",
    ],
)
def test_an_abbreviation_an_operation_and_a_drug_stay(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize("said", ["Sigfried", "Siegfreid", "SIEGFIRED", "Siegfriedd", "Siegfrid", "Bekcer", "Beckerr"])
def test_a_name_of_the_record_goes_with_one_typing_error(said: str) -> None:
    assert deidentify_report(f"Pat {said} kam", NAMED, PSEUDONYMS).text == "Pat [NAME] kam"


def test_a_word_of_medicine_is_no_typing_error() -> None:
    text = "Becken und Beckens, bekannt. Becher an der Wand, ein becher."

    assert deidentify_report(text, NAMED, PSEUDONYMS).text == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Herr M=C3=BCller am 12=2E03=2E2023", "Herr [NAME] am 02.12.2022"),
        ("Herr M=FCller kam", "Herr [NAME] kam"),
        ("Dr. Kowal=\nski und M=C3=BCl=\nler", "Dr. [NAME]=\n und [NAME]=\n"),
        ("TR=2000, PSA=2000, b=3, R=A0", "TR=2000, PSA=2000, b=3, R=A0"),
    ],
)
def test_quoted_printable_is_read_as_what_it_means(text: str, left: str) -> None:
    assert cleaned(text) == left


def test_the_release_check_reads_quoted_printable() -> None:
    assert report_faults("Herr M=C3=BCl=\nler", Record({"Müller^Hans"}, set()))


@pytest.mark.parametrize("part", ["a", "A", ".", "1", " ", "\n", "\t", "=", "-", "_"])
def test_a_megabyte_of_one_character_ends_at_once(part: str) -> None:
    begin = time.process_time()

    assert cleaned(part * 1_000_000) == part * 1_000_000

    assert time.process_time() - begin < 4


def test_what_stands_behind_a_long_run_is_found() -> None:
    run = "*" * 5000

    assert cleaned(f"Frau Huber{run}12.03.2023{run}Hans Müller") == f"Frau [NAME]{run}02.12.2022{run}[NAME]"


@given(
    st.lists(
        st.sampled_from(
            ["Dr. Huber", "Hans Müller", "12., 13. und 14.03.2024", "Op.: Wenger", "OP 2019", "Tel. 044 123 45 67",
             "Mutter Z.n. Apoplex", "LA Druck", "K.-H. Meier", "4.III.2024", "Ehemann Karl", "95-jährig",
             "a.b@c.example",
             "Name\tArzt\nNowak\tFrei", "M=C3=BCller", "\n", ", ", " und "]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_with_dates_removed_cleaning_twice_is_cleaning_once(parts: list[str]) -> None:
    rules = Rules("removed")
    once = deidentify_report(" ".join(parts), SUBJECT, PSEUDONYMS, rules).text

    assert deidentify_report(once, SUBJECT, PSEUDONYMS, rules).text == once
