"""Short roles are diseases' abbreviations, too: CA is who leads a clinic, and a carcinoma."""

import pytest

from radquarry.exporter.reports.people import people_in


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
