"""Short roles are diseases' abbreviations, too: CA is who leads a clinic, and a carcinoma."""

import pytest

from radquarry.exporter.reports.people import people_in
from tests.exporter.reports.test_report_texts import cleaned


def names(text: str) -> list[str]:
    return [text[span.begin : span.end] for span in people_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Z. n. CA Mamma links.",
        "Bekanntes CA Prostata.",
        "OA Gonarthrose beidseits.",
        "LA Dilatation.",
        "CA Colon 2019.",
    ],
)
def test_a_disease_stays(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Rücksprache mit CA Huber.", "Huber"),
        ("OA Dr. Zimmermann informiert.", "Zimmermann"),
        ("Schwester Erika rief an.", "Erika"),
        ("Frau Mamma wünscht Auskunft.", "Mamma"),
    ],
)
def test_a_person_goes(text: str, name: str) -> None:
    assert names(text)[0].startswith(name)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Dictated by WINTERSTEIN, KARL", "Dictated by [NAME]"),
        ("Verified by SMITH, EVA MD", "Verified by [NAME] MD"),
        ("Referring physician: SMITH, JOHN A", "Referring physician: [NAME]"),
        ("Reported by SMITH, MRI of the knee", "Reported by [NAME], MRI of the knee"),
        ("Attending: RAMIREZ, ICU", "Attending: [NAME], ICU"),
    ],
)
def test_a_short_first_name_in_capitals_goes_with_its_surname(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Signed electronically by WINTERSTEIN, KARL", "Signed electronically by [NAME]"),
        ("Signed digitally: Karl Winterstein", "Signed digitally: [NAME]"),
        ("Vidiert elektronisch durch: OA Winterstein", "Vidiert elektronisch durch: OA [NAME]"),
        ("MTRA Winterstein", "MTRA [NAME]"),
        ("Images transferred electronically Monday", "Images transferred electronically Monday"),
    ],
)
def test_who_signs_electronically_or_made_the_pictures_goes(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize("number", ["1234 030562", "1234/030562", "1234030562"])
@pytest.mark.parametrize("label", ["SVNR", "SV-Nr.:", "Sozialversicherungsnummer", "VSNR:"])
def test_a_number_of_the_austrian_insurance_goes_behind_its_label(number: str, label: str) -> None:
    assert cleaned(f"{label} {number}, gehfähig") == f"{label} [INSURANCE NUMBER], gehfähig"


def test_a_number_of_the_austrian_insurance_goes_alone_where_its_check_digit_is_right() -> None:
    assert cleaned("1237 010180, 1238 010180, 1237 410180") == "[INSURANCE NUMBER], 1238 010180, 1237 410180"
