"""A PACS as it is shown, made of its configuration and of what is kept about it."""

from datetime import datetime

from radquarry.api import bulk
from radquarry.api.archive_facts import CHANGED, FAILED, KnownFacts
from radquarry.api.archive_views import ArchiveState, ArchiveView, HeldLimits, Probing
from radquarry.configuration.sections import Load, Pacs
from radquarry.messages import (
    LimitPacs,
    LoadLimits,
    Message,
    PacsContradicted,
    PacsLimited,
    PacsProbed,
    ProbePacs,
)


def view_of(
    name: str, pacs: Pacs, row: bulk.Found | None, known: KnownFacts, answered_at: datetime | None = None
) -> ArchiveView:
    """A configured PACS with what is known of it; `answered_at` is when its traffic last had an answer."""
    stopped = row is not None and row.stopped
    return ArchiveView(
        name=name,
        ae_title=pacs.ae_title,
        host=pacs.host,
        port=pacs.port,
        state=_state(row, answered_at),
        stopped_by=row.stopped_by if row is not None and stopped else "",
        stopped_at=row.stopped_at if row is not None and stopped else None,
        started_at=row.stopped_at if row is not None and not stopped else None,
        echoed_at=row.echoed_at if row is not None else None,
        milliseconds=row.milliseconds if row is not None else None,
        problem=row.problem if row is not None else "",
        load=_load(pacs.load, known),
        probing=_probing(known),
    )


def configured_limits(load: Load) -> LoadLimits:
    """The limits of the configuration file."""
    return LoadLimits.model_validate(load.model_dump(include=set(LoadLimits.model_fields)))


def _load(load: Load, known: KnownFacts) -> HeldLimits:
    limited, ordered = known.newest(kind=PacsLimited), known.newest(kind=LimitPacs)
    ordered_at = ordered.sent_at if ordered and _waits(ordered, limited) else None
    if limited is None or limited.is_configured:
        return HeldLimits(configured_limits(load), ordered_at=ordered_at)
    changed = known.newest(kind=PacsLimited, key=CHANGED)
    return HeldLimits(
        limited.limits,
        is_configured=False,
        changed_by=limited.requested_by,
        changed_at=changed.sent_at if changed and changed.limits == limited.limits else limited.sent_at,
        ordered_at=ordered_at,
    )


def _probing(known: KnownFacts) -> Probing:
    probed, failed, ordered = (
        known.newest(kind=PacsProbed),
        known.newest(kind=PacsProbed, key=FAILED),
        known.newest(kind=ProbePacs),
    )
    contradicted = known.newest(kind=PacsContradicted)
    profile = probed.profile if probed else None
    waits = ordered is not None and _waits(ordered, probed) and _waits(ordered, failed)
    fails = failed is not None and _after(failed.sent_at, probed.sent_at if probed else None)
    stands = contradicted is not None and _after(contradicted.seen_at, profile.probed_at if profile else None)
    return Probing(
        profile=profile,
        ordered_by=ordered.requested_by if ordered and waits else "",
        ordered_at=ordered.sent_at if ordered and waits else None,
        problem=failed.problem if failed and fails else "",
        problem_at=failed.sent_at if failed and fails else None,
        contradiction=contradicted.reason if contradicted and stands else "",
        contradicted_at=contradicted.seen_at if contradicted and stands else None,
    )


def _waits(order: Message, answer: Message | None) -> bool:
    """Whether this is not the answer yet: the answerer's clock may be behind ours."""
    return answer is None or (answer.cause != order.id and answer.sent_at < order.sent_at)


def _after(moment: datetime, other: datetime | None) -> bool:
    return other is None or moment > other


def _state(row: bulk.Found | None, answered_at: datetime | None) -> ArchiveState:
    if row is not None and row.stopped:
        return "stopped"
    echoed_at = row.echoed_at if row is not None else None
    if answered_at is not None and _after(answered_at, echoed_at):
        return "up"
    if row is None or echoed_at is None:
        return "unknown"
    return "up" if row.answered else "down"
