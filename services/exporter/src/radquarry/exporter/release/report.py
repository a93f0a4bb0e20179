"""The report that accompanies a delivery: counts, what was held back and why, and findings. It names no original."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from radquarry.errors import Permanent
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.release.checking import Finding
from radquarry.exporter.standard.confidentiality import EDITION

NAME = "release-report"
State = Literal["released", "repeated", "held back", "passed over"]


PIXELS = {
    "checked": "not read; files in which text is likely are held back",
    "unchecked": "unchecked: files may show text in their pixels",
    "cleaned": "text was looked for and blanked in files in which it is likely; reading misses some",
    "cleaned-all": "text was looked for and blanked in all files; reading misses some",
}


class ReportNotWritten(Permanent):
    """The folder takes no report."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `number` counts the inputs from 1, `path` is where it lies in the delivery."""

    number: int
    state: State
    path: str = ""
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    own_values_found: int = 0


def write_report(folder: Path, project: str, profile: Profile, outcomes: Sequence[Outcome]) -> None:
    """`release-report.json` and `release-report.csv` in `folder`. Raises `ReportNotWritten`."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.number)
    try:
        _write(folder / f"{NAME}.json", json.dumps(_content(project, profile, ordered), indent=2) + "\n")
        _write(folder / f"{NAME}.csv", _table(ordered))
    except OSError as error:
        raise ReportNotWritten(f"{folder}: the report cannot be written: {error.strerror}") from None


def _content(project: str, profile: Profile, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    counts = Counter(outcome.state for outcome in outcomes)
    return {
        "project": project,
        "profile": {**profile.model_dump(mode="json"), "basis": f"PS3.15 basic profile, edition {EDITION}"},
        "pixels": PIXELS[profile.pixels],
        "counts": {
            "files": len(outcomes),
            **{state.replace(" ", "_"): counts[state] for state in get_args(State)},
            "findings": sum(len(outcome.findings) for outcome in outcomes),
            "values_with_own_data_cleaned": sum(outcome.own_values_found for outcome in outcomes),
        },
        "held_back": [_line(outcome) for outcome in outcomes if outcome.state == "held back"],
    }


def _line(outcome: Outcome) -> dict[str, Any]:
    found = [{"where": finding.where, "what": finding.what} for finding in outcome.findings]
    return {"input": outcome.number, "reason": outcome.reason, "findings": found}


def _table(outcomes: Sequence[Outcome]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["input", "state", "path", "reason", "findings"])
    for outcome in outcomes:
        found = "; ".join(f"{finding.where}: {finding.what}" for finding in outcome.findings)
        writer.writerow([outcome.number, outcome.state, outcome.path, outcome.reason, found])
    return text.getvalue()


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    beside.write_text(text, encoding="utf-8", newline="")
    beside.replace(file)
