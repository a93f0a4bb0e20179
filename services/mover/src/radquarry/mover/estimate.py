"""What a retrieval would bring, reckoned from what is known of its studies, what is here, and what was learnt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from radquarry.messages import PlannedStudy, SeriesChoice
from radquarry.mover.choice import NotTold, described, is_long_enough
from radquarry.mover.port import SeriesRow
from radquarry.mover.sizes import ASSUMED_OTHER, Sizes

Here = Mapping[tuple[str, str], int]
"""(Study Instance UID, Series Instance UID) → instances in the archive; "" is all series together."""


@dataclass
class Reckoning:
    """Sums over studies; `unknown` counts those of which no number of images is known."""

    studies: int = 0
    series: int = 0
    instances: int = 0
    bytes: float = 0
    instances_here: int = 0
    bytes_here: float = 0
    unknown: int = 0
    not_told: Counter[str] = field(default_factory=Counter)
    modalities: set[str] = field(default_factory=set)

    @property
    def bytes_to_fetch(self) -> float:
        """Of what is not here; the studies that nothing is known of count as the mean of the others."""
        known = self.studies - self.unknown - self.not_told.total()
        mean = self.bytes / known if known else ASSUMED_OTHER
        return self.bytes - self.bytes_here + self.unknown * mean


def reckon(studies: Sequence[PlannedStudy], choice: SeriesChoice, here: Here, sizes: Sizes) -> Reckoning:
    """Sum up what is chosen of these studies."""
    sums = Reckoning()
    for study in {study.study_instance_uid: study for study in studies}.values():
        sums.studies += 1
        if study.sop_instance_uids:
            _add_named(sums, study, here, sizes)
        elif study.series:
            _add_series(sums, study, choice, here, sizes)
        elif study.number_of_study_related_instances is not None:
            count = study.number_of_study_related_instances
            _add(sums, _modality(study), count, here.get((study.study_instance_uid, ""), 0), sizes)
        else:
            sums.unknown += 1
    return sums


def _add_named(sums: Reckoning, study: PlannedStudy, here: Here, sizes: Sizes) -> None:
    count = len(set(study.sop_instance_uids))
    _add(sums, _modality(study), count, min(count, here.get((study.study_instance_uid, ""), 0)), sizes)


def _add_series(sums: Reckoning, study: PlannedStudy, choice: SeriesChoice, here: Here, sizes: Sizes) -> None:
    rows = [
        SeriesRow(
            one.series_instance_uid,
            one.modality,
            one.series_description,
            one.number_of_series_related_instances,
            one.body_part_examined,
        )
        for one in study.series
    ]
    try:
        wanted = described(rows, choice)
    except NotTold as fault:
        sums.not_told[str(fault)] += 1
        return
    if any(row.instances is None for row in wanted):
        sums.unknown += 1
        return
    for row in wanted:
        count = row.instances or 0
        if is_long_enough(count, choice):
            sums.series += 1
            arrived = here.get((study.study_instance_uid, row.series_instance_uid), 0)
            _add(sums, row.modality, count, arrived, sizes)


def _add(sums: Reckoning, modality: str, count: int, arrived: int, sizes: Sizes) -> None:
    size, arrived = sizes.of(modality), min(count, arrived)
    sums.instances += count
    sums.bytes += count * size
    sums.instances_here += arrived
    sums.bytes_here += arrived * size
    if count > arrived:
        sums.modalities.add(modality)


def _modality(study: PlannedStudy) -> str:
    """The first image modality of the study: structured reports and the like are few."""
    told = [*study.modalities_in_study, *(one.modality for one in study.series)]
    return next((modality for modality in told if modality not in ("SR", "PR", "KO", "DOC")), "")
