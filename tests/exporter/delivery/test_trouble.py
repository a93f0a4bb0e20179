"""Destinations on bad days: what is away is waited for, what refuses is told, what was given up can be tried again."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from radquarry.configuration.sections import Destination
from radquarry.messages import RetryDelivery
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.nodes import node, web
from tests.exporter.delivery.rig import QUICK, desk
from tests.exporter.delivery.stow import response
from tests.journeys.running import free_port


def to_node(port: int, **changes: object) -> Destination:
    return Destination(kind="dicom", ae_title="NODE", host="127.0.0.1", port=port, timeout_seconds=5, **changes)


async def test_a_node_that_comes_back_costs_no_instance(tmp_path: Path) -> None:
    study = archived(tmp_path, count=5)
    with node() as there:
        there.answer = lambda number, uid: 0xA700 if number in (2, 4) else 0
        async with desk(tmp_path, {"out": to_node(there.port)}) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            end = await it.heard.end(delivery_id)
            waits = [one for one in it.heard.progress if one.state == "waiting"]
            others = [one for one in it.heard.progress if one.state != "waiting"]

    assert (end.state, end.delivered) == ("complete", 5)
    assert waits
    assert all("out of resources" in one.problem for one in waits)
    assert all(one.again_at is not None and one.again_at > one.sent_at - timedelta(seconds=1) for one in waits)
    assert {one.again_at for one in others} == {None}
    assert len(there.got) == 7, "five, and two that were not taken the first time"


async def test_a_node_that_stays_away_is_given_up_with_its_reason_and_tried_anew_when_told(tmp_path: Path) -> None:
    first, second = archived(tmp_path, 1), archived(tmp_path, 2)
    port = free_port()
    async with desk(tmp_path, {"out": to_node(port)}) as it:
        await it.retrieved(first, second)
        delivery_id = await it.order()
        end = await it.heard.end(delivery_id)
        assert (end.state, end.delivered) == ("incomplete", 0)
        assert f"out does not answer at 127.0.0.1:{port}" in end.problem
        last = it.heard.last(delivery_id, second)
        assert last.state == "incomplete"
        assert {one.state for one in last.instances} == {"failed"}
        assert "given up after 4 attempts" in last.problem

        await it.say(RetryDelivery(delivery_id=delivery_id))
        end = await it.heard.end(delivery_id, times=2)

    assert (end.state, end.delivered) == ("incomplete", 0)


async def test_what_one_file_is_refused_for_is_told_and_nothing_else_fails(tmp_path: Path) -> None:
    study = archived(tmp_path)
    bad = list(study.files)[1]
    with node() as there:
        there.answer = lambda number, uid: 0xC000 if uid == bad else 0
        async with desk(tmp_path, {"out": to_node(there.port)}) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            end = await it.heard.end(delivery_id)
            last = it.heard.last(delivery_id, study)

            there.answer = lambda number, uid: 0
            await it.say(RetryDelivery(delivery_id=delivery_id))
            again = await it.heard.end(delivery_id, times=2)

    assert (end.state, end.delivered) == ("incomplete", 2)
    assert {one.sop_instance_uid: one.state for one in last.instances}[bad] == "failed"
    assert "it cannot be understood there (C000)" in last.problem
    assert (again.state, again.delivered) == ("complete", 3)
    assert there.got.count(bad) == 2
    assert len(there.got) == 4, "what arrived is not sent again"


async def test_what_is_never_answered_for_is_asked_for_again_and_sent_once(tmp_path: Path) -> None:
    study = archived(tmp_path)
    with node() as there:
        there.is_silent = True
        async with desk(tmp_path, {"out": to_node(there.port, storage_commitment=True)}) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            await it.heard.until(lambda: [one for one in it.heard.progress if one.state == "waiting"], "a wait")
            there.is_silent = False
            end = await it.heard.end(delivery_id)

    assert (end.state, end.delivered) == ("complete", 3)
    assert len(there.got) == 3
    assert len(there.asked) >= 2


async def test_a_node_that_never_answers_for_what_it_took_is_given_up(tmp_path: Path) -> None:
    study = archived(tmp_path)
    with node() as there:
        there.is_silent = True
        patience = replace(QUICK, commitment=0.1)
        async with desk(tmp_path, {"out": to_node(there.port, storage_commitment=True)}, patience=patience) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            end = await it.heard.end(delivery_id)
            last = it.heard.last(delivery_id, study)

    assert (end.state, end.delivered) == ("incomplete", 0)
    assert "has not answered for it (storage commitment)" in last.problem
    assert len(there.got) == 3


async def test_a_web_service_that_is_busy_and_then_takes_some_gets_the_rest_later(tmp_path: Path) -> None:
    study = archived(tmp_path)
    with web() as service:
        answers = iter([(503, {"Retry-After": "0"}, lambda uids: b""), (202, {}, lambda uids: response(uids[:1]))])

        def tell(uids: list[str]) -> tuple[int, dict[str, str], bytes]:
            status, headers, body = next(answers, (200, {}, response))
            return status, headers, body(uids)

        service.tell = tell
        async with desk(tmp_path, {"out": Destination(kind="dicomweb", url=service.url)}) as it:
            await it.retrieved(study)
            end = await it.heard.end(await it.order())

    assert (end.state, end.delivered) == ("complete", 3)
    assert len(service.got) == 3 + 3 + 2


async def test_two_exporters_deliver_each_instance_once(tmp_path: Path) -> None:
    studies = [archived(tmp_path, number) for number in range(1, 7)]
    with node() as there:
        async with desk(tmp_path, {"out": to_node(there.port)}, exporters=2, patience=replace(QUICK, lease=20)) as it:
            await it.retrieved(*studies)
            end = await it.heard.end(await it.order())

    assert (end.state, end.delivered) == ("complete", 18)
    assert sorted(there.got) == sorted(uid for study in studies for uid in study.files)


async def test_a_node_that_takes_and_then_disowns_is_given_up(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    with node() as there:
        there.commit = lambda uid: 0x0112
        async with desk(tmp_path, {"out": to_node(there.port, storage_commitment=True)}) as it:
            await it.retrieved(study)
            end = await it.heard.end(await it.order())

    assert (end.state, end.delivered) == ("incomplete", 0)
    assert len(there.got) == 4, "once for each attempt"


async def test_a_file_at_which_a_node_breaks_off_fails_alone_after_its_own_attempts(tmp_path: Path) -> None:
    first, second = archived(tmp_path, 1), archived(tmp_path, 2)
    bad = next(iter(first.files))
    with node() as there:
        there.hated = frozenset([bad])
        async with desk(tmp_path, {"out": to_node(there.port)}) as it:
            await it.retrieved(first, second)
            delivery_id = await it.order()
            end = await it.heard.end(delivery_id)
            last = it.heard.last(delivery_id, first)

            there.hated = frozenset()
            await it.say(RetryDelivery(delivery_id=delivery_id))
            again = await it.heard.end(delivery_id, times=2)

    others = [uid for study in (first, second) for uid in study.files if uid != bad]
    assert (end.state, end.delivered, end.problem) == ("incomplete", 5, "")
    assert "1 failed: the destination broke off at this file" in last.problem
    assert there.got.count(bad) == 5 + 1, "twice at first, once for each further attempt, once when told"
    assert sorted(uid for uid in there.got if uid != bad) == sorted(others)
    assert (again.state, again.delivered) == ("complete", 6)


async def test_a_file_at_which_a_web_service_breaks_off_fails_alone_after_its_own_attempts(tmp_path: Path) -> None:
    study = archived(tmp_path, count=4)
    bad, *others = study.files
    with web() as service:
        service.tell = lambda uids: (500, {}, b"") if bad in uids else (200, {}, response(uids))
        async with desk(tmp_path, {"out": Destination(kind="dicomweb", url=service.url)}) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            end = await it.heard.end(delivery_id)
            last = it.heard.last(delivery_id, study)

    assert (end.state, end.delivered, end.problem) == ("incomplete", 3, "")
    assert "1 failed: the destination broke off at this file: STOW-RS: HTTP 500" in last.problem
    assert {uid for uid in service.got if uid != bad} == {*others}


async def test_a_file_that_is_put_off_is_counted_by_itself(tmp_path: Path) -> None:
    study = archived(tmp_path, count=3)
    slow, bad, good = study.files
    with node() as there:
        tries: Counter[str] = Counter()

        def answer(number: int, uid: str) -> int:
            tries[uid] += 1
            return 0x0110 if uid == bad or (uid == slow and tries[uid] < 3) else 0

        there.answer = answer
        async with desk(tmp_path, {"out": to_node(there.port)}) as it:
            await it.retrieved(study)
            delivery_id = await it.order()
            end = await it.heard.end(delivery_id)
            said = {one.sop_instance_uid: one.state for one in it.heard.last(delivery_id, study).instances}

    assert (end.state, end.delivered) == ("incomplete", 2)
    assert said == {slow: "delivered", bad: "failed", good: "delivered"}
    assert tries == {slow: 3, bad: QUICK.attempts, good: 1}
