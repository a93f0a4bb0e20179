"""What the mover says of a study: always published before it is written down."""

from collections.abc import Sequence
from dataclasses import replace

from radquarry.bus.port import Publish
from radquarry.messages import InstanceState, RetrievalProgressed, RetrievalState
from radquarry.mover.next_step import Settled
from radquarry.mover.wanted import Wanted

INSTANCES = 500
"""In one message."""
LEAP = 1000
"""Added to a study's revision when it is taken up: what a dead worker said and did not write down is less."""


class Progress:
    """Says where studies stand; returns them with the revision that is to be written down."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    async def say(self, wanted: Wanted, state: RetrievalState, problem: str = "") -> Wanted:
        """One message; `expected` and `received` are the study's own."""
        said = replace(wanted, state=state, problem=problem, revision=wanted.revision + 1)
        await self._publish(message(said))
        return said

    async def say_first(self, of: Wanted, found: Sequence[str]) -> None:
        """Of studies that were found to be wanted, too; said twice, it is the same."""
        first = replace(of, state="requested", expected=None, received=0, problem="", revision=1)
        await self._publish(*(message(replace(first, study_instance_uid=uid)) for uid in found))

    async def say_of_idle(
        self, studies: Sequence[Wanted], state: RetrievalState, problem: str = ""
    ) -> tuple[Wanted, ...]:
        """One message each of studies that nobody works on; beyond what a dead worker may have said of them."""
        said = tuple(replace(one, state=state, problem=problem, revision=one.revision + LEAP) for one in studies)
        await self._publish(*map(message, said))
        return said

    async def settle(self, wanted: Wanted, end: Settled, instances: tuple[InstanceState, ...]) -> Wanted:
        """The last word on a study, with each of its instances, in as many messages as that takes."""
        said = replace(wanted, state=end.state, problem=end.problem)
        messages = []
        for start in range(0, max(1, len(instances)), INSTANCES):
            said = replace(said, revision=said.revision + 1)
            messages.append(message(said, instances[start : start + INSTANCES]))
        await self._publish(*messages)
        return said


def message(wanted: Wanted, instances: tuple[InstanceState, ...] = ()) -> RetrievalProgressed:
    """Where a study stands, as an answer to the order."""
    return RetrievalProgressed(
        cause=wanted.order_id,
        trail=wanted.trail,
        retrieval_id=wanted.retrieval_id,
        study_instance_uid=wanted.study_instance_uid,
        pacs=wanted.pacs,
        state=wanted.state,
        expected=wanted.expected,
        received=wanted.received,
        problem=wanted.problem,
        instances=instances,
        revision=wanted.revision,
    )
