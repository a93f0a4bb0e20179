"""STOW-RS to services that take, refuse, are busy, break off, and say what became of each file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from radquarry.configuration.sections import Destination
from radquarry.exporter.ways.dicomweb import DicomWeb
from radquarry.exporter.ways.port import Answer, DestinationAway, DestinationRefuses, Staged
from tests.exporter.delivery.nodes import Web, web
from tests.exporter.delivery.stow import response
from tests.exporter.delivery.test_ways import deliver, files_of


async def told(it: Web, files: list[Staged], most_bytes: int = 64_000_000, **changes: Any) -> list[Answer]:
    there = Destination(kind="dicomweb", url=it.url, timeout_seconds=5, **changes)
    return await deliver(DicomWeb(there, most_bytes), files)


def states(answers: list[Answer]) -> list[str]:
    return [answer.state for answer in answers]


async def test_each_file_gets_its_own_answer(tmp_path: Path) -> None:
    files = files_of(tmp_path, 4)
    uids = [file.sop_instance_uid for file in files]
    with web() as it:
        it.tell = lambda _: (202, {}, response(uids[:2], {uids[2]: 0xA900, uids[3]: 0xA700}, {uids[1]: 0xB000}))
        answers = await told(it, files)

    assert states(answers) == ["delivered", "delivered", "failed", "later"]
    assert "(B000)" in answers[1].problem
    assert "(A900)" in answers[2].problem


async def test_when_all_are_refused_each_says_why(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    with web() as it:
        it.tell = lambda uids: (409, {}, response([], dict.fromkeys(uids, 0x0122)))
        answers = await told(it, files)

    assert states(answers) == ["failed"] * 3
    assert "SOP class not supported" in answers[0].problem


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"[]", b"[" * 5000, b'{"00081199": {"Value": [1, {}]}}'])
async def test_success_that_names_nothing_is_none(tmp_path: Path, body: bytes) -> None:
    with web() as it:
        it.tell = lambda _: (200, {}, body)
        answers = await told(it, files_of(tmp_path))

    assert states(answers) == ["later"] * 3
    assert "the answer does not name it" in answers[0].problem


@pytest.mark.parametrize("status", [401, 403])
async def test_who_is_not_let_in_is_refused_for_good(tmp_path: Path, status: int) -> None:
    with web() as it:
        it.tell = lambda _: (status, {}, b"")
        with pytest.raises(DestinationRefuses, match=f"HTTP {status}; mend"):
            await told(it, files_of(tmp_path))


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_service_says_when_to_come_again(tmp_path: Path, status: int) -> None:
    with web() as it:
        it.tell = lambda _: (status, {"Retry-After": "17"}, b"")
        with pytest.raises(DestinationAway) as away:
            await told(it, files_of(tmp_path))

    assert away.value.after == 17


async def test_a_time_of_day_to_come_again_is_understood(tmp_path: Path) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    with web() as it:
        it.tell = lambda _: (503, {"Retry-After": when}, b"")
        with pytest.raises(DestinationAway) as away:
            await told(it, files_of(tmp_path))

    assert 40 < away.value.after <= 60


async def test_a_service_that_breaks_off_at_every_file_is_away(tmp_path: Path) -> None:
    files = files_of(tmp_path, 9)
    with web() as cut, web() as failing:
        cut.cut = True
        failing.tell = lambda _: (500, {}, b"")
        for it in (cut, failing):
            with pytest.raises(DestinationAway, match=r"breaks off at every file: .*STOW-RS"):
                await told(it, files)
        tried = [int(request["Content-Length"]) for request in failing.requests]

    assert [size < 1.5 * min(tried) for size in tried] == [False] * 3 + [True] * 5, "nine, four, two, then five alone"


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("is_cut", [True, False])
async def test_a_file_at_which_a_service_breaks_off_holds_no_other_up(place: int, is_cut: bool, tmp_path: Path) -> None:
    files = files_of(tmp_path, 6)
    bad = files[place].sop_instance_uid
    with web() as it:
        it.cut_at = bad if is_cut else ""
        it.tell = lambda uids: (500, {}, b"") if bad in uids else (200, {}, response(uids))
        answers = await told(it, files)

    assert [answer.file for answer in answers if answer.state == "delivered"] == [
        file for file in files if file.sop_instance_uid != bad
    ]
    first, last = (answer for answer in answers if answer.broke_off)
    assert first == last == answers[-1]
    assert (last.file.sop_instance_uid, last.state) == (bad, "later")
    assert last.problem.startswith("the destination broke off at this file: STOW-RS: ")


async def test_what_broke_off_before_goes_last_and_alone(tmp_path: Path) -> None:
    first, *others = files_of(tmp_path, 3)
    with web() as it:
        it.tell = lambda uids: (200, {}, response(uids))
        await told(it, [replace(first, broke_off=True), *others])

    assert len(it.requests) == 2
    assert it.got == [file.sop_instance_uid for file in (*others, first)]


async def test_requests_have_bounded_bytes_and_hold_each_file_once(tmp_path: Path) -> None:
    files = files_of(tmp_path, 5)
    with web() as it:
        it.tell = lambda uids: (200, {}, response(uids))
        answers = await told(it, files, most_bytes=files[0].bytes * 2)

    assert states(answers) == ["delivered"] * 5
    assert len(it.requests) == 3
    assert it.got == [file.sop_instance_uid for file in files]


async def test_a_request_that_is_too_large_is_halved(tmp_path: Path) -> None:
    files = files_of(tmp_path, 4)
    with web() as it:
        it.tell = lambda uids: (413, {}, b"") if len(uids) > 1 else (200, {}, response(uids))
        answers = await told(it, files)

    assert states(answers) == ["delivered"] * 4


async def test_one_file_that_cannot_be_understood_does_not_fail_the_others(tmp_path: Path) -> None:
    files = files_of(tmp_path, 4)
    bad = files[2].sop_instance_uid
    with web() as it:
        it.tell = lambda uids: (400, {}, b"") if bad in uids else (200, {}, response(uids))
        answers = await told(it, files)

    assert {answer.file.sop_instance_uid for answer in answers if answer.state == "failed"} == {bad}
    assert states(answers).count("delivered") == 3


async def test_a_warning_among_what_failed_is_no_success(tmp_path: Path) -> None:
    files = files_of(tmp_path, 2)
    warned, known = (file.sop_instance_uid for file in files)
    with web() as it:
        it.tell = lambda _: (202, {}, response([], {warned: 0xB006, known: 0x0111}))
        answers = await told(it, files)

    assert states(answers) == ["failed", "delivered"]


async def test_a_token_and_a_password_go_in_their_headers(tmp_path: Path) -> None:
    with web() as it:
        it.tell = lambda uids: (200, {}, response(uids))
        await told(it, files_of(tmp_path), token="T0ken")
        await told(it, files_of(tmp_path), user="u", password="p")

    assert [request["Authorization"] for request in it.requests] == ["Bearer T0ken", "Basic dTpw"]
