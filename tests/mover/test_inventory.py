"""What the ledger knows to lie in the archive, on both state stores."""

from datetime import UTC, datetime
from pathlib import Path

from radquarry.messages import ArchiveMeasured, MeasureArchive, Message, StoredInstance, StoredMonth, StoredStudy
from radquarry.mover.expectation import ExpectedSeries
from radquarry.mover.inventory import Inventory, measure
from radquarry.mover.ledger import Ledger
from radquarry.mover.room import Room
from radquarry.state.store import State
from tests.mover.ordering import Clock


def stored(study: str, number: int, size: int, at: datetime) -> StoredInstance:
    about = {
        "study_instance_uid": study,
        "series_instance_uid": f"{study}.1",
        "sop_instance_uid": f"{study}.1.{number}",
    }
    return StoredInstance(**about, bytes=size, sha256="ab" * 32, stored_at=at)


async def filled(state: State) -> None:
    """Two studies that came over a change of months, and one that is expected and has not come."""
    may, june = datetime(2025, 5, 31, 23, 59, tzinfo=UTC), datetime(2025, 6, 1, 0, 1, tzinfo=UTC)
    ledger = Ledger(state)
    await ledger.expect("1.4", [ExpectedSeries("1.4.1", "CT", ("1.4.1.1",), 1)])
    await ledger.store([stored("1.2", 1, 100, may), stored("1.2", 2, 100, june), stored("1.3", 1, 5_000_000_000, june)])
    await ledger.store([stored("1.2", 1, 100, may)])


async def test_what_has_come_is_summed_up_by_study_and_by_month(state: State) -> None:
    await filled(state)

    stock = await Inventory(state, Clock()).stock()

    assert (stock.studies, stock.instances, stock.bytes) == (2, 3, 5_000_000_200)
    assert stock.largest == (
        StoredStudy(study_instance_uid="1.3", instances=1, bytes=5_000_000_000),
        StoredStudy(study_instance_uid="1.2", instances=2, bytes=200),
    )
    assert stock.by_month == (
        StoredMonth(month="2025-06", studies=2, instances=2, bytes=5_000_000_100),
        StoredMonth(month="2025-05", studies=1, instances=1, bytes=100),
    )


async def test_every_instance_is_summed_up_at_most_once_a_minute(state: State) -> None:
    clock = Clock()
    inventory = Inventory(state, clock)
    assert (await inventory.stock()).instances == 0
    await filled(state)

    assert (await inventory.stock()).instances == 0
    clock.forward(61)
    assert (await inventory.stock()).instances == 3


async def test_the_answer_tells_of_the_disk_where_it_is_seen(state: State, tmp_path: Path) -> None:
    said: list[ArchiveMeasured] = []

    async def publish(*messages: Message) -> None:
        said.extend(one for one in messages if isinstance(one, ArchiveMeasured))

    order, inventory = MeasureArchive(), Inventory(state, Clock())
    for room in (Room(), Room(tmp_path, 0), Room(tmp_path, 1e18)):
        await measure(order, inventory=inventory, room=room, publish=publish)

    unseen, seen, full = said
    assert {one.cause for one in said} == {order.id}
    assert (unseen.disk_bytes, unseen.free_bytes) == (None, None)
    assert seen.disk_bytes is not None
    assert 0 < (seen.free_bytes or 0) <= seen.disk_bytes
    assert (full.free_bytes, full.reserve_bytes) == (0, 10**18)
