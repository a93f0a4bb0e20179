"""Study and report become one document; each message ends when its part is searchable and said to be."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from radquarry.bus.delivery import Done, Park, Retry, Waits, deliver
from radquarry.errors import PeerAway
from radquarry.index.document import Document, Query
from radquarry.index.embedded import TantivyIndex
from radquarry.index.parts import Part
from radquarry.index.port import PartsRefused
from radquarry.indexer.service import PARALLEL, indexer
from radquarry.messages import DocumentIndexed, Message, ReportFetched, ReportMissing, StudyChanged, StudyFound
from tests.contracts.indexes import T0, missing, report, study, uid

CRAWL = UUID(int=7)


class Said:
    """Remembers what is published; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.messages: list[DocumentIndexed] = []
        self._failures = failures

    async def __call__(self, *messages: Message) -> None:
        if self._failures:
            self._failures -= 1
            raise PeerAway("the bus does not answer")
        self.messages += [message for message in messages if isinstance(message, DocumentIndexed)]


class Shelf:
    """A search store of documents in a dictionary that refuses some studies, or is away some times."""

    def __init__(self, refused: set[str] = frozenset(), away: int = 0) -> None:
        self.documents: dict[str, Document] = {}
        self.merges: list[int] = []
        self._refused = refused
        self._away = away

    async def merge(self, parts: list[Part]) -> None:
        self.merges.append(len(parts))
        if self._away:
            self._away -= 1
            raise PeerAway("the store does not answer")
        for part in parts:
            if part.study_instance_uid not in self._refused:
                held = self.documents.get(part.study_instance_uid, Document(study_instance_uid=part.study_instance_uid))
                self.documents[part.study_instance_uid] = held.merged(part)
        reasons = {place: "too odd" for place, part in enumerate(parts) if part.study_instance_uid in self._refused}
        if reasons:
            raise PartsRefused(reasons)


def study_found(number: int) -> StudyFound:
    part = study(number)
    return StudyFound(crawl_id=CRAWL, pacs="main", study=part.study, answered_at=part.answered_at)


def report_fetched(number: int) -> ReportFetched:
    part = report(number)
    return ReportFetched(crawl_id=CRAWL, study_instance_uid=part.study_instance_uid, ris="ris", report=part.report)


def report_missing(number: int) -> ReportMissing:
    return ReportMissing(crawl_id=CRAWL, study_instance_uid=uid(number), ris="ris", reason="none yet", asked_at=T0)


def study_changed(number: int, kind: str) -> StudyChanged:
    former, seen_at = study(number).study, T0 + timedelta(hours=1)
    about = {"crawl_id": CRAWL, "pacs": "main", "study_instance_uid": uid(number)}
    return StudyChanged(**about, kind=kind, seen_at=seen_at, former=former)


async def delivered(service, message: Message) -> Done | Retry | Park:
    body = message.model_dump_json().encode()
    return await deliver(service.handlers[type(message)], type(message), body, 1, Waits())


@pytest.mark.parametrize("order", [1, -1])
async def test_study_and_report_become_one_searchable_document(tmp_path: Path, order: int) -> None:
    said = Said()
    async with TantivyIndex.open(tmp_path) as index:
        service = indexer(index, said)
        for message in [study_found(1), report_fetched(1)][::order]:
            assert await delivered(service, message) == Done()

        page = await index.search(Query(q="pneumothorax modality:ct"))

    assert [hit.document.study_instance_uid for hit in page.hits] == [uid(1)]
    assert {message.part for message in said.messages} == {"study", "report"}


async def test_a_missing_report_is_shown_with_its_reason() -> None:
    shelf, said = Shelf(), Said()
    service = indexer(shelf, said)

    await delivered(service, study_found(1))
    await delivered(service, report_missing(1))

    assert shelf.documents[uid(1)] == Document(study_instance_uid=uid(1)).merged(study(1)).merged(
        missing(1, reason="none yet")
    )
    assert [message.part for message in said.messages] == ["study", "report-missing"]


async def test_a_study_that_is_gone_is_marked_and_only_its_return_is_announced() -> None:
    shelf, said = Shelf(), Said()
    service = indexer(shelf, said)
    message = study_found(1)

    await delivered(service, message)
    for _ in range(2):
        assert await delivered(service, study_changed(1, "gone")) == Done()
    gone = shelf.documents[uid(1)]
    await delivered(service, message.model_copy(update={"answered_at": T0 + timedelta(hours=2)}))

    assert (gone.gone_at, gone.study) == (T0 + timedelta(hours=1), message.study)
    assert shelf.documents[uid(1)].gone_at is None
    assert [message.part for message in said.messages] == ["study", "study"]


@pytest.mark.parametrize("kind", ["late-series", "merged-patient", "re-identified", "returned"])
async def test_other_changes_wait_for_the_answer_that_shows_them(kind: str) -> None:
    shelf = Shelf()

    assert await delivered(indexer(shelf, Said()), study_changed(1, kind)) == Done()
    assert shelf.documents == {}


async def test_what_is_said_names_the_crawl_the_study_and_its_cause() -> None:
    said, message = Said(), study_found(1)

    await delivered(indexer(Shelf(), said), message)

    (indexed,) = said.messages
    assert (indexed.crawl_id, indexed.study_instance_uid, indexed.part) == (CRAWL, uid(1), "study")
    assert (indexed.cause, indexed.trail) == (message.id, message.trail)


async def test_hundreds_of_messages_are_few_merges() -> None:
    shelf, said = Shelf(), Said()
    service = indexer(shelf, said)
    messages = [message for n in range(PARALLEL) for message in (study_found(n), report_fetched(n))]

    verdicts = await asyncio.gather(*(delivered(service, message) for message in messages))

    assert set(verdicts) == {Done()}
    assert len(shelf.merges) <= 3
    assert len(said.messages) == len(messages)
    assert set(service.parallel.values()) == {PARALLEL}


async def test_a_part_that_is_refused_is_parked_alone() -> None:
    shelf, said = Shelf(refused={uid(2)}), Said()
    service = indexer(shelf, said)

    verdicts = await asyncio.gather(*(delivered(service, study_found(n)) for n in (1, 2, 3)))

    assert verdicts == [Done(), Park("too odd"), Done()]
    assert [message.study_instance_uid for message in said.messages] == [uid(1), uid(3)]


async def test_a_store_that_is_away_costs_nothing_but_time() -> None:
    shelf, said = Shelf(away=1), Said()
    service = indexer(shelf, said)

    first = await asyncio.gather(*(delivered(service, study_found(n)) for n in (1, 2)))
    again = await asyncio.gather(*(delivered(service, study_found(n)) for n in (1, 2)))

    assert [type(verdict) for verdict in first] == [Retry, Retry]
    assert again == [Done(), Done()]
    assert len(said.messages) == 2


async def test_nothing_is_acknowledged_that_was_not_said() -> None:
    shelf, said = Shelf(), Said(failures=1)
    service = indexer(shelf, said)

    assert isinstance(await delivered(service, study_found(1)), Retry)
    assert await delivered(service, study_found(1)) == Done()
    assert [message.part for message in said.messages] == ["study"]
