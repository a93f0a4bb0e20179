"""Whatever order messages come in, and however often: what is waited for stays, and what counts as here is here."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete

from radquarry.messages import (
    ArchivedInstance,
    DeliveryCompleted,
    DeliveryProgressed,
    DeliveryRequested,
    Message,
    RetrievalRequested,
)
from radquarry.mover.tables import tables
from tests.mover.desk import a_desk
from tests.mover.leaving import DAY, KEEP, STUDIES, Keeper, completed, progressed, requested, running
from tests.mover.ordering import BEGIN, order

UIDS = tuple(uid for uids in STUDIES.values() for uid in uids)
UNSETTLED = ("requested", "running", "waiting")


class Story:
    """Two retrievals and three deliveries of them, in the order in which they were said."""

    def __init__(self) -> None:
        one, both = order("1.2"), order("1.2", "1.3")
        first = requested(one.retrieval_id, at=BEGIN)
        second = requested(both.retrieval_id, None, "1.2", at=BEGIN)
        third = requested(both.retrieval_id, at=BEGIN)
        self.messages: tuple[Message, ...] = (
            one,
            both,
            *(first, running(first, "1.2", 1, BEGIN), progressed(first, "1.2", 2, BEGIN), completed(first, BEGIN)),
            *(second, progressed(second, "1.2", 1, BEGIN + DAY, ("1.2.1.2",)), completed(second, BEGIN, "incomplete")),
            *(running(second, "1.2", 2, BEGIN + 2 * DAY), progressed(second, "1.2", 3, BEGIN + 3 * DAY)),
            completed(second, BEGIN + 3 * DAY),
            *(third, progressed(third, "1.3", 1, BEGIN), completed(third, BEGIN + 2 * DAY)),
        )


class Watcher:
    """Keeps its own account of what was heard, and says of a removal why it is wrong."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._heard: list[Message] = []

    def hear(self, message: Message) -> None:
        self._heard.append(message)

    def fault(self, one: ArchivedInstance) -> str:
        """Empty when it may leave."""
        now, study = self._keeper.now, one.study_instance_uid
        for message in self._heard:
            match message:
                case RetrievalRequested() if study in {each.study_instance_uid for each in message.studies}:
                    closed = self._keeper.closed.get(str(message.retrieval_id))
                    if closed is None or closed > now - KEEP:
                        return "a retrieval wants it, or has just wanted it"
                case DeliveryRequested() if self._is_open(message) and self._wants(message, study):
                    return "a delivery wants it"
        last = self._last_words(one)
        if any(said != "delivered" for said, _ in last):
            return "it was held back"
        moments = [at for _, at in last if at is not None]
        if not moments or max(moments) > now - KEEP or one.stored_at > now - KEEP:
            return "its days are not over"
        return ""

    def _is_open(self, order: DeliveryRequested) -> bool:
        mine = [one for one in self._heard if getattr(one, "delivery_id", None) == order.delivery_id]
        by_study: dict[str, DeliveryProgressed] = {}
        for one in mine:
            if isinstance(one, DeliveryProgressed):
                former = by_study.setdefault(one.study_instance_uid, one)
                by_study[one.study_instance_uid] = max(former, one, key=lambda each: each.revision)
        is_ended = any(isinstance(one, DeliveryCompleted) for one in mine)
        return not is_ended or any(one.state in UNSETTLED for one in by_study.values())

    def _wants(self, order: DeliveryRequested, study: str) -> bool:
        if order.studies:
            return study in order.studies
        known = [one for one in self._heard if isinstance(one, RetrievalRequested)]
        mine = [one for one in known if one.retrieval_id == order.retrieval_id]
        return any(study == each.study_instance_uid for one in mine for each in one.studies)

    def _last_words(self, instance: ArchivedInstance) -> list[tuple[str, object]]:
        """Of each delivery: what it last said of the instance."""
        last: dict[object, tuple[int, str, object]] = {}
        for one in self._heard:
            if isinstance(one, DeliveryProgressed):
                for each in one.instances:
                    if each.sop_instance_uid == instance.sop_instance_uid:
                        said = (one.revision, each.state, each.delivered_at)
                        last[one.delivery_id] = max(last.get(one.delivery_id, said), said, key=lambda it: it[0])
        return [(state, at) for _, state, at in last.values()]


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    async with a_desk("sqlite", tmp_path, KEEP) as desk:
        yield Keeper(desk)


