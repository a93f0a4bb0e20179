"""Crawls over real associations, with the embedded bus and state store."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from radquarry.messages import (
    CrawlCompleted,
    CrawlPlanned,
    PacsLimited,
    StudyFound,
    WindowClosed,
)
from tests.finder.answering import answering, study_row
from tests.finder.rig import finder_at
from tests.finder.shelf_pacs import UNCLOSED, ShelfPacs, serving
from tests.finder.shelves import DAY, a_study, over_days, uids


async def test_a_crawl_finds_every_study_once_with_its_series(tmp_path: Path):
    shelves = ShelfPacs([a_study(number, modalities_in_study=("CT", "SR")) for number in range(12)])
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer) as rig:
            completed = await rig.crawl(DAY - timedelta(days=4), DAY)
    assert sorted(rig.uids) == sorted(uids(shelves.studies))
    assert {tuple(series.modality for series in found.study.series) for found in rig.all(StudyFound)} == {("CT", "SR")}
    assert (completed.windows_closed, completed.studies_found, completed.windows_with_gaps) == (5, 12, 0)
    assert {closed.day for closed in rig.all(WindowClosed)} == {DAY - timedelta(days=age) for age in range(5)}
    assert rig.all(CrawlPlanned)[0].windows == 5
    of_the_crawl = [message for message in rig.said if not isinstance(message, PacsLimited)]
    assert {message.trail for message in of_the_crawl} == {completed.crawl_id}


async def test_forty_answers_at_most_hide_nothing(tmp_path: Path):
    studies = [a_study(number, time(7 + number // 60, number % 60)) for number in range(110)]
    studies += [a_study(500 + number, None) for number in range(15)]
    studies += [a_study(600 + number, study_date=DAY - timedelta(days=1)) for number in range(45)]
    with serving(ShelfPacs(studies, limit=40)) as peer:
        async with finder_at(tmp_path, peer) as rig:
            completed = await rig.crawl(DAY - timedelta(days=1), DAY)
    assert sorted(rig.uids) == sorted(uids(studies))
    assert rig.gaps == []
    assert completed.studies_found == len(studies)


async def test_aborts_cost_no_study(tmp_path: Path):
    studies = over_days(40, 8)
    shelves = ShelfPacs(studies, aborts=frozenset(range(3, 10_000, 7)))
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer) as rig:
            completed = await rig.crawl(DAY - timedelta(days=7), DAY)
    assert set(rig.uids) == uids(studies)
    assert completed.studies_found == 40
    assert rig.gaps == []


async def test_associations_are_kept_and_never_more_than_allowed(tmp_path: Path):
    shelves = ShelfPacs(over_days(60, 20))
    with serving(shelves, maximum_associations=2) as peer:
        async with finder_at(tmp_path, peer, load={"associations": 2}) as rig:
            await rig.crawl(DAY - timedelta(days=19), DAY)
    assert set(rig.uids) == uids(shelves.studies)
    assert len(shelves.associations) <= 4


async def test_a_pacs_with_one_association_less_than_we_may_use_is_only_slower(tmp_path: Path):
    shelves = ShelfPacs(over_days(30, 10))
    with serving(shelves, maximum_associations=1) as peer:
        async with finder_at(tmp_path, peer, load={"associations": 3}) as rig:
            completed = await rig.crawl(DAY - timedelta(days=9), DAY)
    assert completed.studies_found == 30


async def test_modalities_come_from_the_series_where_the_pacs_does_not_name_them(tmp_path: Path):
    studies = [a_study(1, modalities_in_study=("CT",)), a_study(2, modalities_in_study=("MR", "SR"))]
    shelves = ShelfPacs(studies, ignores=frozenset({"ModalitiesInStudy"}), hides=frozenset({"ModalitiesInStudy"}))
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer) as rig:
            completed = await rig.crawl(DAY, modalities=("MR",))
    assert [found.study.modalities_in_study for found in rig.all(StudyFound)] == [("MR", "SR")]
    assert completed.studies_found == 1


async def test_a_study_of_two_modalities_counts_once(tmp_path: Path):
    shelves = ShelfPacs([a_study(1, modalities_in_study=("CT", "PT"))])
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer) as rig:
            completed = await rig.crawl(DAY, modalities=("CT", "PT"))
    assert (completed.windows_closed, completed.studies_found) == (2, 1)
    assert sum(closed.studies for closed in rig.all(WindowClosed)) == 1


async def test_malformed_rows_are_a_gap_with_their_count_and_the_others_go_on(tmp_path: Path):
    hostile = {1: "../../../etc/passwd", 3: "1.2.3/../4", 4: "1." * 40}
    shelves = ShelfPacs([a_study(number) for number in range(6)], malformed_uids=hostile)
    with serving(shelves) as peer:
        async with finder_at(tmp_path, peer, find_limit=100) as rig:
            completed = await rig.crawl(DAY)
    assert sorted(rig.uids) == ["1.2.3.0", "1.2.3.2", "1.2.3.5"]
    assert completed.windows_with_gaps == 1
    assert len(rig.gaps) == 3
    assert all("1 rows could not be read: StudyInstanceUID is not a UID" in gap for gap in rig.gaps)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"require_called_aet": True}, "is not called WRONG: mend ae_title"),
        ({"require_calling_aet": ["SOMEBODY"]}, "does not know our AE title RADQUARRY: register it there"),
    ],
)
async def test_wrong_ae_titles_close_the_windows_with_what_to_mend(tmp_path: Path, settings, words):
    with serving(ShelfPacs([]), **settings) as peer:
        async with finder_at(tmp_path, peer, ae_title="WRONG") as rig:
            completed = await rig.crawl(DAY - timedelta(days=2), DAY)
    assert completed.windows_with_gaps == 3
    assert all(words in gap for gap in rig.gaps)


@UNCLOSED
async def test_a_pacs_that_comes_back_costs_no_study(tmp_path: Path):
    shelves = ShelfPacs([a_study(1)])
    with answering(shelves.on_find) as gone:
        pass
    async with finder_at(tmp_path, gone) as rig:
        crawl_id = await rig.order(DAY)
        await rig.until(lambda: rig.all(CrawlPlanned))
        with answering(shelves.on_find, port=gone.port):
            await rig.until(lambda: rig.all(CrawlCompleted, crawl_id=crawl_id))
    assert rig.uids == ["1.2.3.1"]


async def test_names_are_read_in_the_pacs_own_charset_when_it_names_none(tmp_path: Path):
    def on_find(event):
        if event.identifier.QueryRetrieveLevel == "STUDY":
            row = study_row(1, StudyDate="20240517", SpecificCharacterSet="")
            row.add_new("PatientName", "UN", "Иванов^Иван".encode("iso8859_5"))
            yield 0xFF00, row

    with answering(on_find) as peer:
        async with finder_at(tmp_path, peer, charset="ISO_IR 144") as rig:
            await rig.crawl(DAY)
    assert rig.all(StudyFound)[0].study.patient_name == "Иванов^Иван"
