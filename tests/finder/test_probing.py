"""PACS are probed, and crawled by what was found."""

import asyncio
from pathlib import Path

import pytest

from radquarry.dicom.peer import OutsideWindows, PacsAway
from radquarry.finder.profiles import Outcome, Profiles
from radquarry.finder.profiling import probed
from radquarry.messages import PacsContradicted, PacsProbed, PacsProfile, PacsStopped, ProbePacs, StartPacs, StopPacs
from radquarry.state.store import open_state
from tests.finder.personalities import GENEROUS, PERSONALITIES, STUDIES, Personality
from tests.finder.probing import LIMITED, crawl_all, hospital_of, probe
from tests.finder.rig import Rig, finder_at

pytestmark = pytest.mark.timeout(120)


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
