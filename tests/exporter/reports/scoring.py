"""How much of what is a person's is taken out of the corpus, by kind, and how many other words with it.

`python -m tests.exporter.reports.scoring [REPORTS] [SEED]` prints the table of the exporter's README.
"""

import re
import sys
from collections import Counter

from radquarry.exporter.pseudonyms.keyed import Pseudonyms, project_key
from radquarry.exporter.reports.deidentifying import deidentify_report
from tests.exporter.cleaning import PROJECT, SECRET
from tests.exporter.reports.written_reports import Written, reports

WORD = re.compile(r"\w+")
TITLES = frozenset(("dr", "prof", "med", "frau", "herr"))


class Scores:
    """Planted and found, by kind and language; words that are nobody's, and those that went with them."""

    def __init__(self) -> None:
        self.planted: Counter[tuple[str, str]] = Counter()
        self.found: Counter[tuple[str, str]] = Counter()
        self.words = self.lost = 0
        self.missed: list[str] = []
        self.lost_words: Counter[str] = Counter()

    def add(self, written: Written) -> None:
        """Clean one."""
        done = deidentify_report(written.text, written.subject, Pseudonyms(project_key(SECRET, PROJECT)))
        gone = [False] * len(written.text)
        for each in done.removed:
            gone[each.begin : each.end] = [True] * (each.end - each.begin)
        theirs = [False] * len(written.text)
        for item in written.planted:
            theirs[item.begin : item.end] = [True] * (item.end - item.begin)
            key = (item.kind, written.language)
            self.planted[key] += 1
            left = [
                word[0]
                for word in WORD.finditer(written.text, item.begin, item.end)
                if not all(gone[word.start() : word.end()])
            ]
            if set(map(str.lower, left)) <= TITLES:
                self.found[key] += 1
            else:
                self.missed.append(f"{item.kind}: {written.text[item.begin : item.end]}")
        for word in WORD.finditer(written.text):
            if not any(theirs[word.start() : word.end()]):
                self.words += 1
                if any(gone[word.start() : word.end()]):
                    self.lost += 1
                    self.lost_words[word[0]] += 1

    def recall(self, kind: str = "") -> float:
        """Of one kind, or of all."""
        planted = sum(count for (each, _), count in self.planted.items() if kind in ("", each))
        return sum(count for (each, _), count in self.found.items() if kind in ("", each)) / planted

    def table(self) -> str:
        """As Markdown."""
        rows = ["| kind | German | English |", "|---|---|---|"]
        for kind in sorted({kind for kind, _ in self.planted}):
            cells = [f"{self.found[kind, language]} of {self.planted[kind, language]}" for language in ("de", "en")]
            rows.append(f"| {kind} | {' | '.join(cells)} |")
        return "\n".join(
            [*rows, f"\nother words removed: {self.lost} of {self.words} ({100 * self.lost / self.words:.2f} %)"]
        )


def scored(seed: int, count: int) -> Scores:
    """The corpus of a seed."""
    scores = Scores()
    for written in reports(seed, count):
        scores.add(written)
    return scores


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    count, seed = given[0] if given else 400, given[1] if len(given) > 1 else 2026
    done = scored(seed, count)
    sys.stdout.write(f"{done.table()}\n")
    sys.stdout.write("".join(f"missed {text}\n" for text in sorted(set(done.missed))[:20]))
    sys.stdout.write(f"words removed that are nobody's: {dict(done.lost_words.most_common(20))}\n")
