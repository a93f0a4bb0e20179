"""What becomes of a found study's report; each test runs on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from radquarry.errors import PeerAway
from radquarry.messages import Message, Report, ReportFetched, ReportMissing, Study, StudyFound
from radquarry.ris_fetcher.__main__ import VERSIONS
from radquarry.ris_fetcher.handlers import ask_again, fetch_report
from radquarry.ris_fetcher.missing import AskAgain, Missing
from radquarry.ris_fetcher.missing import missing as missing_table
from radquarry.ris_fetcher.ris import NoReport, RisAway
from radquarry.state.migration import migrate
from radquarry.state.store import State
from tests.contracts.states import KINDS, empty_state

CRAWL = uuid4()
REPORT = Report(report_id="r1", text="Kein Erguss.", issued=datetime(2024, 1, 1, tzinfo=UTC))
AT_ONCE = AskAgain(after=(timedelta(0),) * 3, look_every_seconds=0.01)
FOUND = StudyFound(
    crawl_id=CRAWL,
    trail=CRAWL,
    pacs="main",
    study=Study(study_instance_uid="1.2.3", accession_number="A1"),
    answered_at=datetime(2024, 1, 2, tzinfo=UTC),
)


class Answers:
    """A RIS that gives its answers one by one; the last one for ever."""

    def __init__(self, *answers: Report | NoReport | Exception, name: str = "main", pacs: tuple[str, ...] = ()) -> None:
        self.name = name
        self.asked = 0
        self._answers = list(answers)
        self._pacs = pacs

    def serves(self, pacs: str) -> bool:
        return not self._pacs or pacs in self._pacs

    async def report(self, study: Study) -> Report | NoReport:
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Said:
    """What was published, in order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fetched = asyncio.Event()

    async def __call__(self, *messages: Message) -> None:
        self.messages += messages
        if any(isinstance(message, ReportFetched) for message in messages):
            self.fetched.set()


@pytest.fixture(params=KINDS)
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    async with empty_state(request.param, tmp_path) as store:
        await migrate(store, "ris-fetcher", VERSIONS)
        yield store


async def waiting(state: State) -> bool:
    async with state.reading() as connection:
        return (await connection.execute(select(missing_table))).first() is not None


async def test_a_report_is_passed_on_with_its_study_and_cause(state: State) -> None:
    said = Said()

    await fetch_report(FOUND, sources=[Answers(REPORT)], missing=Missing(state, AT_ONCE), publish=said)

    (message,) = said.messages
    assert isinstance(message, ReportFetched)
    assert (message.study_instance_uid, message.report, message.ris) == ("1.2.3", REPORT, "main")
    assert (message.cause, message.trail, message.crawl_id) == (FOUND.id, CRAWL, CRAWL)


async def test_a_missing_report_is_said_to_be_missing_and_when_it_is_asked_for_again(state: State) -> None:
    said, missing = Said(), Missing(state, AskAgain())

    await fetch_report(FOUND, sources=[Answers(NoReport("not yet"))], missing=missing, publish=said)

    (message,) = said.messages
    assert isinstance(message, ReportMissing)
    assert message.reason == "not yet"
    assert message.ask_again_at is not None
    assert await missing.take_due() == []


async def test_a_report_that_comes_late_arrives_by_itself(state: State) -> None:
    said, missing = Said(), Missing(state, AT_ONCE)
    ris = Answers(NoReport("not yet"), NoReport("not yet"), RisAway("main: answers 500"), REPORT)
    await fetch_report(FOUND, sources=[ris], missing=missing, publish=said)

    loop = asyncio.create_task(ask_again(sources=[ris], missing=missing, publish=said))
    async with asyncio.timeout(10):
        while ris.asked < 3:  # noqa: ASYNC110 - the loop says nothing of an asking that failed
            await asyncio.sleep(0.01)
        await missing.remember(FOUND, 2, datetime.now(UTC))  # as if the lease of the failed asking had run out
        await said.fetched.wait()
    loop.cancel()
    await asyncio.wait([loop])

    assert isinstance(said.messages[-1], ReportFetched)


async def test_a_report_is_given_up_after_the_last_asking(state: State) -> None:
    missing = Missing(state, AT_ONCE)

    await missing.remember(FOUND, 1, datetime.now(UTC))
    ris, said = Answers(NoReport("not yet")), Said()

    loop = asyncio.create_task(ask_again(sources=[ris], missing=missing, publish=said))
    async with asyncio.timeout(10):
        while len(said.messages) < 3:  # noqa: ASYNC110 - what is published last is not the last that happens
            await asyncio.sleep(0.01)
        while await waiting(state):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    loop.cancel()
    await asyncio.wait([loop])

    assert [message.ask_again_at is None for message in said.messages if isinstance(message, ReportMissing)] == [
        False,
        False,
        True,
    ]
    assert ris.asked == 3


async def test_what_one_replica_took_another_does_not(state: State) -> None:
    first, second = Missing(state, AT_ONCE), Missing(state, AT_ONCE)
    await first.remember(FOUND, 1, datetime.now(UTC))

    assert [due.asked for due in await first.take_due()] == [1]
    assert await second.take_due() == []


async def test_a_fault_of_the_ris_is_no_missing_report(state: State) -> None:
    said = Said()
    with pytest.raises(RisAway):
        await fetch_report(FOUND, sources=[Answers(RisAway("away"))], missing=Missing(state, AT_ONCE), publish=said)

    assert said.messages == []


async def test_the_next_ris_is_asked_when_the_first_has_none_or_serves_another_pacs(state: State) -> None:
    said = Said()
    sources = [Answers(REPORT, pacs=("other",)), Answers(NoReport("none")), Answers(REPORT, name="second")]

    await fetch_report(FOUND, sources=sources, missing=Missing(state, AT_ONCE), publish=said)

    assert [message.ris for message in said.messages if isinstance(message, ReportFetched)] == ["second"]
    assert sources[0].asked == 0


async def test_without_a_ris_the_report_is_missing_and_says_so(state: State) -> None:
    said = Said()

    await fetch_report(FOUND, sources=[], missing=Missing(state, AT_ONCE), publish=said)

    assert [message.reason for message in said.messages if isinstance(message, ReportMissing)] == [
        "no RIS is configured for this PACS"
    ]


async def test_what_could_not_be_said_is_asked_for_again(state: State) -> None:
    """Said first, written then: a bus that is away costs no fact."""
    missing = Missing(state, AT_ONCE)
    await missing.remember(FOUND, 3, datetime.now(UTC))
    tried = asyncio.Event()

    async def away(*_: Message) -> None:
        tried.set()
        raise PeerAway("the bus is away")

    loop = asyncio.create_task(ask_again(sources=[Answers(NoReport("not yet"))], missing=missing, publish=away))
    async with asyncio.timeout(10):
        await tried.wait()
    loop.cancel()
    await asyncio.wait([loop])

    assert await waiting(state)
