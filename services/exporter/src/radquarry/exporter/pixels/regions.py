"""What a device says, or the user says of a device, about where the picture is: all else may be blanked unread."""

from collections.abc import Iterator, Sequence

from radquarry.exporter.dicom_bytes.elements import Dataset, found
from radquarry.exporter.pixels.text_lines import Box
from radquarry.exporter.profile.region import Region

ULTRASOUND_REGIONS = 0x00186011
CORNERS = (0x0018601A, 0x00186018, 0x0018601E, 0x0018601C)
"""Region Location Min Y0, Min X0, Max Y1, Max X1 (PS3.3 section C.8.5.5): the last two belong to the region."""


def known_boxes(dataset: Dataset, regions: Sequence[Region], rows: int, columns: int) -> list[Box]:
    """All that is to be blanked before anything is read: around ultrasound's regions, and the user's boxes."""
    boxes = list(_around(list(_ultrasound(dataset, rows, columns)), rows, columns))
    for region in regions:
        if region.fits(dataset, rows, columns):
            boxes += [(top, left, top + height, left + width) for left, top, width, height in region.blank]
    return boxes


def _ultrasound(dataset: Dataset, rows: int, columns: int) -> Iterator[Box]:
    element = found(dataset, ULTRASOUND_REGIONS)
    for item in (element.items or []) if element is not None else []:
        top, left, bottom, right = (_number(item, tag) for tag in CORNERS)
        if 0 <= top < bottom < rows and 0 <= left < right < columns:
            yield top, left, bottom + 1, right + 1


def _number(item: Dataset, tag: int) -> int:
    element = found(item, tag)
    return int.from_bytes(element.value, "little") if element is not None and len(element.value) == 4 else -1


def _around(regions: list[Box], rows: int, columns: int) -> Iterator[Box]:
    """Boxes that together are everything outside of all regions; none where there are no regions."""
    if not regions:
        return
    edges = sorted({0, rows, *(side for box in regions for side in (box[0], box[2]))})
    for top, bottom in zip(edges, edges[1:], strict=False):
        at = 0
        for _, left, _, right in sorted(
            (box for box in regions if box[0] < bottom and box[2] > top), key=lambda b: b[1]
        ):
            if left > at:
                yield top, at, bottom, left
            at = max(at, right)
        if at < columns:
            yield top, at, bottom, columns
