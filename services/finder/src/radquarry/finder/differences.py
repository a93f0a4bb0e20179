"""In what way a study is another than it was."""

from radquarry.messages import Change, Study


def changes_between(former: Study, now: Study) -> tuple[Change, ...]:
    """Empty when nothing that matters changed.

    Another name or birth date that comes with another patient id is part of the merge; an attribute that the PACS
    did not count, then or now, is no difference.
    """
    kinds: list[Change] = []
    if former.patient_id != now.patient_id:
        kinds.append("merged-patient")
    is_other_person = former.patient_id == now.patient_id and _person(former) != _person(now)
    if is_other_person or former.accession_number != now.accession_number:
        kinds.append("re-identified")
    if _has_other_images(former, now):
        kinds.append("late-series")
    return tuple(kinds)


def _person(study: Study) -> tuple[object, ...]:
    """A name ends in as many empty components as a PACS likes."""
    return study.patient_name.rstrip("^= ").casefold(), study.patient_birth_date


def _has_other_images(former: Study, now: Study) -> bool:
    before = {series.series_instance_uid: series.number_of_series_related_instances for series in former.series}
    after = {series.series_instance_uid: series.number_of_series_related_instances for series in now.series}
    counts = [(before[uid], after[uid]) for uid in before.keys() & after.keys()]
    counts.append((former.number_of_study_related_instances, now.number_of_study_related_instances))
    counts.append((former.number_of_study_related_series, now.number_of_study_related_series))
    is_counted_otherwise = any(None not in pair and pair[0] != pair[1] for pair in counts)
    return bool(before and after and before.keys() != after.keys()) or is_counted_otherwise
