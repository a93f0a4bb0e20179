"""What the README says of settings, faults and options is what there is."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import radquarry.hospital
from radquarry.hospital import HospitalSettings, PacsFaults, PacsSettings, RisFaults, RisSettings

README = (Path(__file__).parents[2] / "deploy" / "hospital" / "README.md").read_text("utf-8")


def first_column(heading: str) -> set[str]:
    """The names in backquotes of the first column of the table after a heading."""
    table = README.partition(heading)[2].split("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize(
    ("heading", "model"),
    [("| `faults.pacs.` | what it does |\n", PacsFaults), ("| `faults.ris.` | what it does |\n", RisFaults)],
)
def test_every_fault_stands_in_the_readme_and_nothing_else(heading: str, model: type[BaseModel]) -> None:
    assert first_column(heading) == set(model.model_fields)


def test_every_setting_stands_in_the_readme_and_nothing_else() -> None:
    own = {name for name in HospitalSettings.model_fields if name not in {"pacs", "ris"}}
    below = {f"pacs.{name}" for name in PacsSettings.model_fields} | {
        f"ris.{name}" for name in RisSettings.model_fields
    }

    assert first_column("| key | default | meaning |\n") == own | below


def test_defaults_leave_every_fault_off() -> None:
    faults = HospitalSettings().faults

    assert not any((faults.pacs.answer_limit, faults.pacs.max_associations, faults.ris.fail_every, faults.ris.delay_ms))
    assert radquarry.hospital.__all__
