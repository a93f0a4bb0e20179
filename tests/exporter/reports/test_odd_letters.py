"""Letters of hospitals as they are laid out: columns, abbreviations, broken and spaced words."""

import pytest

from tests.exporter.reports.test_report_texts import cleaned


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("geb. 1.1.50, geb.12.3.50, *12.03.1950", "geb. [DATE], geb.2.12.49, *02.12.1949"),
        ("Pat.-Nr.: 12345, PatNr:12345, Fall: 123456", "Pat.-Nr.: [ID], PatNr:[ID], Fall: [ID]"),
        ("Aufnahme-Nr. 445566, Histo-Nr. E4455/19", "Aufnahme-Nr. [ID], Histo-Nr. [ID]"),
        ("Tel. intern 4455, Piepser 1234, 0791234567", "Tel. intern [PHONE], Piepser [PHONE], [PHONE]"),
        ("Patient:    Schmidt, Karl    geb. 03.04.1950", "Patient:    [NAME]    geb. 24.12.1949"),
        ("SCHMIDT Karl geb. 12.03.1950", "[NAME] geb. 02.12.1949"),
        ("Re: John Smith, DOB 12.03.1950", "Re: [NAME], DOB 02.12.1949"),
        ("Ihren Patienten Karl Schmidt", "Ihren Patienten [NAME]"),
        ("Kontakt: Rosa Huber (Tochter)", "Kontakt: [NAME] (Tochter)"),
        ("Rosa Huber, Tochter des Patienten", "[NAME], Tochter des Patienten"),
        ("Herrn\nKarl Schmidt\nLindenweg 3\n8001 Zürich", "Herrn\n[NAME]\n[ADDRESS]"),
        ("Hausarztpraxis Schmidt, Praxis Radiologie", "Hausarztpraxis [NAME], Praxis Radiologie"),
        ("Mai, Juni und Juli 2019, Ende der 90er Jahre", "[DATE], [DATE] und [DATE], Ende der [DATE] Jahre"),
        ("Frau Mül-\nler kam", "Frau [NAME]-\n kam"),
        ("Herr M ü l l e r", "Herr [NAME]     "),
    ],
)
def test_a_letter_keeps_no_person_however_it_is_laid_out(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Patient: Zustand nach Sturz, Patientin Adipositas Grad II, Patient mit Schmerzen",
        "Vater: Apoplexie. Schwester: Lupus. Tante: Ovar-Ca. Bruder Kolon-Ca. Schwester Epilepsie. Onkel Morbus Crohn",
        "Vitamin D 2000 IE, 2000 I.E. Heparin, 2000 Tabletten",
        "Fall von 3 cm, Typ A B, a b c",
    ],
)
def test_what_stands_behind_such_a_label_and_is_nobody_stays(text: str) -> None:
    assert cleaned(text) == text
