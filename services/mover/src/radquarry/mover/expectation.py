"""What a study consists of and which of it is wanted: series level first, then image level per series (PS3.4 C.4.1)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from radquarry.messages import SeriesChoice
from radquarry.mover.choice import NotTold, described, is_long_enough, thinnest_axial
from radquarry.mover.port import InstanceRow, Listed, SeriesRow, Session


@dataclass(frozen=True)
class ExpectedSeries:
    """A wanted series: the instances the PACS named, and how many it holds in all.

    `instances` is larger than the number of names when the PACS cut its answer.
    """

    series_instance_uid: str
    modality: str
    sop_instance_uids: tuple[str, ...]
    instances: int
    sop_class_uids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """The wanted series of a study; `held` counts all series the PACS named, wanted or not.

    `cut` says why there may be more series than these, or of the named instances more than these series hold;
    `not_told` what the PACS leaves out that the series are to be chosen by: then none is; `is_counted`: no instance is
    named, only their numbers are known.
    """

    series: tuple[ExpectedSeries, ...]
    held: int
    cut: str = ""
    not_told: str = ""
    is_counted: bool = False


async def look(
    session: Session,
    study_instance_uid: str,
    choice: SeriesChoice,
    only: Collection[str] = (),
    *,
    by_number: bool = False,
) -> Expectation:
    """Ask the PACS for the wanted part of a study; raises `PacsAway` or `PacsRefuses`.

    Of series of which only the instances `only` are wanted, those without any are left out. `by_number`: all series
    are wanted, and where the PACS tells how many instances each holds, it is not asked for their names.
    """
    listed = await session.series(study_instance_uid)
    rows = list({row.series_instance_uid: row for row in listed.rows}.values())
    if by_number and rows and not listed.cut and all(row.instances for row in rows):
        return counted([(row.series_instance_uid, row.modality, row.instances or 0) for row in rows])
    try:
        wanted = await _chosen(session, study_instance_uid, described(rows, choice), choice)
    except NotTold as fault:
        return Expectation((), len(rows), listed.cut, str(fault))
    if not only:
        return Expectation(tuple(wanted), len(rows), listed.cut)
    holding = [series for series in wanted if not set(only).isdisjoint(series.sop_instance_uids)]
    lost = len(set(only) - {uid for series in wanted for uid in series.sop_instance_uids})
    strange = f"the PACS names {lost} of the {len(only)} ordered instances in none of its series" if lost else ""
    return Expectation(tuple(holding), len(rows), listed.cut or strange)


def counted(listed: Sequence[tuple[str, str, int]]) -> Expectation:
    """All series of a study by their UID, modality and number of instances."""
    return Expectation(
        tuple(ExpectedSeries(uid, modality, (), instances) for uid, modality, instances in listed),
        len(listed),
        is_counted=True,
    )


async def _chosen(session: Session, study: str, rows: list[SeriesRow], choice: SeriesChoice) -> list[ExpectedSeries]:
    found: list[tuple[ExpectedSeries, tuple[InstanceRow, ...]]] = []
    for row in rows:
        if row.instances is not None and not is_long_enough(row.instances, choice):
            continue
        listed = await session.instances(study, row.series_instance_uid, geometry=choice.thinnest_axial)
        series = _expected(row, listed)
        if is_long_enough(series.instances, choice):
            found.append((series, listed.rows))
    if choice.thinnest_axial:
        thinnest = thinnest_axial([(series.series_instance_uid, images) for series, images in found])
        found = [(series, images) for series, images in found if series.series_instance_uid == thinnest]
    return [series for series, _ in found]


def _expected(row: SeriesRow, listed: Listed[InstanceRow]) -> ExpectedSeries:
    """A silent limit shows when fewer instances are named than the series is said to hold."""
    names = tuple(dict.fromkeys(instance.sop_instance_uid for instance in listed.rows))
    classes = tuple(sorted({instance.sop_class_uid for instance in listed.rows if instance.sop_class_uid}))
    instances = max(len(names) + bool(listed.cut), row.instances or 0)
    return ExpectedSeries(row.series_instance_uid, row.modality, names, instances, classes)
