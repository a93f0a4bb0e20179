"""What a study consists of and which of it is wanted: series level first, then image level per series (PS3.4 C.4.1)."""

from dataclasses import dataclass

from radquarry.messages import SeriesChoice
from radquarry.mover.port import Listed, SeriesRow, Session


@dataclass(frozen=True)
class ExpectedSeries:
    """A wanted series: the instances the PACS named, and how many it holds in all.

    `instances` is larger than the number of names when the PACS cut its answer.
    """

    series_instance_uid: str
    modality: str
    sop_instance_uids: tuple[str, ...]
    instances: int


@dataclass(frozen=True)
class Expectation:
    """The wanted series of a study; `held` counts all series the PACS named, wanted or not.

    `cut` says why there may be more series than these.
    """

    series: tuple[ExpectedSeries, ...]
    held: int
    cut: str = ""


async def look(session: Session, study_instance_uid: str, choice: SeriesChoice) -> Expectation:
    """Ask the PACS for the wanted part of a study; raises `PacsAway` or `PacsRefuses`."""
    listed = await session.series(study_instance_uid)
    rows = {row.series_instance_uid: row for row in listed.rows}
    wanted = [row for row in rows.values() if is_wanted(row, choice)]
    series = [_expected(row, await session.instances(study_instance_uid, row.series_instance_uid)) for row in wanted]
    return Expectation(tuple(series), len(rows), listed.cut)


def is_wanted(row: SeriesRow, choice: SeriesChoice) -> bool:
    """Whether a series is chosen: by its modality, and by the words its description must not hold."""
    description = row.series_description.casefold()
    if any(text.casefold() in description for text in choice.exclude_description if text):
        return False
    return not choice.modality or row.modality.upper() in {modality.upper() for modality in choice.modality}


def _expected(row: SeriesRow, listed: Listed[str]) -> ExpectedSeries:
    """A silent limit shows when fewer instances are named than the series is said to hold."""
    names = listed.rows
    instances = max(len(names) + bool(listed.cut), row.instances or 0)
    return ExpectedSeries(row.series_instance_uid, row.modality, names, instances)
