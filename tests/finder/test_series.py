"""A study's series, also from a PACS that gives only some at a time."""

import asyncio
from collections import Counter
from functools import partial

from radquarry.finder.lines import Lines
from radquarry.finder.pages import Pages
from radquarry.finder.series import SeriesListing, WithSeries
from radquarry.messages import Study
from tests.finder.shelf_pacs import ShelfPacs, serving
from tests.finder.shelves import a_study
from tests.finder.test_lines import Slots


async def series_of(shelves: ShelfPacs, *studies: Study, limit: int | None = None) -> WithSeries:
    with serving(shelves) as peer:
        async with Lines(peer, Slots()) as lines:
            listing = SeriesListing(Pages(limit), "ISO_IR 100", Counter())
            return await asyncio.wait_for(lines.use(partial(listing.of, studies)), 60)


def with_series(number: int, *modalities: str) -> Study:
    return a_study(number, modalities_in_study=modalities, number_of_study_related_series=len(modalities))


async def test_each_study_gets_its_own_series():
    studies = [with_series(1, "CT", "SR"), with_series(2, "MR")]
    found = await series_of(ShelfPacs(studies), *studies)
    assert [[each.modality for each in study.series] for study in found.studies] == [["CT", "SR"], ["MR"]]
    assert (found.gaps, found.queries) == ((), 2)


async def test_series_behind_a_limit_are_asked_for_by_modality_and_number():
    study = with_series(1, *["CT"] * 30, *["MR"] * 12, "SR")
    found = await series_of(ShelfPacs([study], limit=20), study, limit=20)
    assert len({each.series_instance_uid for each in found.studies[0].series}) == 43
    assert found.gaps == ()


async def test_series_that_cannot_be_proven_all_are_a_gap():
    study = with_series(1, *["CT"] * 30).model_copy(update={"number_of_study_related_series": 5000})
    found = await series_of(ShelfPacs([study], limit=20), study, limit=20)
    assert "may not be all" in found.gaps[0].reason
    assert study.study_instance_uid in found.gaps[0].reason


async def test_an_abort_in_the_middle_costs_no_series():
    studies = [with_series(number, "CT") for number in range(12)]
    found = await series_of(ShelfPacs(studies, aborts=frozenset({4, 9})), *studies)
    assert [len(study.series) for study in found.studies] == [1] * 12
    assert found.gaps == ()


async def test_a_study_whose_series_end_every_association_is_announced_with_a_gap():
    studies = [with_series(number, "CT") for number in range(3)]
    found = await series_of(ShelfPacs(studies, aborts=frozenset({2, 3, 4, 5})), *studies)
    assert [len(study.series) for study in found.studies] == [1, 0, 1]
    assert "ends the association" in found.gaps[0].reason
