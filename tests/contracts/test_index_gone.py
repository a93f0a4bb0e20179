"""Studies that have left the PACS, on every search store."""

from datetime import timedelta

from radquarry.index.document import Filters, Query
from radquarry.index.port import Index
from tests.contracts.indexes import T0, found, gone, missing, report, study, uid


async def test_a_study_that_is_gone_keeps_all_that_was_known_of_it(index: Index) -> None:
    await index.merge([study(1), report(1, "Pneumothorax"), study(2), report(2, "Pneumothorax")])
    before = await index.get(uid(1))
    await index.merge([gone(1, later=1)])
    after = await index.get(uid(1))

    assert before is not None
    assert after is not None
    assert after.gone_at == T0 + timedelta(hours=1)
    assert (after.study, after.report) == (before.study, before.report)
    assert await found(index, "pneumothorax") == {1, 2}
    assert await found(index, "pneumothorax", filters=Filters(is_gone=True)) == {1}
    assert await found(index, "pneumothorax", filters=Filters(is_gone=False)) == {2}
    assert await found(index, "", filters=Filters(is_gone=True, modality=("MR",))) == set()


async def test_hits_are_counted_by_whether_they_are_gone(index: Index) -> None:
    await index.merge([*(study(n) for n in range(5)), report(1, "Pneumothorax"), report(2, "Pneumothorax")])
    nothing = (await index.search(Query(limit=0))).facets["is_gone"]
    await index.merge([gone(1, later=1), gone(4, later=1)])

    async def counted(q: str, **filters: bool) -> list[tuple[str, int]]:
        page = await index.search(Query(q=q, filters=Filters(**filters)))
        return [(each.value, each.count) for each in page.facets["is_gone"]]

    assert [(each.value, each.count) for each in nothing] == [("false", 5)]
    assert await counted("") == [("false", 3), ("true", 2)]
    assert await counted("pneumothorax") == [("false", 1), ("true", 1)]
    assert await counted("", is_gone=True) == [("true", 2)]
    assert await counted("", is_gone=False) == [("false", 3)]
    assert await counted("erguss") == []


async def test_a_study_that_is_there_again_is_not_gone(index: Index) -> None:
    await index.merge([study(1), gone(1, later=1)])
    await index.merge([study(1, later=2), gone(1, later=1.5), gone(1, later=1)])

    held = await index.get(uid(1))

    assert held is not None
    assert held.gone_at is None
    assert await found(index, "", filters=Filters(is_gone=True)) == set()
    assert await found(index, "", filters=Filters(is_gone=False)) == {1}


async def test_a_study_that_moved_to_another_pacs_is_there(index: Index) -> None:
    await index.merge([study(1, pacs="old"), study(1, pacs="new", later=1), gone(1, pacs="old", later=2)])
    await index.merge([study(2, pacs="old"), gone(2, pacs="old", later=2), study(2, pacs="new", later=1)])

    assert await found(index, "", filters=Filters(is_gone=False)) == {1, 2}


async def test_a_later_report_brings_no_study_back(index: Index) -> None:
    await index.merge([study(1), gone(1, later=1), report(1, "Erguss", later=2), missing(1, later=3)])

    assert await found(index, "erguss", filters=Filters(is_gone=True)) == {1}
