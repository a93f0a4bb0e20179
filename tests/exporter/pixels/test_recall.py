"""Of the texts in a seeded set at least so many are hidden, and no more than so much of the pictures with them."""

import shutil

import numpy as np
import pytest

from tests.exporter.pixels.measuring import measured

FLOOR = 0.95
MOST_BESIDE = 0.05
"""Of the pixels beside the texts; the sample ultrasound has texts of its own, and is not counted."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_nineteen_of_twenty_texts_are_hidden_and_little_else() -> None:
    scores = measured(seed=7, each=1)

    texts = sum(sum(score.texts.values()) for score in scores.values())
    leaked = sum(score.texts["leaked"] for score in scores.values())
    beside = [share for name, score in scores.items() if name != "ultrasound" for share in score.beside]
    assert texts >= 20
    assert 1 - leaked / texts >= FLOOR
    assert float(np.mean(beside)) <= MOST_BESIDE
