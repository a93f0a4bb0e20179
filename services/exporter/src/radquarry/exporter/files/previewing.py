"""What a profile would do to an uploaded file, by a process of its own: the file is a stranger's."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from radquarry.errors import Permanent
from radquarry.exporter.cleaning.cleaner import Cleaner
from radquarry.exporter.dicom_bytes.part10 import DicomFile
from radquarry.exporter.preview import Change, changes
from radquarry.exporter.pseudonyms.keyed import Pseudonyms
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.holding import NoImage, cleaned_or_held_back, pixels_are_cleaned, recognised
from radquarry.exporter.runs.run import Processes
from radquarry.exporter.runs.sources import opened, sources_in
from radquarry.exporter.runs.workplace import Order

MOST_SECONDS = 120.0
"""Others wait for theirs meanwhile."""
MOST_ELEMENTS = 100_000
"""Of the file, that are kept in memory: the others are counted."""
MOST_ROWS = 20_000
MOST_BYTES = 16 * 1024**2


class NothingToShow(Permanent):
    """There is no DICOM file in what was uploaded, or none that is looked at in bearable time."""


async def previewed(given: Path, order: Order) -> bytes:
    """The preview of the first DICOM file below `given`, as JSON. Raises `NothingToShow`, `RunRefused`.

    `changes` are rows of attribute, what happens, before and after; `more` are further ones that are not among them.
    `held_back` is why the file could not leave, as far as that is known before its release check. What lies behind so
    many elements that they are not kept is not known here either: what is the patient's by them may stand as kept.
    """
    processes = Processes(1)
    try:
        seen = await processes.call(partial(_looked_at, given, order), MOST_SECONDS)
    except TimeoutError:
        raise NothingToShow("it takes too long to look at: bring a single, smaller file") from None
    finally:
        processes.kill()
    if seen is None:
        raise NothingToShow("there is no DICOM file in it")
    return seen


def _looked_at(given: Path, order: Order) -> bytes | None:
    cleaner = Cleaner(order.profile, Pseudonyms(order.key, order.given))
    for source in sources_in([given], given.parent / "out"):
        try:
            with held_back_at_worst(), opened(source) as view:
                file = recognised(view, MOST_ELEMENTS)
                if not isinstance(file, NoImage):
                    return _written(changes(cleaner, file), _held_back(cleaner, file), order, file)
        except HeldBack as fault:
            return json.dumps(_empty() | {"held_back": str(fault)}).encode()
    return None


def _held_back(cleaner: Cleaner, file: DicomFile) -> str:
    try:
        with held_back_at_worst():
            cleaned_or_held_back(cleaner, file)
    except HeldBack as fault:
        return str(fault)
    return ""


def _written(rows: Iterable[Change], held_back: str, order: Order, file: DicomFile) -> bytes:
    told, size, more = list[dict[str, str]](), 0, file.left_out
    for row in rows:
        size += len(row.where) + len(row.before) + len(row.after)
        if size > MOST_BYTES or len(told) >= MOST_ROWS:
            more += 1
        else:
            told.append(asdict(row))
    cleaned = pixels_are_cleaned(order.profile, file.dataset)
    said = {"held_back": held_back, "pixels_cleaned": cleaned, "changes": told, "more": more}
    return json.dumps(_empty() | said, ensure_ascii=False).encode("utf-8", "replace")


def _empty() -> dict[str, Any]:
    return {"held_back": "", "pixels_cleaned": False, "changes": [], "more": 0}
