"""Volumes in two files beside each other, a header (hdr) and its voxels (img), each packed by gzip or not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from radquarry.exporter.conversion.inputs import Input
from radquarry.exporter.conversion.kinds import HEAD, HEADERS, VOXELS, needs_voxels
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.sources import opened


def pairs_among(inputs: Sequence[Input]) -> dict[int, Input]:
    """The file of voxels of each header, by the header's number.

    Two are a pair when they lie in one folder under one name and the header says so; where two files could be the
    voxels, none is.
    """
    headers, voxels = _named(inputs, HEADERS), _named(inputs, VOXELS)
    found: dict[int, Input] = {}
    for place, halves in headers.items():
        if len(halves) == len(voxels.get(place, ())) == 1 and _needs_voxels(halves[0]):
            found[halves[0].number] = voxels[place][0]
    return found


def _named(inputs: Iterable[Input], endings: tuple[str, ...]) -> dict[tuple[str, str], list[Input]]:
    """By folder, and name without its ending."""
    found: dict[tuple[str, str], list[Input]] = defaultdict(list)
    for each in inputs:
        name = PurePosixPath(each.name).name
        for ending in endings:
            if name.lower().endswith(ending):
                found[each.folder, name[: -len(ending)]].append(each)
    return found


def _needs_voxels(header: Input) -> bool:
    """What cannot be opened says so when it is looked at."""
    try:
        with held_back_at_worst(), opened(header.source) as view:
            return needs_voxels(bytes(view[:HEAD]))
    except HeldBack:
        return False
