"""What the api shows of a crawl by a list, whatever the order of the news, and of a list before it is ordered."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select

from radquarry.api.crawl_drafts import KEPT, Draft, Drafts
from radquarry.api.crawl_tables import crawl_drafts
from radquarry.api.lists.uploads import Upload
from radquarry.api.problems import Problem
from radquarry.messages import CrawlPlanned, CrawlRequested, Message, PortionClosed, Row, RowResult, RowsListed
from radquarry.state.store import State
from tests.api.projecting import Projections
from tests.api.stories import NOON, mixtures


@dataclass(frozen=True)
class ListStory:
    """A crawl whose ten rows a RIS gives in two parts, and whose four portions find nothing; one has a gap."""

    crawl_id: UUID

    def all(self) -> list[Message]:
        order = CrawlRequested(
            trail=self.crawl_id, sent_at=NOON, crawl_id=self.crawl_id, pacs="main", ris="reports", ris_filter={"w": "3"}
        )
        planned = CrawlPlanned.after(order, crawl_id=self.crawl_id, windows=4)
        return [order, *(self._listed(order, part) for part in (0, 1)), planned, *map(self._closed, range(4))]

    def _listed(self, order: CrawlRequested, part: int) -> RowsListed:
        rows = tuple(
            Row(number=part * 5 + n, accession_number=f"A{part * 5 + n}", study_date=date(2024, 3, n), modality="CT")
            for n in range(1, 6)
        )
        about = {"crawl_id": self.crawl_id, "pacs": "main", "ris": "reports", "portion": part, "is_last": part == 1}
        return RowsListed.after(order, rows=rows, **about)

    def _closed(self, portion: int) -> PortionClosed:
        results = tuple(
            RowResult(number=n, link="none", problem="not found in the PACS", is_gap=n == 7)
            for n in range(portion * 3 + 1, min(10, portion * 3 + 3) + 1)
        )
        about = {"crawl_id": self.crawl_id, "pacs": "main", "portion": portion, "studies": 0, "queries": 3}
        sent_at = NOON + timedelta(seconds=portion)
        return PortionClosed(trail=self.crawl_id, sent_at=sent_at, results=results, **about)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(ListStory(UUID(int=1)).all())))
async def test_any_order_and_repetition_ends_with_every_row_and_its_result(
    api: Projections, mixture: list[list[int]]
) -> None:
    story = ListStory(uuid4())
    said = story.all()

    for together in mixture:
        await asyncio.gather(*(api.hear(said[place]) for place in together))

    view = await api.crawls.get(story.crawl_id)
    assert (view.way, view.state, view.ris_filter) == ("ris", "incomplete", {"w": "3"})
    assert (view.windows_planned, view.windows_closed, view.windows_with_gaps) == (4, 4, 1)
    assert view.rows is not None
    assert (view.rows.total, view.rows.answered) == (10, 10)
    assert dict(view.rows.shows) == {"none": 10, "problem": 10, "gap": 1}
    rows = (await api.crawls.rows.list(story.crawl_id, limit=50)).items
    assert [(row.number, row.accession_number, row.link) for row in rows] == [
        (n, f"A{n}", "none") for n in range(1, 11)
    ]
    assert [problem.row for problem in view.problems] == [7]


async def test_very_many_rows_are_read_in_their_order(api: Projections) -> None:
    crawl_id = uuid4()
    rows = tuple(Row(number=n, patient_id=f"P{n}") for n in range(1, 4502))
    await api.hear(CrawlRequested(trail=crawl_id, sent_at=NOON, crawl_id=crawl_id, pacs="main", rows=rows))

    numbers = [row.number async for row in api.crawls.rows.all(crawl_id)]

    assert numbers == [row.number for row in rows]
    assert [row.number async for row in api.crawls.rows.all(crawl_id, "gap")] == []


async def a_draft() -> Draft:
    return await Upload(pacs="main", modalities="CT", content=b"Auftragsnummer;x\n0017;\n").draft()


async def test_a_draft_is_kept_as_it_is_for_whoever_brought_it(state: State) -> None:
    drafts, draft = Drafts(state, lambda: NOON), await a_draft()

    draft_id = await drafts.keep(draft, "ada")

    assert await drafts.get(draft_id, "ada") == draft
    for user, key in (("bob", draft_id), ("", draft_id), ("ada", uuid4())):
        with pytest.raises(Problem, match="There is no list"):
            await drafts.get(key, user)


async def test_a_draft_goes_after_a_day(state: State) -> None:
    now = [NOON]
    drafts, draft = Drafts(state, lambda: now[0]), await a_draft()
    old = await drafts.keep(draft, "ada")

    now[0] = NOON + KEPT + timedelta(seconds=1)

    with pytest.raises(Problem):
        await drafts.get(old, "ada")
    await drafts.keep(draft, "ada")
    assert await kept_before(state, now[0]) == 0


async def kept_before(state: State, moment: datetime) -> int:
    counted = select(func.count()).select_from(crawl_drafts).where(crawl_drafts.c.made_at < moment)
    async with state.reading() as connection:
        return await connection.scalar(counted) or 0


@given(some.binary(max_size=60))
async def test_any_draft_comes_back_from_its_text(content: bytes) -> None:
    try:
        draft = await Upload(pacs="main", content=content).draft()
    except Problem:
        return

    assert Draft.model_validate_json(draft.model_dump_json()) == draft
