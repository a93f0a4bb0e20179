"""Nights of a finder that follows an archive: what became different since a day was seen, over real associations."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pynetdicom import evt

from radquarry.messages import CrawlCompleted, CrawlRequested, Study, StudyChanged, StudyFound
from tests.finder.answering import answering
from tests.finder.rig import Rig, finder_of, section_of
from tests.finder.shelf_pacs import ShelfPacs
from tests.finder.shelves import a_study

NIGHT = date(2026, 3, 10)
VISITS = (1, 7, 30, 365)
VISITED = tuple(NIGHT - timedelta(days=1 + after) for after in VISITS)
"""The days whose visits after so many days are due in that night."""

Said = set[tuple[str, str]]
"""(StudyInstanceUID, kind of change)."""


@dataclass
class Archive:
    """A PACS whose studies change between the nights; `follow` is what `radquarry.yaml` says of following it."""

    folder: Path
    shelves: ShelfPacs
    follow: dict[str, Any] = field(default_factory=dict)
    found: dict[str, Study] = field(default_factory=dict)
    """As last announced."""

    async def crawl(self, *days: date) -> None:
        """Somebody orders these days, before following begins."""
        with answering(self.shelves.on_find) as peer:
            async with finder_of(self.folder, {"main": section_of(peer, find_limit=1000)}) as rig:
                for day in days:
                    await rig.crawl(day)
                await all_is_heard(rig)
                self._note(rig)

    async def night(self, night: date) -> list[StudyChanged]:
        """What one night's visits say, by a finder that is started in it."""
        clock = datetime(night.year, night.month, night.day, 3, tzinfo=UTC)
        with answering(self.shelves.on_find) as peer:
            section = {"main": section_of(peer, find_limit=1000, follow=self.follow)}
            async with finder_of(self.folder, section, lambda: clock) as rig:
                await rig.until(lambda: has_ended(rig) or rig.parked)
                assert not rig.parked
                await all_is_heard(rig)
                self._note(rig)
                return rig.all(StudyChanged)

    def _note(self, rig: Rig) -> None:
        self.found |= {each.study.study_instance_uid: each.study for each in rig.all(StudyFound)}


def has_ended(rig: Rig) -> bool:
    """All that the night ordered is closed."""
    ordered = {order.crawl_id for order in rig.all(CrawlRequested)}
    return bool(ordered) and ordered <= {end.crawl_id for end in rig.all(CrawlCompleted)}


