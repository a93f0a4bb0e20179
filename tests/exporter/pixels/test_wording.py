"""What a line says that was read: own, text, text that may stay, nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.pixels.tesseract import Word
from radquarry.exporter.pixels.wording import MAY_STAY, Wording, wording_of

IDENTITY = Identity("PID4711234", {"Quarrymann^Josefine"}, {"PID4711234"}, {}, {"19620503"})


def wording() -> Wording:
    return wording_of(MAY_STAY, IDENTITY.spellings(), frozenset(IDENTITY.names | IDENTITY.ids))


def words(text: str, confidence: float = 95.0) -> list[Word]:
    return [Word(word, confidence, (0, 0, 1, 1)) for word in text.split()]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("QUARRYMANN", "own"), ("Quarryrnann", "own"), ("Qua rrymann", "own"), ("PID 4711234", "own"),
        ("03.05.1962", "own"), ("Josef1ne", "own"), ("L", "stays"), ("12.5 cm", "stays"), ("5cm", "stays"),
        ("-1024 HU", "text"), ("1962", "text"), ("Hospital", "text"), ("L Smith", "text"), ("|", "nothing"),
    ],
)  # fmt: skip
def test_a_line_means_what_it_says(text: str, meaning: str) -> None:
    assert wording().meaning(words(text)) == meaning


def test_what_was_not_read_surely_does_not_stay() -> None:
    assert wording().meaning(words("12 cm", 40.0)) == "perhaps text"


@given(st.sampled_from(["Quarrymann", "Josefine", "PID4711234"]), st.data())
def test_one_wrong_letter_hides_no_name(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd")))

    assert wording().meaning(words(name[:at] + letter + name[at + 1 :])) == "own"
