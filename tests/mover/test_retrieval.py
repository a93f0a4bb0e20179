"""Whole retrievals from a hospital with the faults of real ones: order → C-FIND → C-MOVE → files → complete."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from radquarry.configuration.sections import Load
from radquarry.messages import SeriesChoice
from tests.contracts.states import KINDS, empty_state_url
from tests.mover.retrieving import Ward, small_hospital, ward


def sent(it: Ward) -> Counter[str]:
    """How often the PACS sent each instance."""
    return Counter(entry.detail["sop_instance_uid"] for entry in it.hospital.traffic.entries("c-store"))


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_ordered_lies_in_the_archive_and_is_complete(kind: str, tmp_path: Path) -> None:
    async with empty_state_url(kind, tmp_path) as url, ward(small_hospital(), tmp_path, state_url=url) as it:
        wanted = it.uids[:4]

        retrieval_id = await it.order(*wanted)
        end = await it.heard.end(retrieval_id)

        assert (end.state, end.expected, end.received) == ("complete", *[len(it.instances(*wanted))] * 2)
        assert end.trail == retrieval_id
        assert it.files() == sorted(it.instances(*wanted))


async def test_the_last_word_on_a_study_names_each_instance_with_its_digest(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        (study,) = it.uids[:1]

        await it.heard.end(await it.order(study))
        last = it.heard.of(study)[-1]

        assert last.state == "complete"
        assert {one.sop_instance_uid for one in last.instances} == it.instances(study)
        assert all(one.received and one.bytes > 0 and len(one.sha256) == 64 for one in last.instances)


async def test_revisions_of_a_study_grow(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=20), tmp_path) as it:
        (study,) = it.uids[:1]

        await it.heard.end(await it.order(study))
        revisions = [one.revision for one in it.heard.progress]

        assert revisions == sorted(set(revisions))


async def test_lost_instances_are_asked_for_again_by_name_and_nothing_else_twice(tmp_path: Path) -> None:
    async with ward(small_hospital(lost_instances=2), tmp_path) as it:
        study = max(it.uids, key=lambda uid: len(it.instances(uid)))

        end = await it.heard.end(await it.order(study))

        assert end.state == "complete"
        assert set(sent(it)) == it.instances(study)
        assert max(sent(it).values()) == 1


async def test_what_never_comes_is_incomplete_with_the_number_and_the_pacs_own_words(tmp_path: Path) -> None:
    async with ward(small_hospital(lost_instances=1, lost_asks=1000), tmp_path) as it:
        study = max(it.uids, key=lambda uid: len(it.instances(uid)))

        end = await it.heard.end(await it.order(study))
        last = it.heard.of(study)[-1]

        assert (end.state, end.expected - end.received) == ("incomplete", 1)
        assert f"1 of {len(it.instances(study))} instances have not come" in last.problem
        assert "status 0000" in last.problem
        assert sum(not one.received for one in last.instances) == 1


async def test_near_line_images_are_waited_for_in_plain_words(tmp_path: Path) -> None:
    async with ward(small_hospital(nearline_share=1, nearline_asks=2), tmp_path) as it:
        study = it.uids[0]

        end = await it.heard.end(await it.order(study))

        assert end.state == "complete"
        waiting = [one for one in it.heard.of(study) if one.state == "waiting"]
        assert [one for one in waiting if "not online" in one.problem]


async def test_a_pacs_that_does_not_know_us_is_told_of_in_words_that_name_what_to_register(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, known=False, retrieve="c-move") as it:
        study = it.uids[0]

        end = await it.heard.end(await it.order(study))

        assert end.state == "incomplete"
        assert f"register RADQUARRY at 127.0.0.1 port {it.port}" in it.heard.of(study)[-1].problem


async def test_aborted_moves_go_on_with_what_is_missing(tmp_path: Path) -> None:
    async with ward(small_hospital(abort_move_every=2), tmp_path) as it:
        wanted = it.uids[:6]

        end = await it.heard.end(await it.order(*wanted))

        assert end.state == "complete"
        assert it.files() == sorted(it.instances(*wanted))


async def test_refused_and_aborted_associations_cost_no_study(tmp_path: Path) -> None:
    faults = {"max_associations": 1, "abort_association_every": 5}
    async with ward(small_hospital(**faults), tmp_path, load=Load(associations=3)) as it:
        wanted = it.uids[:5]

        end = await it.heard.end(await it.order(*wanted))

        assert end.state == "complete"


async def test_malformed_rows_and_hostile_uids_change_nothing(tmp_path: Path) -> None:
    kinds = ("long_uid", "bad_uid", "traversal_uid", "empty_uid", "garbage_values", "duplicate")
    async with ward(small_hospital(malformed_every=1, malformed_kinds=kinds), tmp_path) as it:
        wanted = it.uids[:2]

        end = await it.heard.end(await it.order(*wanted))

        assert end.state == "complete"
        assert it.files() == sorted(it.instances(*wanted))


async def test_a_pacs_that_names_only_some_instances_sends_them_all(tmp_path: Path) -> None:
    async with ward(small_hospital(studies=30, answer_limit=4), tmp_path) as it:
        few_series = [uid for uid in it.uids if len(it.instances(uid)) > 1]
        study = max(few_series, key=lambda uid: len(it.instances(uid)))

        end = await it.heard.end(await it.order(study))

        assert end.received == len(it.instances(study))
        assert it.files() == sorted(it.instances(study))


async def test_what_is_here_is_not_ordered_again(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        study = it.uids[0]
        await it.heard.end(await it.order(study))
        moves = len(it.hospital.traffic.entries("c-move"))

        end = await it.heard.end(await it.order(study))

        assert end.state == "complete"
        assert len(it.hospital.traffic.entries("c-move")) == moves


@pytest.mark.parametrize("kind", KINDS)
async def test_two_movers_and_two_orders_fetch_a_study_once(kind: str, tmp_path: Path) -> None:
    hospital = small_hospital(store_delay_ms=5)
    async with empty_state_url(kind, tmp_path) as url, ward(hospital, tmp_path, state_url=url, movers=2) as it:
        wanted = it.uids[:6]

        first, second = await asyncio.gather(it.order(*wanted), it.order(*reversed(wanted)))
        ends = [await it.heard.end(first), await it.heard.end(second)]

        assert [end.state for end in ends] == ["complete", "complete"]
        assert max(sent(it).values()) == 1


async def test_only_chosen_series_come(tmp_path: Path) -> None:
    async with ward(small_hospital(studies=40), tmp_path) as it:
        study = max(it.uids, key=lambda uid: len(it.instances(uid)))

        end = await it.heard.end(await it.order(study, series=SeriesChoice(modality=("SR", "PR"))))

        assert end.state == "complete"
        assert len(it.files()) == end.expected < len(it.instances(study))


async def test_a_study_the_pacs_does_not_hold_is_incomplete_in_plain_words(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        end = await it.heard.end(await it.order("1.2.3.4", it.uids[0]))

        assert end.state == "incomplete"
        assert it.heard.of("1.2.3.4")[-1].problem == "the PACS does not hold this study"
        assert it.heard.of(it.uids[0])[-1].state == "complete"
