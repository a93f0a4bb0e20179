"""Whose configuration a file is, told by its keys."""

from typing import Literal

from radquarry.configuration.sections import Whole
from radquarry.standalone.foreign import pacsanini, pacsnpull
from radquarry.standalone.foreign.written import Written

Kind = Literal["radquarry", "pacsanini", "pacs n pull", "pacs n pull queries"]


def kind_of(written: Written) -> Kind:
    """The tool most of whose keys are there; radquarry when nothing tells."""
    if isinstance(written.values, list):
        return "pacs n pull queries"
    keys = set(written.values or {})
    shares: dict[Kind, int] = {
        "radquarry": len(keys & set(Whole.model_fields)),
        "pacsanini": len(keys & set(pacsanini.SECTIONS)),
        "pacs n pull": len(keys & set(pacsnpull.Settings.model_fields)),
    }
    return max(shares, key=lambda kind: shares[kind])
