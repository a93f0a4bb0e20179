"""Earlier studies of the same patient, by rule: asked of the PACS that holds the study (PS3.4 C.6.2, study level)."""

from datetime import date, datetime, time

from radquarry.messages import PriorsChoice
from radquarry.mover.port import Listed, Session, StudyRow


async def priors(session: Session, study_instance_uid: str, rule: PriorsChoice) -> Listed[str]:
    """Study Instance UIDs, the newest first; `cut` says why there may be others. Raises `PacsAway`, `PacsRefuses`."""
    own = await session.study(study_instance_uid)
    if own is None or own.study_date is None:
        return Listed((), "the PACS tells no date of the study")
    if not own.patient_id or any(wild in own.patient_id for wild in "*?\\"):
        return Listed((), "the PACS tells no patient id that could be asked for")
    listed = await session.studies_of(own.patient_id)
    others = {one.study_instance_uid: one for one in listed.rows if one.study_instance_uid != study_instance_uid}
    undated = sum(one.study_date is None for one in others.values())
    cut = listed.cut or (f"{undated} of the patient's studies have no date" if undated else "")
    earlier = [one for one in others.values() if _is_earlier(one, own, rule)]
    earlier.sort(key=lambda one: (_moment(one), one.study_instance_uid), reverse=True)
    if not rule.same_body_part:
        return Listed(tuple(one.study_instance_uid for one in earlier[: rule.newest]), cut)
    parts = await _body_parts(session, study_instance_uid)
    if not parts:
        return Listed((), "the PACS tells the body part of no series of the study")
    found: list[str] = []
    for one in earlier:
        if len(found) == rule.newest:
            break
        if parts & await _body_parts(session, one.study_instance_uid):
            found.append(one.study_instance_uid)
    return Listed(tuple(found), cut)


def _is_earlier(one: StudyRow, own: StudyRow, rule: PriorsChoice) -> bool:
    if one.study_date is None or own.study_date is None or _moment(one) >= _moment(own):
        return False
    if rule.within_months is not None and one.study_date < _months_before(own.study_date, rule.within_months):
        return False
    return not rule.same_modality or not set(one.modalities).isdisjoint(own.modalities)


def _moment(study: StudyRow) -> datetime:
    return datetime.combine(study.study_date or date.min, study.study_time or time.min)


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last one that it has."""
    count = day.year * 12 + day.month - 1 - months
    if count < 12:
        return date.min
    year, month = count // 12, count % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


async def _body_parts(session: Session, study: str) -> set[str]:
    listed = await session.series(study)
    return {row.body_part_examined.casefold() for row in listed.rows if row.body_part_examined}
