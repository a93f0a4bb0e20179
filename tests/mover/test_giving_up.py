"""What lacks images is given up when people say so: once, however often they are heard."""

from pathlib import Path

from radquarry.configuration.sections import Load
from radquarry.messages import GiveUpStudies
from radquarry.mover.handlers import give_up, look_again, retry
from tests.mover.desk import Desk
from tests.mover.ordering import LEASE, order, taken
from tests.mover.retrieving import small_hospital, ward
from tests.mover.second_thoughts import LOST, again, no_more, told, tried
from tests.mover.test_growth import changed

ONE_AT_A_TIME = Load(associations=1)


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
