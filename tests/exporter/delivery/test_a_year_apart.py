"""Two machines a year apart give the same pseudonyms and intervals; another project's cannot be linked with them."""

import json
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.exporter.delivery.machine import DAYS

FAKETIME = shutil.which("faketime")


def machine(folder: Path, project: str, clock: str = "") -> dict[str, Any]:
    """What a process of its own delivers, with its own folder, state and clock."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.exporter.delivery.machine", str(folder), project]
    if clock:
        assert FAKETIME is not None
        command = [FAKETIME, "-f", clock, *command]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def days_in(text: str) -> list[datetime]:
    return [datetime.strptime(day, "%d.%m.%Y") for day in re.findall(r"\d\d\.\d\d\.\d{4}", text)]  # noqa: DTZ007


@pytest.mark.skipif(FAKETIME is None, reason="Debian's faketime is not installed")
def test_a_year_later_on_another_machine_pseudonyms_and_intervals_are_the_same(tmp_path: Path) -> None:
    now = machine(tmp_path / "now", "lungs")
    later = machine(tmp_path / "later", "lungs", "+1y")
    other = machine(tmp_path / "other", "hearts")

    assert later["year"] == now["year"] + 1
    assert {name: later[name] for name in ("dicom", "reports", "mapping")} == {
        name: now[name] for name in ("dicom", "reports", "mapping")
    }
    first, second = sorted({row[5] for row in now["dicom"]})
    interval = datetime.strptime(second, "%Y%m%d") - datetime.strptime(first, "%Y%m%d")  # noqa: DTZ007
    assert interval == DAYS[1] - DAYS[0]
    for line in now["reports"]:
        moved = days_in(json.loads(line)["report"])
        assert [f"{day:%Y%m%d}" for day in moved] == [first, second]
    said = {value for row in now["dicom"] for value in row} | {row[-1] for row in now["mapping"]}
    of_other = {value for row in other["dicom"] for value in row} | {row[-1] for row in other["mapping"]}
    assert len(said) > len(now["dicom"])
    assert not {value for value in said & of_other if len(value) > 1 and value != "pseudonym"}
