"""A study that grows after its retrieval has ended is noticed, and what is new of it is fetched."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from radquarry.configuration.sections import Node
from radquarry.errors import Transient
from radquarry.messages import Study, StudyChanged
from radquarry.messages.changes import Change
from radquarry.mover.handlers import look_again
from tests.mover.desk import PATIENCE, Desk
from tests.mover.ordering import BEGIN, order, taken
from tests.mover.test_real_servers import PEERS, fill, retrieving
from tests.servers import addresses


def changed(study: str, kind: Change = "late-series") -> StudyChanged:
    """A later visit found it otherwise."""
    former = Study(study_instance_uid=study)
    about = {"crawl_id": uuid4(), "pacs": "main", "study_instance_uid": study}
    return StudyChanged(**about, kind=kind, seen_at=BEGIN, former=former)


async def test_a_closed_retrieval_is_open_again_when_its_study_grew(desk: Desk) -> None:
    retrieval_id = await desk.finished("1.2")

    await look_again(changed("1.2"), means=desk.means)

    assert [(one.retrieval_id, one.state) for one in desk.said] == [(retrieval_id, "requested")]
    assert await desk.means.orders.settled() == []
    lease = await desk.means.leases.take("main")
    assert lease is not None
    assert lease[0].looked_at is None
    await desk.means.leases.release(*lease, state="complete")
    assert [row.retrieval_id for row in await desk.means.orders.settled()] == [str(retrieval_id)]


async def test_an_end_that_was_about_to_be_written_does_not_close_what_was_taken_up_again(desk: Desk) -> None:
    retrieval_id = await desk.finished("1.2")
    await look_again(changed("1.2"), means=desk.means)

    await desk.means.orders.close(str(retrieval_id))
    lease = await desk.means.leases.take("main")
    assert lease is not None
    await desk.means.leases.release(*lease, state="complete")

    assert len(await desk.means.orders.settled()) == 1


async def test_what_only_changed_its_name_is_not_fetched_again(desk: Desk) -> None:
    await desk.finished("1.2")

    await look_again(changed("1.2", "re-identified"), means=desk.means)

    assert desk.said == []
    assert await taken(desk.means.leases) == ""


async def test_an_old_retrieval_and_a_cancelled_one_stay_as_they_are(desk: Desk) -> None:
    cancelled = order("1.3")
    await desk.means.orders.take(cancelled, 0)
    await desk.means.orders.wish(cancelled.retrieval_id, "cancelled")
    await look_again(changed("1.3"), means=desk.means)
    await desk.finished("1.2")
    desk.clock.forward(PATIENCE.grows + 1)

    await look_again(changed("1.2"), means=desk.means)

    assert desk.said == []
    assert await taken(desk.means.leases) == ""


async def test_while_somebody_works_on_the_study_the_news_waits(desk: Desk) -> None:
    await desk.means.orders.take(order("1.2"), 0)
    assert await taken(desk.means.leases) == "1.2"

    with pytest.raises(Transient):
        await look_again(changed("1.2"), means=desk.means)


@pytest.mark.servers
@pytest.mark.parametrize("server", PEERS)
async def test_what_a_real_pacs_gets_later_is_fetched_and_nothing_else(server: str, tmp_path: Path) -> None:
    addresses.need(server)
    peer = PEERS[server]()
    study, first = await asyncio.to_thread(fill, peer)
    with addresses.spare_destination() as destination:
        node = Node(ae_title=destination.ae_title, host=destination.host, port=destination.port)
        async with retrieving(peer, node, tmp_path) as (heard, order_it):
            retrieval_id = await order_it(study)
            before = await heard.end(retrieval_id)
            _, later = await asyncio.to_thread(fill, peer, study)
            heard.completed.clear()
            await order_it.publish(changed(study))
            after = await heard.end(retrieval_id)
            last = [one for one in heard.of(study) if one.state == "complete"][-1]

    assert (before.expected, after.state, after.expected) == (len(first), "complete", len(first) + len(later))
    assert {one.sop_instance_uid for one in last.instances} == {*first, *later}
    assert {one.ordered for one in last.instances} == {1}
