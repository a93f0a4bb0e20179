"""PS3.15 table E.1-1: the basic profile's action for each attribute (edition 2026c), and what the options change.

The actions are data of the package `dicom-anonymizer`, read from its file without running it; the options' columns are
of edition 2024b (data/NOTICE). An attribute that the older table lacks has its basic action whatever the options are.
"""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

EDITION = "2026c"
SOURCE = "dicom_anonymization_databases/dicomfields_2026c.py"
LISTS = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "Z/D",
    "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D",
    "X_Z_D_TAGS": "X/Z/D",
    "X_Z_U_STAR_TAGS": "X/Z/U*",
}
COLUMNS = {
    "clean_descriptors": "cleanDescOpt",
    "clean_graphics": "cleanGraphOpt",
    "clean_structured_content": "cleanStructContOpt",
    "retain_uids": "rtnUIDsOpt",
    "retain_device_identity": "rtnDevIdOpt",
    "retain_institution_identity": "rtnInstIdOpt",
    "retain_patient_characteristics": "rtnPatCharsOpt",
    "retain_full_dates": "rtnLongFullDatesOpt",
    "retain_modified_dates": "rtnLongModifDatesOpt",
}
"""Our names of the options, and the columns that hold them. Safe private attributes have a table of their own."""


class TableMissing(Exception):  # noqa: N818 - it says what is missing
    """The packaged table is not there or is not what it was: nothing may be de-identified."""


@dataclass(frozen=True)
class Row:
    """`basic` is the basic profile's action, as X/Z/D; `options` has K (keep) or C (clean) for each option."""

    basic: str
    options: Mapping[str, str] = field(default_factory=dict)


@cache
def table() -> Mapping[int, Row]:
    """Every attribute of the table by its tag; curves and overlays, which are groups, are not among them."""
    columns = _option_columns()
    return {tag: Row(basic, columns.get(tag, {})) for tag, basic in _actions().items()}


def _actions() -> dict[int, str]:
    found = find_spec("dicomanonymizer")
    if found is None or not found.submodule_search_locations:
        raise TableMissing("the package dicom-anonymizer is not installed")
    tree = ast.parse((Path(found.submodule_search_locations[0]) / SOURCE).read_text("utf-8"))
    actions: dict[int, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in LISTS:
            tags = [tag for tag in ast.literal_eval(node.value) if len(tag) == 2]
            actions |= {group << 16 | number: LISTS[node.targets[0].id] for group, number in tags}
    if len(actions) < 650 or set(actions.values()) != set(LISTS.values()):
        raise TableMissing("the table of dicom-anonymizer is not the one that this was made for")
    return actions


def _option_columns() -> dict[int, dict[str, str]]:
    text = (files("radquarry.exporter.standard") / "data/confidentiality_profile_attributes-2024b.json").read_text()
    rows = [row for row in json.loads(text) if all(digit in "0123456789abcdef" for digit in row["id"].lower())]
    return {
        int(row["id"], 16): {name: row[column] for name, column in COLUMNS.items() if column in row} for row in rows
    }
