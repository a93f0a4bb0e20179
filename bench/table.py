"""Figures as a table on the screen and as a file in bench/results/."""

import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """A ratio measured in one run, its goal, and what it was made of. `at_most`: the goal is an upper bound."""

    name: str
    ratio: float
    goal: float | None
    made_of: str
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the goal is met; a figure without a goal always is."""
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


def write(figures: list[Figure]) -> None:
    """Print the table; write it with the machine's description."""
    for figure in figures:
        bound = "" if figure.goal is None else f"goal {'≤' if figure.at_most else '≥'} {figure.goal}"
        verdict = "" if figure.goal is None else "reached" if figure.reached else "FELL SHORT"
        print(f"{figure.name:<44} {figure.ratio:>7.2f}  {bound:<11} {verdict:<11} {figure.made_of}")
    now = datetime.now(UTC)
    content = {
        "measured_at": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processor": platform.machine(),
        "figures": [{**asdict(figure), "reached": figure.reached} for figure in figures],
    }
    RESULTS.mkdir(exist_ok=True)
    names = "-".join(sorted({figure.name.split(":")[0] for figure in figures}))
    (RESULTS / f"{now:%Y-%m-%d}-{names}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
