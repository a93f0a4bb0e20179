"""PACS are probed, crawled by what was found, and watched for what contradicts it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from radquarry.dicom.peer import OutsideWindows, PacsAway, Peer
from radquarry.finder.pages import Pages
from radquarry.finder.profiles import Outcome, Profiles
from radquarry.finder.profiling import probed, say_news
from radquarry.finder.watch import Watch
from radquarry.hospital.hospital import Hospital
from radquarry.messages import (
    CrawlCompleted,
    Message,
    PacsContradicted,
    PacsProbed,
    PacsProfile,
    PacsStopped,
    ProbePacs,
    StartPacs,
    StopPacs,
)
from radquarry.state.store import open_state
from tests.finder.personalities import GENEROUS, PERSONALITIES, STUDIES, Personality
from tests.finder.rig import Rig, finder_at

pytestmark = pytest.mark.timeout(120)
LIMITED = Personality("sixty answers", faults={"answer_limit": 60})


@contextmanager
def hospital_of(personality: Personality) -> Iterator[tuple[Hospital, Peer]]:
    with Hospital(personality.hospital) as hospital:
        yield hospital, Peer("main", "HOSPITAL", "127.0.0.1", hospital.pacs.port, "RADQUARRY")


async def probe(rig: Rig, order: ProbePacs | None = None) -> PacsProbed:
    order = order or ProbePacs(pacs="main")
    before = len(rig.all(PacsProbed, cause=order.id))
    await rig.bus.publish(order)
    await rig.until(lambda: len(rig.all(PacsProbed, cause=order.id)) > before or rig.parked)
    assert not rig.parked, rig.parked
    return rig.all(PacsProbed, cause=order.id)[-1]


async def crawl_all(rig: Rig, hospital: Hospital) -> None:
    await rig.crawl(hospital.truth.start_date, hospital.truth.end_date)


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


@pytest.mark.parametrize("personality", PERSONALITIES, ids=lambda personality: personality.name)
async def test_a_pacs_is_found_to_be_what_it_is_and_crawled_by_that(personality: Personality, tmp_path: Path):
    with hospital_of(personality) as (hospital, peer):
        async with finder_at(tmp_path, peer, load={"associations": 4}) as rig:
            answer = await probe(rig)
            await crawl_all(rig, hospital)
        held = {study.study_instance_uid for study in hospital.truth.studies()}
    assert answer.problem == ""
    assert answer.profile is not None
    assert {name: getattr(answer.profile, name) for name in personality.truth} == personality.truth
    assert answer.profile.milliseconds is not None
    assert set(rig.uids) == held
    assert len(held) == STUDIES
    assert set(rig.gaps) == ({personality.gaps} if personality.gaps else set())
    assert rig.all(PacsContradicted) == []


def test_a_true_profile_has_a_truth_for_every_field_but_what_is_of_the_moment() -> None:
    assert set(PacsProfile.model_fields) - set(GENEROUS) == {"probed_at", "milliseconds", "notes"}


async def test_an_order_that_comes_twice_is_one_probing(tmp_path: Path):
    order = ProbePacs(pacs="main")
    with hospital_of(PERSONALITIES[0]) as (hospital, peer):
        async with finder_at(tmp_path, peer) as rig:
            first = await probe(rig, order)
            asked = len(hospital.traffic.entries("c-find"))
            second = await probe(rig, order)
            assert len(hospital.traffic.entries("c-find")) == asked > 20
    assert second.id != first.id
    assert second.profile == first.profile


async def test_a_pacs_that_is_away_is_a_problem_in_words_and_takes_no_profile_away(tmp_path: Path):
    with hospital_of(LIMITED) as (hospital, peer):
        async with finder_at(tmp_path, peer) as rig:
            known = await probe(rig)
            hospital.pacs.stop()
            away = await probe(rig)
    assert known.profile is not None
    assert (away.profile, "main does not answer at 127.0.0.1" in away.problem) == (None, True)
    async with open_state(f"sqlite:///{tmp_path}/state.db") as state:
        assert (await Profiles(state).known())["main"].profile == known.profile


async def test_a_stop_ends_a_probing_within_five_seconds_and_says_so(tmp_path: Path):
    with hospital_of(PERSONALITIES[0]) as (hospital, peer):
        hospital.faults.switch({"pacs": {"answer_delay_ms": 100}})
        async with finder_at(tmp_path, peer) as rig:
            order = ProbePacs(pacs="main")
            await rig.bus.publish(order)
            await asyncio.to_thread(hospital.traffic.wait_for, lambda traffic: bool(traffic.entries("c-find")))
            await rig.bus.publish(StopPacs(pacs="main"))
            await rig.until(lambda: rig.all(PacsStopped))
            stopped_at = rig.all(PacsStopped)[0].sent_at.timestamp()
            await rig.until(lambda: rig.all(PacsProbed))
            answer = rig.all(PacsProbed)[0]
            assert (answer.cause, answer.profile, answer.problem) == (order.id, None, "traffic to main is stopped")
            refused = await probe(rig)
            assert refused.problem == "traffic to main is stopped"
            hospital.faults.reset()
            await rig.bus.publish(StartPacs(pacs="main"))
            assert (await probe_when_started(rig)).profile is not None
        during = [each for each in hospital.traffic.entries("association") if each.at < stopped_at]
    assert during
    assert all(each.ended is not None and each.ended < stopped_at + 5 for each in during)


async def probe_when_started(rig: Rig) -> PacsProbed:
    answer = await probe(rig)
    while answer.problem == "traffic to main is stopped":
        answer = await probe(rig)
    return answer


class PacsThatRaises:
    """A PACS of which only the probing matters."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def probe(self) -> PacsProfile:
        raise self._error


async def test_outside_its_windows_a_probing_waits_for_one():
    with pytest.raises(OutsideWindows):
        await probed(PacsThatRaises(OutsideWindows("waits until Mon", after=60)))
    assert await probed(PacsThatRaises(PacsAway("gone"))) == Outcome(problem="gone")


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
