"""A zip archive whose name becomes another file's while it is taken: a destination's folder is others' to write."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import TypeAdapter

from radquarry.api.delivered_archives import DeliveredArchive, DeliveredArchives, Look
from radquarry.api.delivery_views import DeliveryView
from radquarry.api.problems import Problem
from radquarry.api.rest.open_file import OpenFile
from radquarry.api.security.rights import Rights
from radquarry.configuration.sections import Destination
from radquarry.messages import Deidentification
from tests.api.stories import NOON

VIEW = DeliveryView(
    id=UUID(int=1),
    retrieval_id=UUID(int=2),
    destination="zips",
    deidentify=Deidentification.model_construct(project="p", profile=""),
    reports=False,
    mapping=False,
    state="complete",
    requested_by="bob",
    requested_at=NOON,
    expected=1,
    delivered=1,
    held_back=0,
    findings=0,
    studies_total=1,
    studies_settled=1,
    problem_count=0,
)


def archives(folder: Path, look: Look | None = None) -> DeliveredArchives:
    known = TypeAdapter(Destination).validate_python({"kind": "directory", "path": str(folder), "zip": True})
    return DeliveredArchives({"zips": known}, Rights(["ada"]), look)


async def sent(file: Any, **headers: str) -> httpx.Response:
    """What a client gets of it."""
    answer = OpenFile(file, "application/zip")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=answer), base_url="http://api") as client:
        return await client.get("/", headers=headers)


@pytest.mark.parametrize("becomes", ["a link", "another file", "nothing"])
async def test_what_was_checked_is_sent_whatever_its_name_becomes(tmp_path: Path, becomes: str) -> None:
    secret, archive = tmp_path / "secret", tmp_path / f"{VIEW.id}.zip"
    secret.write_bytes(b"not yours at all")
    archive.write_bytes(b"PK checked")

    file = await archives(tmp_path).take(VIEW, 1, "bob")
    archive.unlink()
    match becomes:
        case "a link":
            archive.symlink_to(secret)
        case "another file":
            archive.write_bytes(b"PK another, and longer")
    answer = await sent(file)

    assert (answer.status_code, answer.content) == (200, b"PK checked")
    assert answer.headers["content-length"] == "10"
    assert answer.headers["content-disposition"] == f'attachment; filename="{archive.name}"'
    assert file.closed


@pytest.mark.parametrize(
    ("range_", "status", "content"),
    [("bytes=3-", 206, b"checked"), ("bytes=-3", 206, b"ked"), ("bytes=99-", 416, None), ("lines=1", 400, None)],
)
async def test_a_download_that_broke_off_goes_on_where_it_was_and_leaves_nothing_open(
    tmp_path: Path, range_: str, status: int, content: bytes | None
) -> None:
    (tmp_path / f"{VIEW.id}.zip").write_bytes(b"PK checked")

    file = await archives(tmp_path).take(VIEW, 1, "bob")
    answer = await sent(file, range=range_)

    assert answer.status_code == status
    assert content is None or answer.content == content
    assert file.closed


async def test_only_names_that_the_exporter_gives_are_archives(tmp_path: Path) -> None:
    for name in ("-1", "-0", "-02", "-2.zip", ""):
        (tmp_path / f"{VIEW.id}{name}.zip").write_bytes(name.encode() or b"PK first")
    (tmp_path / f"{VIEW.id}-3.zip").mkdir()

    with await archives(tmp_path).take(VIEW, 1, "bob") as file:
        assert file.read() == b"PK first"
    for number in (2, 3):
        with pytest.raises(Problem, match="has no archive"):
            await archives(tmp_path).take(VIEW, number, "bob")
    assert (await archives(tmp_path).of(replace(VIEW, state="running"), "bob")).problem


async def test_a_share_that_hangs_is_told_and_keeps_no_thread_of_others(tmp_path: Path) -> None:
    answers = threading.Event()

    def look(_folder: Path, _delivery: UUID) -> tuple[DeliveredArchive, ...]:
        answers.wait(60)
        return ()

    hanging = archives(tmp_path, look)
    try:
        told = await asyncio.gather(*(hanging.of(VIEW, "bob") for _ in range(50)))
        others = await asyncio.wait_for(asyncio.to_thread(lambda: "at once"), 1)
    finally:
        answers.set()

    assert {each.problem for each in told} == {
        "The folder of zips does not answer the api: take the archive there.",
    }
    assert others == "at once"
