"""What lacks images is asked for again, or given up, when people say so: once, however often they are heard."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from radquarry.configuration.sections import Archive, Load
from radquarry.errors import Transient
from radquarry.messages import (
    CancelRetrieval,
    GiveUpStudies,
    ListedSeries,
    PauseRetrieval,
    ResumeRetrieval,
    RetrievalRequested,
    RetryStudies,
    WantedStudy,
)
from radquarry.mover.handlers import cancel, give_up, look_again, pause, resume, retry
from tests.mover.desk import Desk
from tests.mover.retrieving import small_hospital, ward
from tests.mover.test_growth import changed
from tests.mover.test_tables import BEGIN, LEASE, order, taken

LOST = "3 of 9 instances have not come"
ONE_AT_A_TIME = Load(associations=1)


def again(retrieval_id: UUID, *studies: str, after: float = 60) -> RetryStudies:
    """Somebody wants them asked for again, so many seconds after the beginning."""
    return RetryStudies(retrieval_id=retrieval_id, studies=studies, sent_at=BEGIN + timedelta(seconds=after))


def no_more(retrieval_id: UUID, *studies: str, after: float = 60, by: str = "anna") -> GiveUpStudies:
    """Somebody gives them up."""
    sent_at = BEGIN + timedelta(seconds=after)
    return GiveUpStudies(retrieval_id=retrieval_id, studies=studies, sent_at=sent_at, requested_by=by)


async def tried(desk: Desk, *studies: str, state: str = "incomplete", problem: str = LOST, wait: float = 0) -> UUID:
    """A retrieval of these studies, each of which was asked for in vain."""
    one = order(*studies)
    await desk.means.orders.take(one, 0)
    for _ in studies:
        lease = await desk.means.leases.take("main")
        assert lease is not None
        due = desk.clock.now + timedelta(seconds=wait)
        await desk.means.leases.release(*lease, state=state, problem=problem, attempts=4, due=due, revision=1001)
    if state == "incomplete":
        await desk.means.orders.close(str(one.retrieval_id))
    return one.retrieval_id


def told(desk: Desk) -> list[tuple[str, str]]:
    """What was said, in the order of it."""
    return [(one.study_instance_uid, one.state) for one in desk.said]


async def test_what_ended_incomplete_is_asked_for_again_and_its_retrieval_is_open(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", "1.3")

    await retry(again(retrieval_id, "1.3"), means=desk.means)

    assert told(desk) == [("1.3", "requested")]
    assert await desk.means.orders.settled() == []
    lease = await desk.means.leases.take("main")
    assert lease is not None
    wanted, _ = lease
    assert (wanted.study_instance_uid, wanted.attempts, wanted.looked_at, wanted.problem) == ("1.3", 0, None, "")
    assert wanted.revision > desk.said[-1].revision
    await desk.means.leases.release(*lease, state="complete")
    assert [row.retrieval_id for row in await desk.means.orders.settled()] == [str(retrieval_id)]


async def test_what_waits_after_a_fruitless_attempt_is_due_at_once(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", state="waiting", wait=3600)
    assert await taken(desk.means.leases) == ""

    await retry(again(retrieval_id), means=desk.means)

    assert await taken(desk.means.leases) == "1.2"


async def test_a_retry_that_is_delivered_twice_asks_once(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2")
    click = again(retrieval_id)
    await retry(click, means=desk.means)
    lease = await desk.means.leases.take("main")
    assert lease is not None
    await desk.means.leases.release(*lease, state="incomplete", problem=LOST)

    await retry(click, means=desk.means)

    assert len(desk.said) == 1
    assert await taken(desk.means.leases) == ""
    await retry(again(retrieval_id, after=61), means=desk.means)
    assert await taken(desk.means.leases) == "1.2"


async def test_a_retry_whose_handler_died_before_it_wrote_is_done_when_it_comes_again(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2")
    idle = await desk.means.second_thoughts.to_ask_again(retrieval_id, frozenset(), BEGIN + timedelta(seconds=60))
    await desk.means.progress.say_of_idle(idle, "requested")

    await retry(again(retrieval_id), means=desk.means)

    assert told(desk) == [("1.2", "requested")] * 2
    assert len({one.revision for one in desk.said}) == 1
    assert await taken(desk.means.leases) == "1.2"


async def test_what_is_complete_or_being_sent_is_not_asked_for_again(desk: Desk) -> None:
    complete = await desk.finished("1.2")
    one = order("1.3")
    await desk.means.orders.take(one, 0)
    assert await taken(desk.means.leases) == "1.3"

    await retry(again(complete), means=desk.means)
    await retry(again(one.retrieval_id), means=desk.means)

    assert desk.said == []


async def test_what_is_asked_for_again_is_asked_of_the_pacs_and_not_of_what_the_order_knew(desk: Desk) -> None:
    known = (ListedSeries(series_instance_uid="1.2.1", modality="CT", number_of_series_related_instances=9),)
    one = order("1.2")
    wanted = one.studies[0].model_copy(update={"series": known})
    await desk.means.orders.take(one.model_copy(update={"studies": (wanted,)}), 0)
    lease = await desk.means.leases.take("main")
    assert lease is not None
    await desk.means.leases.release(*lease, state="incomplete", problem=LOST, attempts=4)

    await retry(again(one.retrieval_id), means=desk.means)

    taken_again = await desk.means.leases.take("main")
    assert taken_again is not None
    assert (len(lease[0].listed), taken_again[0].listed) == (1, ())


async def test_who_was_ordered_for_later_is_not_hurried(desk: Desk) -> None:
    later = RetrievalRequested(
        retrieval_id=UUID(int=7),
        trail=UUID(int=7),
        studies=(WantedStudy(study_instance_uid="1.2", pacs="main"),),
        not_before=BEGIN + timedelta(hours=8),
    )
    await desk.means.orders.take(later, 0)
    idle = await desk.means.orders.idle_studies(later.retrieval_id)
    await desk.means.orders.note(await desk.means.progress.say_of_idle(idle, "waiting", "not before tomorrow"))

    await retry(again(later.retrieval_id), means=desk.means)

    assert told(desk) == [("1.2", "waiting")]
    assert await taken(desk.means.leases) == ""


async def test_in_a_paused_retrieval_it_is_asked_for_when_it_is_resumed(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", state="waiting", wait=3600)
    await pause(PauseRetrieval(retrieval_id=retrieval_id), means=desk.means)

    await retry(again(retrieval_id), means=desk.means)

    assert told(desk)[-1] == ("1.2", "paused")
    assert await taken(desk.means.leases) == ""
    await resume(ResumeRetrieval(retrieval_id=retrieval_id), means=desk.means)
    assert told(desk)[-1] == ("1.2", "requested")


async def test_who_is_put_to_rest_while_his_retrieval_is_resumed_is_taken_up_all_the_same(desk: Desk) -> None:
    one = order("1.2")
    await desk.means.orders.take(one, 0)
    lease = await desk.means.leases.take("main")
    assert lease is not None
    await pause(PauseRetrieval(retrieval_id=one.retrieval_id), means=desk.means)
    await resume(ResumeRetrieval(retrieval_id=one.retrieval_id), means=desk.means)

    await desk.means.leases.release(*lease, state="paused", revision=lease[0].revision)

    assert await taken(desk.means.leases) == "1.2"


async def test_a_cancelled_retrieval_is_not_taken_up_again(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", state="waiting", wait=3600)
    await cancel(CancelRetrieval(retrieval_id=retrieval_id), means=desk.means)
    said = len(desk.said)

    await retry(again(retrieval_id), means=desk.means)

    assert len(desk.said) == said


@pytest.mark.parametrize("handle", [retry, give_up])
async def test_what_overtakes_its_order_waits_for_it(desk: Desk, handle) -> None:
    with pytest.raises(Transient):
        await handle((again if handle is retry else no_more)(UUID(int=9)), means=desk.means)


async def test_a_study_that_is_given_up_says_who_when_and_why(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", "1.3", state="waiting", wait=3600)

    await give_up(no_more(retrieval_id, "1.2"), means=desk.means)

    assert told(desk) == [("1.2", "incomplete")]
    assert desk.said[-1].problem == f"given up by anna on 02 Jun 2025; before: {LOST}"
    desk.clock.forward(4000)
    assert await taken(desk.means.leases) == "1.3"
    assert await taken(desk.means.leases) == ""


async def test_a_retrieval_of_which_all_is_given_up_ends(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", "1.3", state="waiting", wait=3600)

    await give_up(no_more(retrieval_id, by=""), means=desk.means)

    assert {one.problem for one in desk.said} == {f"given up on 02 Jun 2025; before: {LOST}"}
    (row,) = await desk.means.orders.settled()
    assert (row.retrieval_id, row.not_complete) == (str(retrieval_id), 2)


async def test_giving_up_twice_is_giving_up_once_and_a_later_retry_goes_before(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", state="waiting", wait=3600)
    first = no_more(retrieval_id)
    await give_up(first, means=desk.means)
    await give_up(first, means=desk.means)
    assert len(desk.said) == 1

    await retry(again(retrieval_id, after=61), means=desk.means)
    await give_up(first, means=desk.means)

    assert told(desk)[-1] == ("1.2", "requested")
    assert await taken(desk.means.leases) == "1.2"


async def test_who_works_on_a_study_learns_that_it_is_given_up_and_that_it_is_wanted_again(desk: Desk) -> None:
    one = order("1.2")
    await desk.means.orders.take(one, 0)
    lease = await desk.means.leases.take("main")
    assert lease is not None

    await give_up(no_more(one.retrieval_id), means=desk.means)
    assert await desk.means.orders.wish_for(lease[0]) == ("running", "given up by anna on 02 Jun 2025")
    assert desk.said == []

    await retry(again(one.retrieval_id, after=61), means=desk.means)
    assert await desk.means.orders.wish_for(lease[0]) == ("running", "")


async def test_what_died_while_it_was_given_up_is_settled_when_the_order_comes_again(desk: Desk) -> None:
    one = order("1.2")
    await desk.means.orders.take(one, 0)
    assert await taken(desk.means.leases) == "1.2"
    await give_up(no_more(one.retrieval_id), means=desk.means)
    desk.clock.forward(LEASE + 1)

    await give_up(no_more(one.retrieval_id), means=desk.means)

    assert told(desk) == [("1.2", "incomplete")]
    assert len(await desk.means.orders.settled()) == 1


async def test_a_study_that_was_given_up_is_not_taken_up_when_it_grows(desk: Desk) -> None:
    retrieval_id = await tried(desk, "1.2", state="waiting", wait=3600)
    await give_up(no_more(retrieval_id), means=desk.means)
    said = len(desk.said)

    await look_again(changed("1.2"), means=desk.means)

    assert len(desk.said) == said


async def test_a_move_that_runs_is_stopped_when_its_study_is_given_up(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=100), tmp_path, load=ONE_AT_A_TIME) as it:
        first, second = sorted(it.uids, key=lambda uid: len(it.instances(uid)))[-2:]
        retrieval_id = await it.order(second, first)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")
        running = next(one.study_instance_uid for one in it.heard.progress if one.received)
        other = first if running == second else second

        await it.tell(GiveUpStudies(retrieval_id=retrieval_id, studies=(running,), requested_by="anna"))
        end = await it.heard.end(retrieval_id)

        assert end.state == "incomplete"
        last = it.heard.of(running)[-1]
        assert (last.state, last.problem[:16]) == ("incomplete", "given up by anna")
        assert 0 < last.received < len(it.instances(running))
        assert it.heard.of(other)[-1].state == "complete"


async def test_what_did_not_fit_is_fetched_when_there_is_room_and_somebody_asks_again(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, archive=Archive(reserve_gb=0)) as it:
        study = it.uids[0]
        retrieval_id = await it.order(study, estimated_bytes=10**18)
        refused = await it.heard.end(retrieval_id)
        assert (refused.state, it.files()) == ("incomplete", [])
        assert "would not fit" in it.heard.of(study)[-1].problem
        it.heard.completed.clear()

        await it.tell(RetryStudies(retrieval_id=retrieval_id))

        assert (await it.heard.end(retrieval_id)).state == "complete"
        assert it.files() == sorted(it.instances(study))
