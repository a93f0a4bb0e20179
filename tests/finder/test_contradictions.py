"""What contradicts the profile of a PACS is noticed, and said once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from radquarry.finder.pages import Pages
from radquarry.finder.profiles import Outcome, Profiles
from radquarry.finder.profiling import say_news
from radquarry.finder.watch import Watch
from radquarry.messages import CrawlCompleted, Message, PacsContradicted, PacsProbed, PacsProfile
from radquarry.state.store import open_state
from tests.finder.personalities import GENEROUS, PERSONALITIES
from tests.finder.probing import LIMITED, crawl_all, hospital_of, probe
from tests.finder.rig import Rig, finder_at

pytestmark = pytest.mark.timeout(120)


async def contradiction(rig: Rig, word: str) -> PacsContradicted:
    def said() -> list[PacsContradicted]:
        return [each for each in rig.all(PacsContradicted) if word in each.reason]

    await rig.until(said)
    return said()[0]


async def news(folder: Path) -> list[Message]:
    """What a finder would say now, and has said then: one that ends just as it says it says it again."""
    said: list[Message] = []

    async def publish(*messages: Message) -> None:
        said.extend(messages)

    async with open_state(f"sqlite:///{folder}/state.db") as state:
        await say_news({}, Profiles(state), publish)
    return said


def a_profile(**fields: Any) -> PacsProfile:
    return PacsProfile(probed_at=datetime.now(UTC), **{**GENEROUS, **fields})


async def test_a_limit_that_was_raised_is_said_once_over_crawls_and_restarts_until_it_is_probed_again(tmp_path: Path):
    with hospital_of(LIMITED) as (hospital, peer):
        async with finder_at(tmp_path, peer) as rig:
            first = await probe(rig)
        hospital.faults.switch({"pacs": {"answer_limit": 90}})
        held = {study.study_instance_uid for study in hospital.truth.studies()}
        async with finder_at(tmp_path, peer) as knowing:
            await crawl_all(knowing, hospital)
            said = await contradiction(knowing, "its profile says 60 at most")
            assert set(knowing.uids) == held
        assert [each.reason for each in await news(tmp_path)] in ([], [said.reason])
        assert await news(tmp_path) == []
        async with finder_at(tmp_path, peer) as again:
            await crawl_all(again, hospital)
            second = await probe(again)
            assert again.all(PacsContradicted) == []
            assert (set(again.uids), again.gaps) == (held, [])
            hospital.faults.switch({"pacs": {"answer_limit": 30}})
            await crawl_all(again, hospital)
            shorter = await contradiction(again, "its profile says not before 90")
    assert first.profile is not None
    assert second.profile is not None
    assert (first.profile.find_limit, second.profile.find_limit) == (60, 90)
    assert said.seen_at > first.profile.probed_at
    assert shorter.pacs == "main"


async def test_what_was_probed_beside_the_finder_is_announced_and_used(tmp_path: Path):
    profile = a_profile(find_limit=20, longest_answer=20)
    with hospital_of(PERSONALITIES[-1]) as (hospital, peer):
        async with finder_at(tmp_path, peer) as rig:
            async with open_state(f"sqlite:///{tmp_path}/state.db") as state:
                await Profiles(state).keep("main", Outcome(profile))
            await rig.until(lambda: rig.all(PacsProbed))
            await crawl_all(rig, hospital)
            await contradiction(rig, "its profile says 20 at most")
            await contradiction(rig, "its profile says that the level SERIES is answered")
            await crawl_all(rig, hospital)
            first, second = (each.crawl_id for each in rig.all(CrawlCompleted))
            await rig.until(lambda: rig.all(PacsContradicted, crawl_id=second))
        said = [(each.kind, each.crawl_id) for each in rig.all(PacsContradicted)]
        assert sorted(said) == sorted([("longer", first), ("level SERIES", first), ("level SERIES", second)])
    assert [each.profile for each in rig.all(PacsProbed)] == [profile]
    assert set(rig.uids) == {study.study_instance_uid for study in hospital.truth.studies()}


def watching(**fields: Any) -> Watch:
    watch = Watch("main", Pages())
    watch.take(a_profile(**fields))
    return watch


def test_a_contradiction_is_noticed_once_for_each_profile() -> None:
    watch = watching()
    watch.ignored(["AccessionNumber"])
    watch.ignored(["AccessionNumber"])
    watch.take(a_profile())
    watch.refused_keys(["AccessionNumber", "NoSuchKey"])
    assert [each.kind for each in watch.noticed] == ["key AccessionNumber"] * 2


async def test_each_crawl_notices_it_once_and_it_is_taken_care_of_before_the_end_is_told() -> None:
    watch, taken = watching(), list[UUID | None]()
    first, second = uuid4(), uuid4()

    async def take_care() -> None:
        taken.extend(seen.crawl_id for seen in watch.noticed)
        watch.noticed.clear()

    watch.take_care = take_care
    for crawl_id in (first, first, second):
        async with watch.during(crawl_id):
            watch.ignored(["AccessionNumber"])
    async with watch.during(second):
        pass
    assert taken == [first, second]
    watch.ignored(["AccessionNumber"])
    assert [seen.crawl_id for seen in watch.noticed] == [None]


async def test_what_is_asked_by_others_meanwhile_is_not_for_this_crawl() -> None:
    watch, entered, noticed = watching(), asyncio.Event(), asyncio.Event()

    async def crawl() -> None:
        async with watch.during(uuid4()):
            entered.set()
            await noticed.wait()

    crawling = asyncio.create_task(crawl())
    await entered.wait()
    watch.ignored(["AccessionNumber"])
    noticed.set()
    await crawling
    assert [seen.crawl_id for seen in watch.noticed] == [None]


def test_what_another_process_noticed_is_not_noticed_again() -> None:
    watch = Watch("main", Pages())
    watch.take(a_profile(), [("level SERIES", None), ("time ranges", None)])
    watch.refused("SERIES", "refused")
    watch.ignored_in_parts(["StudyTime"])
    watch.refused("STUDY", "refused")
    assert [each.kind for each in watch.noticed] == ["level STUDY"]


def test_nothing_contradicts_what_no_profile_says() -> None:
    unknown = Watch("main", Pages())
    silent = watching(levels=("STUDY",), keys={}, time_ranges=None, wildcards="")
    for watch in (unknown, silent):
        watch.refused("SERIES", "refused")
        watch.refused_keys(["StudyDescription"])
        watch.ignored(["ModalitiesInStudy"])
        watch.ignored_in_parts(["StudyTime", "PatientID", "ModalitiesInStudy"])
        assert watch.noticed == []


def test_an_answer_longer_than_the_limit_contradicts_it_and_counts() -> None:
    pages = Pages()
    watch = Watch("main", pages)
    watch.take(a_profile(find_limit=40, longest_answer=40))
    assert pages.hit(40)
    pages.saw(41)
    assert [each.kind for each in watch.noticed] == ["longer"]
    assert (pages.hit(40), pages.prove(40)) == (False, True)


def test_a_limit_that_is_contradicted_in_the_store_is_not_believed_at_the_start() -> None:
    pages = Pages()
    Watch("main", pages).take(a_profile(find_limit=40, longest_answer=40), [("longer", uuid4())])
    assert not pages.hit(40)
