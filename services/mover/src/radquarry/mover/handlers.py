"""What the mover does when it is told something: it writes it down, says so, and lets its loops do the work."""

from dataclasses import replace
from datetime import timedelta

from radquarry.bus.port import Publish
from radquarry.dicom.uids import is_uid
from radquarry.errors import Transient
from radquarry.messages import (
    CancelRetrieval,
    GiveUpStudies,
    InstancesStored,
    PauseRetrieval,
    ResumeRetrieval,
    RetrievalProgressed,
    RetrievalRequested,
    RetryStudies,
    StudyChanged,
    WantedStudy,
)
from radquarry.mover.means import Means
from radquarry.mover.next_step import Settled, given_up
from radquarry.mover.progress import LEAP
from radquarry.mover.wanted import Wanted


async def take_order(order: RetrievalRequested, *, means: Means, known_pacs: frozenset[str], publish: Publish) -> None:
    """Write the order down; say at once of studies that can never be had why not."""
    lack = ""
    if order.estimated_bytes is not None and not await means.orders.knows(order.retrieval_id):
        lack = await means.room.lack(order.estimated_bytes)
    refused = {study: reason for study in order.studies if (reason := _refusal(study, known_pacs) or lack)}
    if refused:
        await publish(*(_never(order, study, reason) for study, reason in refused.items()))
    unfit = sum(bool(_refusal(study, known_pacs)) for study in order.studies)
    await means.orders.take(order, unfit, lack)
    if order.not_before is not None and order.not_before > means.clock():
        reason = f"ordered for not before {order.not_before.astimezone(means.zone):%a %d %b %H:%M}"
        idle = [one for one in await means.orders.idle_studies(order.retrieval_id) if one.state == "requested"]
        await means.orders.note(await means.progress.say_of_idle(idle, "waiting", reason))
    means.bell.ring()


async def pause(order: PauseRetrieval, *, means: Means) -> None:
    """Begin no further move; a move that runs goes on to its end."""
    _demand(is_known=await means.orders.wish(order.retrieval_id, "paused"))
    idle = [one for one in await means.orders.idle_studies(order.retrieval_id) if one.state != "paused"]
    await means.orders.note(await means.progress.say_of_idle(idle, "paused"))


async def resume(order: ResumeRetrieval, *, means: Means) -> None:
    """Go on where it was paused."""
    _demand(is_known=await means.orders.wish(order.retrieval_id, "running"))
    idle = [one for one in await means.orders.idle_studies(order.retrieval_id) if one.state == "paused"]
    await means.orders.note(await means.progress.say_of_idle(idle, "requested"))
    means.bell.ring()


async def cancel(order: CancelRetrieval, *, means: Means) -> None:
    """Settle what nobody works on; who works on a study of it sees the wish and stops."""
    _demand(is_known=await means.orders.wish(order.retrieval_id, "cancelled"))
    if await means.orders.wish_of(order.retrieval_id) != "cancelled":
        return
    idle = await means.orders.idle_studies(order.retrieval_id)
    said: list[Wanted] = []
    for one in idle:
        instances = await means.ledger.states(one.study_instance_uid, one.chosen, one.only)
        leapt = replace(one, revision=one.revision + LEAP)
        said.append(await means.progress.settle(leapt, Settled("cancelled"), instances))
    await means.orders.note(said)
    means.bell.ring()


async def retry(order: RetryStudies, *, means: Means) -> None:
    """Have what lacks images asked for at once, from the beginning; what is being sent needs no such order."""
    wish = await means.orders.wish_of(order.retrieval_id)
    _demand(is_known=wish is not None)
    if wish == "cancelled":
        return
    named = frozenset(order.studies)
    idle = await means.second_thoughts.to_ask_again(order.retrieval_id, named, order.sent_at)
    said = await means.progress.say_of_idle(idle, "paused" if wish == "paused" else "requested")
    pairs = list(zip(idle, said, strict=True))
    await means.second_thoughts.ask_again(order.retrieval_id, named, pairs, order.sent_at)
    means.bell.ring()


async def give_up(order: GiveUpStudies, *, means: Means) -> None:
    """Settle what nobody works on; who works on a study of it sees that it is given up and stops."""
    _demand(is_known=await means.orders.knows(order.retrieval_id))
    by = f" by {order.requested_by}" if order.requested_by else ""
    words = f"given up{by} on {order.sent_at.astimezone(means.zone):%d %b %Y}"
    await means.second_thoughts.give_up(order.retrieval_id, frozenset(order.studies), words, order.sent_at)
    said: list[tuple[Wanted, Wanted]] = []
    for one in await means.second_thoughts.given_up(order.retrieval_id):
        instances = await means.ledger.states(one.study_instance_uid, one.chosen, one.only)
        leapt = replace(one, revision=one.revision + LEAP)
        end = Settled("incomplete", given_up(one, one.problem))
        said.append((one, await means.progress.settle(leapt, end, instances)))
    await means.second_thoughts.settle(said)
    means.bell.ring()


async def look_again(event: StudyChanged, *, means: Means) -> None:
    """A study that grew, or is there again, is looked at anew by every retrieval that wants it and is not too old."""
    if event.kind not in ("late-series", "returned"):
        return
    since = means.clock() - timedelta(seconds=means.patience.grows)
    wanted = await means.orders.studies_of(event.study_instance_uid, event.pacs, since)
    if not wanted:
        return
    if await means.orders.is_worked_on(event.study_instance_uid):
        raise Transient("the study is being worked on", after=means.patience.lease)
    resting = [one for one in wanted if one.state == "paused"]
    others = [one for one in wanted if one.state != "paused"]
    said = await means.progress.say_of_idle(others, "requested", "the study has changed in the PACS")
    await means.orders.reopen((*said, *resting))
    means.bell.ring()


async def note_instances(event: InstancesStored, *, means: Means) -> None:
    """Enter in the ledger what is in the archive, whoever ordered it."""
    await means.ledger.store(event.instances)
    studies = {one.study_instance_uid for one in event.instances}
    means.arrivals.entered(studies, (means.clock() - event.sent_at).total_seconds())


def _demand(*, is_known: bool) -> None:
    if not is_known:
        raise Transient("the retrieval's order has not come yet")


def _refusal(study: WantedStudy, known_pacs: frozenset[str]) -> str:
    if not is_uid(study.study_instance_uid):
        return "this is not a Study Instance UID"
    if not all(map(is_uid, study.sop_instance_uids)):
        return "it names an instance with what is not a SOP Instance UID"
    return "" if study.pacs in known_pacs else "no PACS of this name is configured"


def _never(order: RetrievalRequested, study: WantedStudy, reason: str) -> RetrievalProgressed:
    return RetrievalProgressed.after(
        order,
        retrieval_id=order.retrieval_id,
        study_instance_uid=study.study_instance_uid,
        pacs=study.pacs,
        state="incomplete",
        expected=0,
        problem=reason,
        revision=1,
    )
