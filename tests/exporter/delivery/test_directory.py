"""Folders on bad days: nothing half, nothing over something else, nothing outside."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from radquarry.exporter.ways.directory import Directory, put
from radquarry.exporter.ways.pattern import Pattern
from radquarry.exporter.ways.port import DestinationAway
from tests.exporter.delivery.test_ways import deliver, files_of

FLAT = Pattern.parsed("{study_instance_uid}/{sop_instance_uid}.dcm")


async def test_a_link_there_leads_nowhere_else(tmp_path: Path) -> None:
    files = files_of(tmp_path, 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / files[0].study_instance_uid).symlink_to(tmp_path / "elsewhere")

    answers = await deliver(Directory(tmp_path / "out", FLAT), files)

    assert [(answer.state, answer.problem) for answer in answers] == [
        ("failed", "a link there leads out of the destination")
    ]
    assert [*(tmp_path / "elsewhere").iterdir()] == []


async def test_a_link_in_the_place_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    files = files_of(tmp_path, 1)
    there = tmp_path / "out" / files[0].study_instance_uid / f"{files[0].sop_instance_uid}.dcm"
    there.parent.mkdir(parents=True)
    there.symlink_to(tmp_path / "nowhere")

    answers = await deliver(Directory(tmp_path / "out", FLAT), files)

    assert [answer.state for answer in answers] == ["failed"]
    assert not (tmp_path / "nowhere").exists()


async def test_two_files_of_one_name_do_not_take_each_others_place(tmp_path: Path) -> None:
    files = files_of(tmp_path, 2)
    way = Directory(tmp_path / "out", Pattern.parsed("{patient_id}.dcm"))

    answers = await deliver(way, files)

    assert [answer.state for answer in answers] == ["delivered", "failed"]
    assert (tmp_path / "out" / "PID4711234.dcm").read_bytes() == files[0].path.read_bytes()


async def test_two_files_of_one_name_at_the_same_time_are_not_mixed(tmp_path: Path) -> None:
    slow, quick = files_of(tmp_path, 2)
    os.mkfifo(tmp_path / "pipe")
    slow = replace(slow, path=tmp_path / "pipe")
    way = Directory(tmp_path / "out", Pattern.parsed("{patient_name}.dcm"))
    first = asyncio.create_task(deliver(way, [slow]))
    with await asyncio.to_thread((tmp_path / "pipe").open, "wb", buffering=0) as pipe:
        await asyncio.to_thread(pipe.write, bytes(1 << 20))  # more than a pipe holds: some of it lies beside
        quick.path.write_bytes(b"no DICOM file, whose name is none, too")
        second = await deliver(way, [quick])
        await asyncio.to_thread(pipe.write, bytes(1 << 20))

    assert [answer.state for answer in (*await first, *second)] == ["failed", "delivered"]
    assert (tmp_path / "out" / "none.dcm").read_bytes() == quick.path.read_bytes()


async def test_a_folder_that_cannot_be_made_is_away(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(DestinationAway, match="the destination cannot be written"):
        await deliver(Directory(tmp_path / "out", FLAT), files_of(tmp_path, 1))


def test_what_a_dead_writer_left_beside_is_written_anew(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target.dcm"
    source.write_bytes(b"whole")
    (tmp_path / "beside").write_bytes(b"half of something longer")

    assert put(source, target, tmp_path / "beside")

    assert target.read_bytes() == b"whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target.dcm"]
