"""The order of hits, their pages, scans and timelines, on every search store."""

from datetime import date

import pytest

from radquarry.index.document import Query
from radquarry.index.port import Index, QueryRefused
from tests.contracts.indexes import number_of, report, study


async def test_dates_order_both_ways_and_the_undated_come_last(index: Index) -> None:
    days = [date(2023, 5, 1), date(2021, 1, 1), None, date(2024, 1, 1)]
    await index.merge([study(n, study_date=day, study_time=None) for n, day in enumerate(days)])

    async def order(sort: str) -> list[int]:
        page = await index.search(Query(sort=sort))
        return [number_of(hit.document.study_instance_uid) for hit in page.hits]

    assert await order("newest") == await order("relevance") == [3, 0, 1, 2]
    assert await order("oldest") == [1, 0, 3, 2]


async def test_more_of_the_words_weigh_more(index: Index) -> None:
    await index.merge([report(n, "Herz normal gross. " * 5) for n in range(20)])
    await index.merge([report(50, "Pneumothorax"), report(51, "Pneumothorax und Erguss")])

    page = await index.search(Query(q="pneumothorax OR erguss"))

    assert [number_of(hit.document.study_instance_uid) for hit in page.hits] == [51, 50]
    assert page.hits[0].score is not None
    assert page.hits[0].score > (page.hits[1].score or 0)


@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
async def test_pages_hold_every_hit_once_also_while_studies_are_added(index: Index, sort: str) -> None:
    same_day = {"study_date": date(2023, 5, 1), "study_time": None}
    await index.merge([part for n in range(95) for part in (study(n, **(same_day if n % 2 else {})), report(n))])
    query, seen, added = Query(q="pneumothorax", sort=sort, limit=10), [], 100

    while True:
        page = await index.search(query)
        seen += [number_of(hit.document.study_instance_uid) for hit in page.hits]
        if page.after is None:
            break
        fresh = [part for n in range(added, added + 5) for part in (study(n, **same_day), report(n, "Pneumothorax!"))]
        await index.merge(fresh)
        added += 5
        query = query.model_copy(update={"after": page.after})

    assert len(seen) == len(set(seen))
    assert {number for number in seen if number < 100} == set(range(95))


async def test_the_last_page_says_that_it_is(index: Index) -> None:
    await index.merge([study(n) for n in range(4)])

    first = await index.search(Query(limit=2))
    last = await index.search(Query(limit=2, after=first.after))

    assert first.after is not None
    assert (len(last.hits), last.after, last.total) == (2, None, 4)


@pytest.mark.parametrize("cursor", ["", "x", "{}", "🙂", "AAAA", "e30", "a" * 20_000, "bnVsbA", "W10"])
async def test_a_foreign_cursor_is_refused(index: Index, cursor: str) -> None:
    with pytest.raises(QueryRefused, match="after"):
        await index.search(Query(after=cursor))


async def test_a_cursor_belongs_to_its_query(index: Index) -> None:
    await index.merge([study(n) for n in range(4)])
    first = await index.search(Query(limit=2))

    with pytest.raises(QueryRefused, match="another query"):
        await index.search(Query(q="thorax", limit=2, after=first.after))


async def test_a_timeline_is_one_patients_of_one_pacs_oldest_first(index: Index) -> None:
    await index.merge(
        [
            study(1, patient_id="A", study_date=date(2023, 5, 1)),
            study(2, patient_id="A", study_date=date(2021, 5, 1)),
            study(3, patient_id="A", pacs="other"),
            study(4, patient_id="a"),
            study(5, patient_id=""),
            report(1),
        ]
    )

    timeline = [number_of(each.study_instance_uid) for each in await index.timeline("A", "main")]

    assert timeline == [2, 1]
    assert list(await index.timeline("", "main")) == []


async def test_a_study_that_moves_to_another_patient_leaves_the_first(index: Index) -> None:
    await index.merge([study(1, patient_id="A")])
    await index.merge([study(1, patient_id="B", later=1)])

    assert list(await index.timeline("A", "main")) == []
    assert len(await index.timeline("B", "main")) == 1


async def test_a_scan_gives_every_hit_once_in_order(index: Index) -> None:
    await index.merge([study(n, study_date=date(2020 + n % 5, 1, 1)) for n in range(1200)])

    oldest = [each async for each in index.scan(Query(sort="oldest", limit=3))]
    some = [each async for each in index.scan(Query(q="study_date:2021"))]

    assert len({each.study_instance_uid for each in oldest}) == len(oldest) == 1200
    years = [each.study.study_date.year for each in oldest if each.study and each.study.study_date]
    assert years == sorted(years)
    assert len(some) == 240
