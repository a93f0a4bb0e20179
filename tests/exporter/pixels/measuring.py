"""How much of the text in the seeded set is hidden, how much else is, and how long it takes.

`python -m tests.exporter.pixels.measuring [PICTURES OF EACH] [SEED] [KIND]` prints the table of the exporter's README;
the kinds of texts are usual, slanted and "two letters".
"""

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.exporter.pixels.captures import capture, deidentified
from tests.exporter.pixels.drawn_texts import BACKGROUNDS, KINDS, Drawn, Kind, Picture, pictures

BESIDE = 8
"""Pixels around a text that may be blanked with it."""


@dataclass
class Score:
    """Counts of texts by what became of them, shares of pixels blanked beside texts, seconds of each picture."""

    texts: Counter[str] = field(default_factory=Counter)
    beside: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    leaked: list[Drawn] = field(default_factory=list)

    def add(self, picture: Picture, items: list[Drawn], folder: Path) -> None:
        """Clean the picture as a file."""
        began = time.perf_counter()
        _, after = deidentified(capture(picture), folder)
        self.seconds.append(time.perf_counter() - began)
        if after is None:
            self.texts["held back"] += len(items)
            return
        left = after.pixel_array
        hidden = (left == picture.min()) | (left != picture)
        near = np.zeros(picture.shape, bool)
        for item in items:
            top, sinister, bottom, right = item.box
            near[max(0, top - BESIDE) : bottom + BESIDE, max(0, sinister - BESIDE) : right + BESIDE] = True
            became = "hidden" if item.hidden_in(hidden) else "leaked"
            self.texts[became] += 1
            if became == "leaked":
                self.leaked.append(item)
        self.beside.append(float(((left != picture) & ~near).mean()))

    @property
    def recall(self) -> float:
        """Texts that nobody sees outside: hidden, or held back."""
        return 1 - self.texts["leaked"] / max(1, sum(self.texts.values()))


def measured(
    seed: int, each: int, backgrounds: tuple[str, ...] = BACKGROUNDS, kind: Kind = "usual"
) -> dict[str, Score]:
    """A score for each background."""
    scores = {background: Score() for background in backgrounds}
    with tempfile.TemporaryDirectory() as folder:
        for number, (picture, items) in enumerate(pictures(seed, each, backgrounds, kind)):
            scores[items[0].background].add(picture, items, Path(folder) / str(number))
    return scores


def table(scores: dict[str, Score]) -> str:
    """As Markdown."""
    rows = ["| background | texts | hidden | held back | leaked | blanked beside texts | seconds a frame (median) |",
            "|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, score in scores.items():
        count = score.texts
        beside = f"{100 * np.mean(score.beside):.1f} %" if score.beside else "–"
        rows.append(
            f"| {name} | {sum(count.values())} | {count['hidden']} | {count['held back']} | {count['leaked']} "
            f"| {beside} | {np.median(score.seconds):.1f} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    each, seed = (int(text) for text in (sys.argv[1:3] + ["4", "2026"][len(sys.argv) - 1 :])[:2])
    kinds = [kind for kind in KINDS if kind == (sys.argv[3] if len(sys.argv) > 3 else "usual")]
    done = measured(seed, each, kind=kinds[0])
    sys.stdout.write(table(done) + "\n")
    for score in done.values():
        for item in score.leaked:
            sys.stdout.write(f"leaked: {item.text!r}, {item.size} px, contrast {item.contrast}, {item.background}\n")
