"""The last word on a large study comes in pages, each newer than the one before."""

from radquarry.messages import InstanceState, RetrievalProgressed
from radquarry.mover.next_step import Settled
from radquarry.mover.progress import INSTANCES, LEAP, Progress
from tests.mover.test_verdicts import wanted


class Heard:
    """Takes what is published."""

    def __init__(self) -> None:
        self.messages: list[RetrievalProgressed] = []

    async def __call__(self, *messages: RetrievalProgressed) -> None:
        self.messages += messages


async def test_instances_come_in_pages_with_growing_revisions() -> None:
    heard, study = Heard(), wanted(revision=7)
    instances = tuple(
        InstanceState(series_instance_uid="1.2.1", sop_instance_uid=f"1.2.1.{number}", received=True)
        for number in range(2 * INSTANCES + 1)
    )

    said = await Progress(heard).settle(study, Settled("complete"), instances)

    assert [len(message.instances) for message in heard.messages] == [INSTANCES, INSTANCES, 1]
    assert [message.revision for message in heard.messages] == [8, 9, 10]
    assert said.revision == 10
    assert tuple(one for message in heard.messages for one in message.instances) == instances


async def test_a_study_without_instances_has_a_last_word_too() -> None:
    heard = Heard()

    await Progress(heard).settle(wanted(), Settled("incomplete", "the PACS does not hold this study"), ())

    assert [message.state for message in heard.messages] == ["incomplete"]


async def test_what_is_said_of_idle_studies_is_newer_than_what_a_dead_worker_may_have_said() -> None:
    heard = Heard()

    (said,) = await Progress(heard).say_of_idle([wanted(revision=3)], "paused")

    assert said.revision == heard.messages[0].revision == 3 + LEAP
