"""What lacks images is asked for again when people say so: once, however often they are heard."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from radquarry.configuration.sections import Archive
from radquarry.errors import Transient
from radquarry.messages import (
    CancelRetrieval,
    ListedSeries,
    PauseRetrieval,
    ResumeRetrieval,
    RetrievalRequested,
    RetryStudies,
    WantedStudy,
)
from radquarry.mover.handlers import cancel, give_up, pause, resume, retry
from tests.mover.desk import Desk
from tests.mover.ordering import BEGIN, order, taken
from tests.mover.retrieving import small_hospital, ward
from tests.mover.second_thoughts import LOST, again, no_more, told, tried


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
