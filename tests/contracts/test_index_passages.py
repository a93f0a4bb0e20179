"""Passages of a report never say the opposite of it."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from radquarry.index.clauses import Words
from radquarry.index.passages import MOST_PASSAGES, passages

WORD = Words(field="report", words=("pneumothorax",))


def unstemmed(words: Sequence[str]) -> Sequence[tuple[str, ...]]:
    return [(word,) for word in words]


def shown(text: str) -> list[str]:
    return ["".join(piece.text for piece in passage) for passage in passages(text, [WORD], unstemmed)]


def test_a_negation_stays_with_what_it_negates() -> None:
    technique = "Technique: two standard projections of the chest in inspiration, compared with those of last April. "
    text = f"Query pneumothorax. {technique}Findings: cardiomegaly. No pneumothorax is seen on either side."

    assert all("pneumothorax is seen" not in passage or "No pneumothorax is seen" in passage for passage in shown(text))
    assert any("No pneumothorax is seen" in passage for passage in shown(text))


@given(st.lists(st.sampled_from(["no", "pneumothorax", "effusion", "."]), max_size=400))
def test_wherever_it_is_cut_no_passage_begins_behind_its_negation(words: list[str]) -> None:
    text = " ".join(words)
    for passage in shown(text):
        place = text.index(passage)
        assert not (passage.startswith("pneumothorax") and text[:place].endswith("no "))


@given(st.text(alphabet="ab .\n", max_size=300), st.integers(1, 500))
def test_passages_are_few_and_short_and_from_the_text(around: str, times: int) -> None:
    text = f" {around} pneumothorax " * times
    found = shown(text)

    assert 1 <= len(found) <= MOST_PASSAGES
    assert all(passage in text and len(passage) < 800 for passage in found)
