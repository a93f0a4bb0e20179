"""What a retrieval brought is said again as it was, for who has missed it."""

from uuid import uuid4

import pytest

from radquarry.errors import Transient
from radquarry.messages import Message, RetrievalCompleted, RetrievalProgressed, TellRetrieval
from radquarry.mover.telling import tell
from tests.mover.leaving import STUDIES, Keeper
from tests.mover.ordering import order


async def told(keeper: Keeper, order: TellRetrieval) -> list[Message]:
    said: list[Message] = []

    async def publish(*messages: Message) -> None:
        said.extend(messages)

    await tell(order, means=keeper.desk.means, publish=publish)
    return said


async def test_studies_with_their_instances_and_the_end_are_said_again(keeper: Keeper) -> None:
    one = order("1.2")
    await keeper.hear(one)
    await keeper.work()

    said = await told(keeper, TellRetrieval(retrieval_id=one.retrieval_id))
    again = await told(keeper, TellRetrieval(retrieval_id=one.retrieval_id))

    study, end = said
    assert isinstance(study, RetrievalProgressed)
    assert isinstance(end, RetrievalCompleted)
    assert (study.state, end.state, study.retrieval_id) == ("complete", "complete", one.retrieval_id)
    assert [each.revision for each in again if isinstance(each, RetrievalProgressed)] == [study.revision]


async def test_of_one_that_goes_on_it_is_said_where_it_stands_and_no_end(keeper: Keeper) -> None:
    one = order(*STUDIES)
    await keeper.hear(one)
    await keeper.work()

    said = await told(keeper, TellRetrieval(retrieval_id=one.retrieval_id))

    assert sorted(each.state for each in said if isinstance(each, RetrievalProgressed)) == ["complete", "requested"]
    assert not [each for each in said if isinstance(each, RetrievalCompleted)]


async def test_an_order_that_has_not_come_yet_is_waited_for(keeper: Keeper) -> None:
    with pytest.raises(Transient):
        await told(keeper, TellRetrieval(retrieval_id=uuid4()))
