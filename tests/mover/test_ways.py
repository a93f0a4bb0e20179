"""C-MOVE, C-GET and WADO-RS bring the same files; which one is taken is configured, or found out."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AnyHttpUrl, SecretStr, ValidationError

from radquarry.configuration.sections import Pacs
from radquarry.hospital.hospital import Hospital
from radquarry.messages import CancelRetrieval
from radquarry.mover.multipart import NotMultipart, Parts, boundary_of
from radquarry.mover.ways import Ways
from tests.mover.dicomweb import dicomweb
from tests.mover.retrieving import Ward, small_hospital, ward

OURSELVES = ("RADQUARRY",)


def longest(it: Ward) -> str:
    """The study of most images."""
    return max(it.uids, key=lambda uid: len(it.instances(uid)))


async def test_c_get_brings_what_c_move_brings_byte_for_byte(tmp_path: Path) -> None:
    files: dict[str, dict[str, bytes]] = {}
    for way in ("c-move", "c-get"):
        folder = tmp_path / way
        folder.mkdir()
        async with ward(small_hospital(), folder, callers=OURSELVES, retrieve=way) as it:
            wanted = it.uids[:5]
            end = await it.heard.end(await it.order(*wanted))
            assert end.state == "complete"
            assert len(it.hospital.traffic.entries(way)) == len(wanted)
            assert it.files() == sorted(it.instances(*wanted))
        files[way] = {file.stem: _data_set(file) for file in folder.glob("archive/*/*/*.dcm")}

    assert files["c-get"] == files["c-move"]


def _data_set(file: Path) -> bytes:
    """What follows the file meta information, which names the sender."""
    data = file.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


async def test_c_get_asks_again_only_for_what_is_missing(tmp_path: Path) -> None:
    async with ward(small_hospital(lost_instances=2), tmp_path, callers=OURSELVES, retrieve="c-get") as it:
        study = longest(it)

        end = await it.heard.end(await it.order(study))

        sent = [entry.detail["sop_instance_uid"] for entry in it.hospital.traffic.entries("c-store")]
        assert (end.state, sorted(sent)) == ("complete", sorted(it.instances(study)))


async def test_by_itself_a_pacs_that_does_not_know_us_is_asked_by_c_get(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, known=False, callers=OURSELVES) as it:
        first, second = it.uids[:2]

        ends = [await it.heard.end(await it.order(study)) for study in (first, second)]

        assert [end.state for end in ends] == ["complete", "complete"]
        assert [entry.outcome for entry in it.hospital.traffic.entries("c-move")] == ["A801"]


async def test_our_own_node_lets_us_in_from_this_machine_without_being_told(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, retrieve="c-get") as it:
        end = await it.heard.end(await it.order(it.uids[0]))

        assert end.state == "complete"
        assert it.files() == sorted(it.instances(it.uids[0]))


async def test_wado_rs_brings_studies_and_is_asked_again_after_an_answer_that_was_cut(tmp_path: Path) -> None:
    settings = small_hospital().model_copy(update={"pixels": 192})
    with Hospital(settings) as hospital, dicomweb(hospital) as service:
        pacs = {"retrieve": "wado-rs", "wado_token": SecretStr("secret"), "wado_url": AnyHttpUrl(service.url)}
        async with ward(settings, tmp_path, callers=OURSELVES, known=False, **pacs) as it:
            study = longest(it)
            service.cut_after = len(service.body(f"/dicom-web/studies/{study}")) // 2

            end = await it.heard.end(await it.order(study))

            assert (end.state, it.files()) == ("complete", sorted(it.instances(study)))
            assert it.hospital.traffic.entries("c-move") == []
    assert service.asked[0] == f"/dicom-web/studies/{study}"
    assert len(service.asked) > 1
    assert all(path.startswith(f"/dicom-web/studies/{study}") for path in service.asked)
    assert set(service.tokens) == {"Bearer secret"}


@pytest.mark.parametrize(("status", "words"), [(503, "HTTP 503"), (404, "HTTP 404")])
async def test_what_a_web_service_says_is_said_and_it_is_asked_again(status: int, words: str, tmp_path: Path) -> None:
    with Hospital(small_hospital()) as hospital, dicomweb(hospital) as service:
        service.answers = [status]
        pacs = {"retrieve": "wado-rs", "wado_url": AnyHttpUrl(service.url)}
        async with ward(small_hospital(), tmp_path, callers=OURSELVES, known=False, **pacs) as it:
            study = it.uids[0]

            end = await it.heard.end(await it.order(study))

            assert end.state == "complete"
            assert any(words in one.problem for one in it.heard.of(study))


def test_wado_rs_needs_an_address() -> None:
    with pytest.raises(ValidationError, match="wado_url"):
        Pacs(ae_title="A", host="h", port=1, retrieve="wado-rs")


def test_the_last_way_is_kept_and_the_one_that_works_goes_first() -> None:
    ways = Ways("main", ("c-move", "c-get", "wado-rs"))

    ways.prefer("wado-rs")
    assert list(ways) == ["wado-rs", "c-move", "c-get"]
    for way in ("c-move", "c-get", "wado-rs"):
        ways.drop(way, "it is not there")
    assert list(ways) == ["wado-rs"]


@given(
    bodies=st.lists(st.binary(max_size=300), max_size=5),
    cuts=st.lists(st.integers(1, 50), min_size=1, max_size=20),
    preamble=st.sampled_from([b"", b"\r\n", b"read with something newer\r\n"]),
)
def test_parts_come_whole_however_the_answer_is_cut(bodies: list[bytes], cuts: list[int], preamble: bytes) -> None:
    whole = preamble
    for body in bodies:
        whole += b"--b123\r\nContent-Type: application/dicom\r\n\r\n" + body.replace(b"--b123", b"") + b"\r\n"
    whole += b"--b123--\r\n"
    parts, found, place = Parts(b"b123"), [], 0
    for number in range(len(whole)):
        piece = whole[place : place + cuts[number % len(cuts)]]
        found += parts.feed(piece)
        place += len(piece)

    assert found == [body.replace(b"--b123", b"") for body in bodies]
    assert parts.is_ended


@given(st.binary(max_size=200))
def test_rubbish_is_no_answer_and_no_error_of_ours(rubbish: bytes) -> None:
    parts = Parts(b"b")
    try:
        list(parts.feed(rubbish))
    except NotMultipart:
        return
    assert not parts.is_ended or b"--b--" in rubbish


@pytest.mark.parametrize("kind", ["application/json", "multipart/related", "", "text/html; boundary=x"])
def test_an_answer_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(NotMultipart):
        boundary_of(kind)


@pytest.mark.parametrize("kind", ['multipart/related; boundary="a b"; type=x', "Multipart/Related; Boundary=ab;x=y"])
def test_a_boundary_is_read_with_and_without_quotes(kind: str) -> None:
    assert boundary_of(kind) in (b"a b", b"ab")


async def test_cancel_stops_a_c_get(tmp_path: Path) -> None:
    hospital = small_hospital(store_delay_ms=100)
    async with ward(hospital, tmp_path, callers=OURSELVES, retrieve="c-get") as it:
        study = longest(it)
        retrieval_id = await it.order(study)
        await it.heard.until(lambda: any(one.received for one in it.heard.progress), "the first images")

        await it.tell(CancelRetrieval(retrieval_id=retrieval_id))

        assert (await it.heard.end(retrieval_id)).state == "cancelled"
        assert 0 < len(it.files()) < len(it.instances(study))
        await asyncio.to_thread(
            it.hospital.traffic.wait_for, lambda seen: all(one.ended for one in seen.entries("c-get"))
        )
