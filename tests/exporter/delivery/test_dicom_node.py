"""C-STORE to nodes that take, refuse, are busy, abort, and answer for what they took."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AllStoragePresentationContexts

from radquarry.configuration.sections import Destination
from radquarry.dicom.commitment import Answers, listening
from radquarry.exporter.ways.choosing import way_to
from radquarry.exporter.ways.committing import Committing
from radquarry.exporter.ways.port import Answer, DestinationAway, DestinationRefuses, Staged, Way
from radquarry.exporter.ways.statuses import verdict
from tests.exporter.delivery.nodes import Node, node
from tests.exporter.delivery.orthanc import orthanc
from tests.exporter.delivery.test_ways import deliver, files_of
from tests.journeys.running import free_port

ANSWER_SECONDS = 5.0


def way(port: int, *, listens: bool = False, answers: Answers | None = None, **changes: Any) -> Way:
    there = Destination(kind="dicom", ae_title="NODE", host="127.0.0.1", port=port, timeout_seconds=5, **changes)
    committing = Committing(answers or Answers(), changes.pop("seconds", ANSWER_SECONDS), is_listening=listens)
    return way_to("out", there, "RADQUARRY", committing)


async def told(it: Node, files: Sequence[Staged], **changes: Any) -> list[Answer]:
    return await deliver(way(it.port, **changes), list(files))


def states(answers: Sequence[Answer]) -> list[str]:
    return [answer.state for answer in answers]


async def test_a_warning_counts_as_taken_and_is_told(tmp_path: Path) -> None:
    with node() as it:
        it.answer = lambda number, uid: 0xB000
        answers = await told(it, files_of(tmp_path, 1))

    assert states(answers) == ["delivered"]
    assert "taken with a warning: it changed values of some elements (B000)" in answers[0].problem


async def test_a_refused_file_fails_and_the_others_are_sent(tmp_path: Path) -> None:
    with node() as it:
        it.answer = lambda number, uid: 0xA900 if number == 2 else 0x0000
        answers = await told(it, files_of(tmp_path))

    assert states(answers) == ["delivered", "failed", "delivered"]
    assert "does not match its class (A900)" in answers[1].problem


async def test_a_node_without_resources_gets_nothing_more_for_now(tmp_path: Path) -> None:
    with node() as it:
        it.answer = lambda number, uid: 0xA700 if number == 2 else 0x0000
        with pytest.raises(DestinationAway, match="out of resources"):
            await told(it, files_of(tmp_path))

    assert len(it.got) == 2


async def test_after_an_abort_the_others_go_on_and_the_culprit_goes_last_and_alone(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    with node() as it:
        it.abort_at = 1
        answers = await told(it, files)

    bad, second, third = (file.sop_instance_uid for file in files)
    assert it.got == [bad, second, third, bad]
    assert states(answers) == ["later", "delivered", "delivered", "delivered"]
    assert answers[0].broke_off
    assert it.associations == 3


async def test_a_file_at_which_the_node_always_breaks_off_is_told_with_the_reason(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    with node() as it:
        it.hated = frozenset([files[1].sop_instance_uid])
        answers = await told(it, files)

    assert states(answers) == ["delivered", "later", "delivered", "later"]
    assert "the destination broke off at this file" in answers[-1].problem


async def test_who_broke_off_before_goes_last(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    with node() as it:
        it.hated = frozenset([files[0].sop_instance_uid])
        answers = await told(it, [replace(files[0], broke_off=True), *files[1:]])

    assert it.got == [files[1].sop_instance_uid, files[2].sop_instance_uid, files[0].sop_instance_uid]
    assert states(answers) == ["delivered", "delivered", "later"]


async def test_a_node_that_breaks_off_at_every_file_is_away(tmp_path: Path) -> None:
    files = files_of(tmp_path, 8)
    with node() as it:
        it.hated = frozenset(file.sop_instance_uid for file in files)
        with pytest.raises(DestinationAway, match="breaks off at every file") as away:
            await told(it, files)

    assert it.got == [file.sop_instance_uid for file in files[:5]]
    assert "broke off" not in str(away.value)


async def test_nobody_at_the_port_is_a_node_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(DestinationAway, match="does not answer"):
        await deliver(way(free_port()), files_of(tmp_path))


async def test_an_encoding_that_the_node_does_not_take_fails_by_name(tmp_path: Path) -> None:
    files = files_of(tmp_path, 2)
    jpeg = dcmread(files[0].path)
    jpeg.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.70"
    jpeg.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x02\0\0\0\xff\xd8\xfe\xff\xdd\xe0\0\0\0\0"
    jpeg["PixelData"].is_undefined_length = True
    jpeg["PixelData"].VR = "OB"
    jpeg.save_as(files[0].path)

    with node([ExplicitVRLittleEndian]) as it:
        answers = await told(it, files)

    assert states(answers) == ["failed", "delivered"]
    assert answers[0].problem.startswith("the destination does not take CT Image Storage in JPEG Lossless")


async def test_a_node_that_takes_nothing_of_ours_refuses(tmp_path: Path) -> None:
    with node(["1.2.840.10008.1.2.4.50"]) as it, pytest.raises(DestinationRefuses, match="takes none of the services"):
        await told(it, files_of(tmp_path))


async def test_more_kinds_than_an_association_can_have_go_over_several(tmp_path: Path) -> None:
    classes = [str(context.abstract_syntax) for context in AllStoragePresentationContexts]
    count = 130
    files = files_of(tmp_path, count)
    for file, sop_class in zip(files, classes, strict=False):
        dataset = dcmread(file.path)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
        dataset.save_as(file.path)

    with node() as it:
        answers = await told(it, files)

    assert states(answers) == ["delivered"] * count
    assert it.associations == 2
    assert sorted(it.got) == sorted(file.sop_instance_uid for file in files)


async def test_what_was_taken_counts_when_the_node_answers_for_it(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    with node() as it:
        answers = await told(it, files, storage_commitment=True)

    assert states(answers) == ["taken"] * 3 + ["delivered"] * 3
    assert it.asked == [[file.sop_instance_uid for file in files]]


async def test_the_answer_may_come_over_an_association_of_the_nodes_own(tmp_path: Path) -> None:
    answers = Answers()
    with listening("RADQUARRY", "127.0.0.1", 0, answers) as port, node(answers_to=port) as it:
        said = await told(it, files_of(tmp_path), storage_commitment=True, answers=answers, listens=True)

    assert states(said)[3:] == ["delivered"] * 3


async def test_what_the_node_does_not_answer_for_is_not_delivered(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    reasons = {files[0].sop_instance_uid: 0x0112, files[1].sop_instance_uid: 0x0122}
    with node() as it:
        it.commit = lambda uid: reasons.get(uid, 0)
        said = await told(it, files, storage_commitment=True)

    assert states(said)[3:] == ["later", "failed", "delivered"]
    assert "it does not have the instance (0112)" in said[3].problem


async def test_what_is_asked_for_again_is_not_sent_again(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    with node() as it:
        it.is_silent = True
        there = Destination(
            kind="dicom", ae_title="NODE", host="127.0.0.1", port=it.port, storage_commitment=True, timeout_seconds=5
        )
        quick = way_to("out", there, "RADQUARRY", Committing(Answers(), 0.3, is_listening=False))
        silent = await deliver(quick, files)
        assert states(silent) == ["taken"] * 6
        assert "has not answered for it" in silent[-1].problem

        it.is_silent = False
        again = [Staged(**{**vars(file), "was_taken": True}) for file in files]
        said = await told(it, again, storage_commitment=True)

    assert states(said) == ["delivered"] * 3
    assert len(it.got) == 3
    assert len(it.asked) == 2


async def test_a_real_orthanc_answers_for_what_it_took(tmp_path: Path) -> None:
    answers = Answers()
    files = files_of(tmp_path)
    with listening("RADQUARRY", "127.0.0.1", 0, answers) as port, orthanc(tmp_path, answers_at=port) as real:
        there = Destination(
            kind="dicom", ae_title="ORTHANC", host="127.0.0.1", port=real.dicom_port, storage_commitment=True
        )
        committing = Committing(answers, 30, is_listening=True)
        said = await deliver(way_to("out", there, "RADQUARRY", committing), files)
        arrived = real.instances()

    assert states(said) == ["taken"] * 3 + ["delivered"] * 3
    assert arrived == {file.sop_instance_uid for file in files}


async def test_a_real_orthanc_holds_the_bytes_that_left(tmp_path: Path) -> None:
    files = files_of(tmp_path, 1)
    with orthanc(tmp_path) as real:
        there = Destination(kind="dicom", ae_title="ORTHANC", host="127.0.0.1", port=real.dicom_port)
        await deliver(way_to("out", there, "RADQUARRY", Committing(Answers(), 1, is_listening=False)), files)
        stored = real.file(files[0].sop_instance_uid)

    (tmp_path / "stored.dcm").write_bytes(stored)
    assert dcmread(tmp_path / "stored.dcm") == dcmread(files[0].path)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (0x0000, "delivered"),
        (0x0111, "delivered"),
        (0xB007, "delivered"),
        (0xB123, "delivered"),
        (0xA700, "busy"),
        (0xA7FF, "busy"),
        (0x0213, "busy"),
        (0xA900, "failed"),
        (0xC123, "failed"),
        (0x0124, "failed"),
        (0x0110, "later"),
        (0x5555, "later"),
    ],
)
def test_every_status_has_a_meaning(status: int, meaning: str) -> None:
    assert verdict(status)[0] == meaning
    assert f"{status:04X}" in verdict(status)[1] or status == 0
