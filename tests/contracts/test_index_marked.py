"""What of a hit is shown and marked, on every search store."""

import pytest

from radquarry.index.document import Query
from radquarry.index.port import Index
from tests.contracts.indexes import report, shown, study


async def test_passages_show_the_match_as_plain_text(index: Index) -> None:
    text = "Technik: nativ.\n<script>alert(1)</script> Kleiner Pneumothorax & Erguss.\n" + "Sonst nichts. " * 50
    await index.merge([study(1), report(1, text)])

    page = await index.search(Query(q="pneumothorax script"))
    passages = page.hits[0].highlights

    assert shown(page) == ["script", "script", "Pneumothorax"]
    assert 1 <= len(passages) <= 3
    assert "<script>alert(1)</script> Kleiner Pneumothorax & Erguss." in "".join(
        piece.text for passage in passages for piece in passage
    )
    assert all("".join(piece.text for piece in passage) in text for passage in passages)


@pytest.mark.parametrize(
    ("q", "marked"),
    [
        ("lungenembolien", ["Lungenembolie"]),
        ('"rechten lunge"', ["rechten", "Lunge"]),
        ("lungenemb*", ["Lungenembolie"]),
        ("lungenembolje~", ["Lungenembolie"]),
        ("report:lunge -erguss", ["Lunge"]),
    ],
)
async def test_what_is_marked_is_what_was_asked(index: Index, q: str, marked: list[str]) -> None:
    await index.merge([study(1), report(1, "Lungenembolie in der rechten Lunge, nicht in der linken.")])

    assert shown(await index.search(Query(q=q))) == marked


async def test_a_match_in_the_description_is_shown_there(index: Index) -> None:
    await index.merge([study(1, study_description="CT Schädel nativ"), report(1, "Unauffälliger Befund.")])

    page = await index.search(Query(q="schaedel"))

    assert shown(page) == ["Schädel"]


async def test_without_a_match_the_beginning_of_the_report_is_shown(index: Index) -> None:
    await index.merge([study(1), report(1, "Unauffälliger Befund. " * 40), study(2)])

    page = await index.search(Query(sort="oldest"))

    assert [piece.match for piece in page.hits[0].highlights[0]] == [False]
    assert page.hits[0].highlights[0][0].text.startswith("Unauffälliger Befund.")
    assert len(page.hits[0].highlights[0][0].text) < 250
    assert page.hits[1].highlights == ()


async def test_words_of_a_name_are_not_marked_in_the_report(index: Index) -> None:
    await index.merge([study(1, patient_name="Klein^Eva"), report(1, "Ein kleiner Erguss.")])

    assert shown(await index.search(Query(q="patient_name:klein"))) == []
    assert shown(await index.search(Query(q="patient_name:klein erguss"))) == ["Erguss"]
