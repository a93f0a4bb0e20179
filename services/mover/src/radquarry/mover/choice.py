"""Which series of a study are wanted, by what the PACS tells of them; what it does not tell is said, never guessed."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from statistics import median

from radquarry.messages import SeriesChoice
from radquarry.mover.port import InstanceRow, SeriesRow

AXIAL = 0.8
"""The least cosine between a slice's normal and the patient's long axis; a tilted gantry is axial, too."""


class NotTold(Exception):  # noqa: N818 - it reads as what the PACS did
    """The PACS tells nothing of what the series are to be chosen by; the text says of what."""


def described(rows: Sequence[SeriesRow], choice: SeriesChoice) -> list[SeriesRow]:
    """The series that are chosen by what describes them; raises `NotTold`."""
    if choice.modality:
        _demand(rows, lambda row: row.modality, "the modality of any series")
        wanted = {modality.upper() for modality in choice.modality}
        rows = [row for row in rows if row.modality.upper() in wanted]
    if choice.body_part:
        _demand(rows, lambda row: row.body_part_examined, "the body part of any series")
        wanted = {part.casefold() for part in choice.body_part}
        rows = [row for row in rows if row.body_part_examined.casefold() in wanted]
    if choice.include_description:
        _demand(rows, lambda row: row.series_description, "the description of any series")
        rows = [row for row in rows if _matches(row, choice.include_description)]
    return [row for row in rows if not _matches(row, choice.exclude_description)]


def is_long_enough(images: int, choice: SeriesChoice) -> bool:
    """Whether a series of so many images is wanted."""
    return (choice.min_images or 0) <= images and (choice.max_images is None or images <= choice.max_images)


def thinnest_axial(series: Sequence[tuple[str, Sequence[InstanceRow]]]) -> str | None:
    """Of (Series Instance UID, its instances) the axial one with the thinnest slices, the longer of two as thin.

    None when no series is axial. Raises `NotTold`.
    """
    images = [image for _, rows in series for image in rows]
    if not any(len(image.orientation) == 6 for image in images):
        if images:
            raise NotTold("the orientation of any image")
        return None
    axial = [(uid, rows) for uid, rows in series if _is_axial(rows)]
    thin = [(thickness, -len(rows), uid) for uid, rows in axial if (thickness := _thickness(rows)) is not None]
    if axial and not thin:
        raise NotTold("the slice thickness of any axial image")
    return min(thin)[2] if thin else None


def _demand(rows: Sequence[SeriesRow], told: Callable[[SeriesRow], str], what: str) -> None:
    if rows and not any(map(told, rows)):
        raise NotTold(what)


def _matches(row: SeriesRow, patterns: Sequence[str]) -> bool:
    text = row.series_description.casefold()
    return any(_is_match(text, pattern.casefold()) for pattern in patterns if pattern)


def _is_match(text: str, pattern: str) -> bool:
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(text, pattern.replace("[", "[[]"))
    return pattern in text


def _is_axial(rows: Sequence[InstanceRow]) -> bool:
    """More than half of its images are, so that a scout among them changes nothing."""
    told = [row.orientation for row in rows if len(row.orientation) == 6]
    return 2 * sum(abs(_along(cosines)) >= AXIAL for cosines in told) > len(rows)


def _along(cosines: tuple[float, ...]) -> float:
    """The part of a slice's normal that lies along the patient's long axis: z of rows x columns."""
    return cosines[0] * cosines[4] - cosines[1] * cosines[3]


def _thickness(rows: Sequence[InstanceRow]) -> float | None:
    told = [row.slice_thickness for row in rows if row.slice_thickness is not None and row.slice_thickness > 0]
    return median(told) if told else None
