"""The type (1, 1C, 2, 2C) of each attribute in each IOD, so that a file stays valid without it.

`data/attribute_types.json` is taken from highdicom's tables of PS3.3; a test takes it again and compares. The types
are by the attribute and the sequence that it stands in; where several differ, the strictest counts.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydicom.datadict import tag_for_keyword

STRICTEST_FIRST = ("1", "1C", "2", "2C")


@cache
def types_of(sop_class_uid: str) -> Mapping[tuple[int, int], str] | None:
    """`(tag of the sequence around it or 0, tag)` → type; None for a class that PS3.3 does not know."""
    content = _content()
    iod = content["sop_classes"].get(sop_class_uid)
    if iod is None:
        return None
    types: dict[tuple[int, int], str] = {}
    for module in content["iods"][iod]:
        for place, kind in content["modules"].get(module, {}).items():
            parent, _, keyword = place.rpartition("/")
            key = (tag_for_keyword(parent) or 0 if parent else 0, tag_for_keyword(keyword) or 0)
            if key not in types or STRICTEST_FIRST.index(kind) < STRICTEST_FIRST.index(types[key]):
                types[key] = kind
    return types


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (files("radquarry.exporter.standard") / "data/attribute_types.json").read_text("utf-8")
    )
    return content


def collected(sop_classes: Mapping[str, str], iods: Mapping[str, list[Any]], modules: Mapping[str, list[Any]],
              tags: frozenset[int]) -> dict[str, Any]:  # fmt: skip
    """What `attribute_types.json` holds, taken from highdicom's three tables for the attributes `tags`."""
    types: dict[str, dict[str, str]] = {}
    for module, rows in sorted(modules.items()):
        found: dict[str, str] = {}
        for row in rows:
            kind, place = row["type"], "/".join([*row["path"][-1:], row["keyword"]])
            if kind in STRICTEST_FIRST and tag_for_keyword(row["keyword"]) in tags:
                strictest = min(kind, found.get(place, "2C"), key=STRICTEST_FIRST.index)
                found[place] = strictest
        if found:
            types[module] = dict(sorted(found.items()))
    used = {iod: sorted({row["key"] for row in rows} & set(types)) for iod, rows in sorted(iods.items())}
    return {"sop_classes": dict(sorted(sop_classes.items())), "iods": used, "modules": types}