async def all_is_heard(rig: Rig) -> None:
    """Nothing is left on its way to the api: each topic has a queue of its own."""
    async with asyncio.timeout(30):
        while any(left for queue, left in (await rig.bus.depths()).items() if queue.startswith("api.")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def said(changes: Sequence[StudyChanged]) -> Said:
    assert len({(each.study_instance_uid, each.kind) for each in changes}) == len(changes), "each is said once"
    return {(each.study_instance_uid, each.kind) for each in changes}


def five_a_day(*days: date) -> list[Study]:
    return [
        a_study(number, study_date=day, study_instance_uid=f"1.2.{day:%Y%m%d}.{number}", patient_name="Muster^Anna")
        for day in days
        for number in range(1, 6)
    ]


def as_it_became(study: Study) -> Study | None:
    """The first of a day gets a series, the second another patient, the third a number and a name; the fourth goes."""
    match study.study_instance_uid.rpartition(".")[2]:
        case "1":
            return study.model_copy(update={"modalities_in_study": ("CT", "SR")})
        case "2":
            return study.model_copy(update={"patient_id": "MERGED", "patient_name": "Muster^Anna Maria"})
        case "3":
            return study.model_copy(update={"accession_number": "NEW1"})
        case "4":
            return None
    return study


async def test_each_visit_finds_late_series_merged_patients_and_studies_that_went_or_were_re_identified(
    tmp_path: Path,
) -> None:
    shelves = ShelfPacs(five_a_day(*VISITED))
    archive = Archive(tmp_path, shelves)
    await archive.crawl(*VISITED)
    before = dict(archive.found)
    assert len(before) == 20
    shelves.studies[:] = filter(None, map(as_it_became, shelves.studies))

    changes = await archive.night(NIGHT)

    kinds = {"1": "late-series", "2": "merged-patient", "3": "re-identified", "4": "gone"}
    assert said(changes) == {(f"1.2.{day:%Y%m%d}.{number}", kind) for day in VISITED for number, kind in kinds.items()}
    assert {each.study_instance_uid: each.former for each in changes} == {
        uid: study for uid, study in before.items() if not uid.endswith(".5")
    }
    assert [len(archive.found[f"1.2.{day:%Y%m%d}.1"].series) for day in VISITED] == [2, 2, 2, 2]
    assert await archive.night(NIGHT + timedelta(days=1)) == []


async def test_a_study_is_followed_from_night_to_night_and_its_former_state_outlives_it(tmp_path: Path) -> None:
    day = NIGHT - timedelta(days=1)
    (study,) = five_a_day(day)[:1]
    shelves = ShelfPacs([study])
    archive = Archive(tmp_path, shelves)
    assert said(await archive.night(NIGHT)) == set()
    assert list(archive.found) == [study.study_instance_uid]

    other = study.model_copy(update={"patient_id": "MERGED"})
    shelves.studies[:] = [other]
    assert said(await archive.night(NIGHT + timedelta(days=1))) == {(study.study_instance_uid, "merged-patient")}

    shelves.studies[:] = five_a_day(day)[1:2]
    gone = await archive.night(NIGHT + timedelta(days=7))
    assert said(gone) == {(study.study_instance_uid, "gone")}
    assert gone[0].former.patient_id == "MERGED"

    shelves.studies[:] = [other.model_copy(update={"accession_number": "NEW1"}), *shelves.studies]
    back = await archive.night(NIGHT + timedelta(days=30))
    uid = study.study_instance_uid
    assert said(back) == {(uid, "returned"), (uid, "re-identified")}
    assert {each.former for each in back} == {gone[0].former}, "kept while it was gone, over two restarts"


async def test_a_study_that_moved_to_another_day_is_not_gone(tmp_path: Path) -> None:
    shelves = ShelfPacs(five_a_day(VISITED[0]))
    archive = Archive(tmp_path, shelves)
    await archive.crawl(VISITED[0])
    moved = shelves.studies[0].model_copy(update={"study_date": VISITED[0] - timedelta(days=200)})
    shelves.studies[0] = moved

    assert said(await archive.night(NIGHT)) == set()
    assert archive.found[moved.study_instance_uid].study_date == moved.study_date


async def test_a_day_that_was_not_listed_whole_says_nothing_of_what_it_misses(tmp_path: Path) -> None:
    shelves = ShelfPacs(five_a_day(VISITED[0]))
    archive = Archive(tmp_path, shelves)
    await archive.crawl(VISITED[0])
    del shelves.studies[0]
    shelves.malformed_uids = {0: "no-uid"}

    assert said(await archive.night(NIGHT)) == set()

    shelves.malformed_uids = {}
    assert said(await archive.night(NIGHT + timedelta(days=6))) == {(f"1.2.{VISITED[0]:%Y%m%d}.1", "gone")}


class Uidless(ShelfPacs):
    """Finds nothing by a UID alone, and calls that complete."""

    def on_find(self, event: evt.Event) -> Iterator[tuple[Any, Dataset | None]]:
        if event.identifier.QueryRetrieveLevel == "SERIES" or event.identifier.StudyDate:
            yield from super().on_find(event)


async def test_a_pacs_that_finds_nothing_by_its_uid_makes_nobody_gone(tmp_path: Path) -> None:
    shelves = Uidless(five_a_day(VISITED[0]))
    archive = Archive(tmp_path, shelves)
    await archive.crawl(VISITED[0])
    del shelves.studies[0]

    assert said(await archive.night(NIGHT)) == set()


async def test_who_is_not_to_be_visited_again_is_not(tmp_path: Path) -> None:
    """The nights above would say nothing if nobody came again."""
    shelves = ShelfPacs(five_a_day(*VISITED))
    archive = Archive(tmp_path, shelves, {"days": []})
    await archive.crawl(*VISITED)
    asked = len(shelves.levels)
    shelves.studies[:] = []

    assert await archive.night(NIGHT) == []
    assert len(shelves.levels) == asked + 1, "only for the day that is over"
