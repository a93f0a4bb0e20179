"""A mover's tables, somebody in the place of storescp with files that are only their stamps, and deliveries."""

from collections import deque
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from radquarry.errors import Transient
from radquarry.messages import (
    ArchivedInstance,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    InstanceDelivery,
    InstancesRemoved,
    InstancesStored,
    Message,
    RemoveInstances,
    RetrievalRequested,
    StoredInstance,
)
from radquarry.mover.handlers import note_instances
from radquarry.mover.leaving import let_some_leave, note_delivered, note_delivery, note_end_of_delivery, note_removed
from radquarry.mover.tables import instances
from tests.mover.desk import Desk
from tests.mover.ordering import order

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
KEEP = timedelta(days=30)
STUDIES = {"1.2": ("1.2.1.1", "1.2.1.2"), "1.3": ("1.3.1.1",)}
A, B = STUDIES["1.2"]


class Keeper:
    """Hears for the mover, works for it, and answers for storescp when it is told to."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.files: dict[str, datetime] = {}
        self.orders: deque[RemoveInstances] = deque()
        self.closed: dict[str, datetime] = {}

    @property
    def now(self) -> datetime:
        """The time."""
        return self.desk.clock.now

    async def hear(self, *messages: Message) -> None:
        """As the mover does."""
        means = self.desk.means
        for message in messages:
            match message:
                case RetrievalRequested():
                    await means.orders.take(message, 0)
                case InstancesStored():
                    await note_instances(message, means=means)
                case InstancesRemoved():
                    await note_removed(message, means=means)
                case DeliveryRequested():
                    await note_delivery(message, means=means)
                case DeliveryProgressed():
                    await note_delivered(message, means=means)
                case DeliveryCompleted():
                    await note_end_of_delivery(message, means=means)

    def store(self, *uids: str) -> InstancesStored:
        """Somebody sends these now; what storescp says of that."""
        self.desk.clock.forward(0.001)
        self.files.update(dict.fromkeys(uids, self.now))
        return InstancesStored(instances=tuple(map(self._stored, uids)))

    async def came(self, *uids: str) -> None:
        """And the mover hears so."""
        await self.hear(self.store(*uids))

    async def look(self) -> list[ArchivedInstance]:
        """The mover looks what may leave; what it orders to be removed is in `orders`, and said."""
        before = len(self.orders)
        await let_some_leave(self.desk.means, self._publish)
        return [one for order in list(self.orders)[before:] for one in order.instances]

    async def leaves(self) -> list[str]:
        """The mover looks, storescp does what it is told; what has left, by SOP Instance UID."""
        await self.look()
        left: list[str] = []
        while self.orders:
            answer = self.remove(self.orders.popleft())
            left += [one.sop_instance_uid for one in answer.instances]
            await self.hear(answer)
        return sorted(left)

    def remove(self, order: RemoveInstances) -> InstancesRemoved:
        """As storescp does; what it says of that."""
        gone = []
        for one in order.instances:
            stamp = self.files.get(one.sop_instance_uid)
            if stamp is None or stamp <= one.stored_at:
                self.files.pop(one.sop_instance_uid, None)
                gone.append(one)
        return InstancesRemoved(removal_id=order.removal_id, instances=tuple(gone), removed_at=self.now)

    async def work(self) -> None:
        """Have the next study sent that a retrieval wants, as far as it is not here; end retrievals that are over."""
        means = self.desk.means
        if (lease := await means.leases.take("main")) is not None:
            uids = STUDIES[lease[0].study_instance_uid]
            here = await self.here()
            if lacking := [uid for uid in uids if uid not in here]:
                await self.came(*lacking)
            assert set(uids) <= await self.here()
            await means.leases.release(*lease, state="complete")
        for row in await means.orders.settled():
            await means.orders.close(row.retrieval_id)
            self.closed[row.retrieval_id] = self.now

    async def here(self) -> set[str]:
        """What the ledger says is here."""
        return {row.sop_instance_uid for row in await self.rows() if row.bytes is not None}

    async def rows(self) -> list[Any]:
        """The ledger."""
        async with self.desk.means.orders._state.reading() as connection:
            return list((await connection.execute(select(instances))).all())

    async def _publish(self, *messages: Message) -> None:
        self.orders.extend(one for one in messages if isinstance(one, RemoveInstances))

    def _stored(self, uid: str) -> StoredInstance:
        study, series = uid.rsplit(".", 2)[0], uid.rsplit(".", 1)[0]
        about = {"study_instance_uid": study, "series_instance_uid": series, "sop_instance_uid": uid}
        return StoredInstance(**about, bytes=100, sha256="ab" * 32, stored_at=self.files[uid])


class BusAway:
    """A bus that takes nothing."""

    async def publish(self, *_messages: Message) -> None:
        raise Transient("the bus is away")


def requested(retrieval_id: UUID, delivery_id: UUID | None = None, *studies: str, at: datetime) -> DeliveryRequested:
    """Somebody wants a retrieval at a destination."""
    about = {"delivery_id": delivery_id or uuid4(), "retrieval_id": retrieval_id, "destination": "research"}
    return DeliveryRequested(**about, studies=studies, sent_at=at)


def progressed(
    order: DeliveryRequested, study: str, revision: int, at: datetime, failed: tuple[str, ...] = ()
) -> DeliveryProgressed:
    """A study of it has settled: all was delivered but what `failed`."""
    said = tuple(
        InstanceDelivery(
            series_instance_uid=uid.rsplit(".", 1)[0],
            sop_instance_uid=uid,
            state="failed" if uid in failed else "delivered",
            delivered_at=None if uid in failed else at,
        )
        for uid in STUDIES[study]
    )
    return DeliveryProgressed(
        delivery_id=order.delivery_id,
        retrieval_id=order.retrieval_id,
        study_instance_uid=study,
        state="incomplete" if failed else "complete",
        instances=said,
        revision=revision,
        sent_at=at,
    )


def running(order: DeliveryRequested, study: str, revision: int, at: datetime) -> DeliveryProgressed:
    """A study of it is on its way."""
    about = {"delivery_id": order.delivery_id, "retrieval_id": order.retrieval_id, "study_instance_uid": study}
    return DeliveryProgressed(**about, state="running", revision=revision, sent_at=at)


def completed(order: DeliveryRequested, at: datetime, state: str = "complete") -> DeliveryCompleted:
    """It has ended."""
    about = {"delivery_id": order.delivery_id, "retrieval_id": order.retrieval_id, "state": state}
    return DeliveryCompleted(**about, expected=2, delivered=2, sent_at=at)


async def retrieved(keeper: Keeper, *studies: str) -> RetrievalRequested:
    """A retrieval that has ended."""
    one = order(*(studies or ("1.2",)))
    await keeper.hear(one)
    for _ in one.studies:
        await keeper.work()
    return one


async def delivered(keeper: Keeper, one: RetrievalRequested, failed: tuple[str, ...] = ()) -> None:
    """Of which what was brought is delivered just now."""
    delivery = requested(one.retrieval_id, at=keeper.now)
    await keeper.hear(delivery, running(delivery, "1.2", 1, keeper.now))
    await keeper.hear(progressed(delivery, "1.2", 2, keeper.now, failed))
    await keeper.hear(completed(delivery, keeper.now, "incomplete" if failed else "complete"))


def forward(keeper: Keeper, span: timedelta) -> None:
    """Let time pass."""
    keeper.desk.clock.forward(span.total_seconds())
