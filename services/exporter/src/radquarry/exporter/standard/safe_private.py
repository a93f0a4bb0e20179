"""The private attributes that PS3.15 table E.3.10-1 calls safe (data/NOTICE names the list's source)."""

import csv
import re
from functools import cache
from importlib.resources import files

TAG = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)", re.IGNORECASE)


@cache
def safe_private() -> frozenset[tuple[str, int, int]]:
    """Private creator, group, and the element's last byte."""
    text = (files("radquarry.exporter.standard") / "data/safe_private.tsv").read_text("utf-8")
    rows = csv.reader(text.splitlines(), delimiter="\t")
    return frozenset(
        (row[1].strip(), int(found[1], 16), int(found[2], 16) & 0xFF)
        for row in rows
        if len(row) >= 2 and (found := TAG.fullmatch(row[0].strip()))
    )