async def emptied(keeper: Keeper) -> Keeper:
    """On the same store, as new."""
    async with keeper.desk.means.orders._state.writing() as connection:
        for table in tables.sorted_tables:
            await connection.execute(delete(table))
    keeper.desk.clock.now = BEGIN
    return Keeper(keeper.desk)


class Play:
    """The story as it is told, and what is heard `late`, or again."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.late: list[Message] = []
        self._story = Story()
        self._watcher = Watcher(keeper)
        self._told: set[tuple[str, datetime]] = set()

    async def step(self, what: str, which: int | str) -> None:
        """One thing happens."""
        match what, which:
            case "hear", int(number):
                await self.keeper.hear(self._story.messages[number])
                self._watcher.hear(self._story.messages[number])
            case (("came" | "came, not heard yet"), str(uid)):
                self.late.append(message := self.keeper.store(uid))
                if what == "came":
                    await self.keeper.hear(message)
            case "days", int(days):
                self.keeper.desk.clock.forward(timedelta(days=days).total_seconds())
            case "work", _:
                await self.keeper.work()
            case "look", _:
                # what was decided, and not answered, is said again, whatever was heard since: it is not here any more
                new = [
                    one for one in await self.keeper.look() if (one.sop_instance_uid, one.stored_at) not in self._told
                ]
                self._told |= {(one.sop_instance_uid, one.stored_at) for one in new}
                assert [fault for one in new if (fault := self._watcher.fault(one))] == []
            case "hear late", _:
                await self.keeper.hear(*self.late)
            case _ if self.keeper.orders:
                await self._remove(is_twice=what == "remove twice")

    async def _remove(self, *, is_twice: bool) -> None:
        order = self.keeper.orders.popleft()
        self.late.append(self.keeper.remove(order))
        if is_twice:
            self.late.append(self.keeper.remove(order))
        else:
            await self.keeper.hear(self.late[-1])


Steps = list[tuple[str, int | str]]
COUNT = len(Story().messages)
TOLD = some.tuples(some.just("hear"), some.integers(0, COUNT - 1))
CAME = some.tuples(some.sampled_from(("came", "came, not heard yet")), some.sampled_from(UIDS))
PASSED = some.tuples(some.just("days"), some.integers(1, 40))
PLAIN = some.tuples(some.sampled_from(("work", "look", "remove", "remove twice", "hear late")), some.just(0))


@some.composite
def mixed(draw: some.DrawFn) -> Steps:
    """Most of what is to be heard, in any order, some of it again, with what else happens in between."""
    between = draw(some.lists(TOLD | CAME | PASSED | PLAIN, min_size=10, max_size=40))
    left_out = draw(some.sets(some.integers(0, COUNT - 1), max_size=4))
    heard: Steps = [("hear", number) for number in range(COUNT) if number not in left_out]
    ends: Steps = [("work", 0), ("work", 0), ("days", draw(some.integers(25, 40))), ("look", 0), ("remove", 0)]
    return [("came", UIDS[0]), ("came", UIDS[1]), *draw(some.permutations([*heard, *between])), *ends]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=mixed())
async def test_nothing_leaves_that_is_waited_for_and_what_is_here_has_a_file(keeper: Keeper, steps: Steps) -> None:
    play = Play(await emptied(keeper))

    for what, which in steps:
        await play.step(what, which)
        assert await play.keeper.here() <= set(play.keeper.files)

    await play.keeper.hear(*play.late)
    assert await play.keeper.here() <= set(play.keeper.files)


async def test_what_was_told_and_not_answered_is_told_again_though_a_retrieval_came_since(keeper: Keeper) -> None:
    play = Play(keeper)
    told_late: Steps = [("hear", 0), ("days", 1), ("look", 0), ("work", 0), ("remove", 0), ("remove", 0)]

    for step in [("came", UIDS[0]), ("came", UIDS[1]), *(("hear", n) for n in range(2, 14)), ("days", 34), ("look", 0)]:
        await play.step(*step)
    first = [one.instances for one in keeper.orders]
    for step in told_late[:3]:
        await play.step(*step)

    assert first
    assert [one.instances for one in keeper.orders] == first * 2
    for step in told_late[3:]:
        await play.step(*step)
    assert await keeper.here() == set(UIDS[:2]) == set(keeper.files)


async def test_when_all_is_said_everything_leaves(keeper: Keeper) -> None:
    await keeper.came(*UIDS)
    await keeper.hear(*Story().messages)
    for _ in range(3):
        await keeper.work()
    keeper.desk.clock.forward((KEEP + 3 * DAY).total_seconds())

    assert await keeper.leaves() == list(UIDS)
    assert keeper.files == {}
