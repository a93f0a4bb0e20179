"""The way to the images, and the page of the viewer: its own policy, our own configuration, nobody else."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from radquarry.api.retrieval_views import RetrievalStudy
from radquarry.api.viewer_files import FILES, Viewer
from tests.api.gateway import Gateway, a_gateway, a_problem
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk, retrieval
from tests.doubles.written_studies import CHEST, PRIOR

VIEWER = f"/viewer/viewer?StudyInstanceUIDs={CHEST}"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    folder = tmp_path / "viewer"
    folder.mkdir()
    (folder / "viewer.json").write_text(json.dumps({"version": "1", "script": "app.1.js", "style": "app.css"}))
    (folder / "app.1.js").write_text("plain")
    (folder / "app.1.js.gz").write_bytes(gzip.compress(b"packed"))
    (folder / "app.css").write_text("a{}")
    (folder / "codec.wasm").write_bytes(b"\0asm")
    return folder


async def test_where_images_are_there_is_a_way_to_them(desk: ShownDesk) -> None:
    desk.images.series = {CHEST: {f"{CHEST}.1"}}
    desk.retrievals.here = {CHEST: {f"{CHEST}.1": 120}}
    async with browser_of(desk) as browse:
        study = page_of(await browse.get(f"/studies/{CHEST}"))
        other = page_of(await browse.get(f"/studies/{PRIOR}"))
        hits = page_of(await browse.get("/?q=modality:CT"))

    assert VIEWER in study.hrefs()
    assert f"{VIEWER}&initialSeriesInstanceUID={CHEST}.1" in study.hrefs()
    assert "Open in viewer" in study.text
    assert not [href for href in other.hrefs() if "/viewer/" in href]
    assert [href for href in hits.hrefs() if "/viewer/" in href] == [VIEWER]


async def test_a_retrieval_leads_to_the_images_that_are_here(desk: ShownDesk) -> None:
    desk.images.series = {CHEST: {f"{CHEST}.1"}}
    studies = [study_of(CHEST, 120), study_of(PRIOR, 0)]
    desk.retrievals.views = [retrieval(1, studies)]
    async with browser_of(desk) as browse:
        page = page_of(await browse.get(f"/retrievals/{retrieval(1).id}"))
        german = await browse.get(f"/studies/{CHEST}", headers={"Accept-Language": "de"})

    assert [href for href in page.hrefs() if "/viewer/" in href] == [VIEWER]
    assert "Im Viewer öffnen" in german.text


def study_of(uid: str, received: int):
    return RetrievalStudy(uid, "main", "complete" if received else "waiting", 120, received, "")


async def test_without_a_viewer_its_page_says_what_to_do(desk: ShownDesk) -> None:
    async with browser_of(desk) as browse:
        answer = await browse.get(VIEWER)

    assert answer.status_code == 404
    assert "make viewer VIEWER=/nowhere/viewer" in page_of(answer).text
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_the_viewers_page_loads_only_what_is_here(desk: ShownDesk, installed: Path) -> None:
    async with browser_of(replace(desk, viewer=Viewer(installed))) as browse:
        answer = await browse.get(VIEWER)
        start = await browse.get("/viewer/")

    policy = answer.headers["content-security-policy"]
    assert "'unsafe-eval'" not in policy
    assert "http" not in policy
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert f'<script defer src="{FILES}/app.1.js">' in answer.text
    assert "<script>" not in answer.text
    assert (start.status_code, start.headers["location"]) == (303, "/")


async def test_its_files_come_packed_and_no_other_file_comes(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (installed / "link").symlink_to(tmp_path / "secret")
    async with a_gateway(tmp_path) as gateway:
        packed = await gateway.client.get(f"{FILES}/app.1.js")
        plain = await gateway.client.get(f"{FILES}/app.1.js", headers={"Accept-Encoding": "identity"})
        wasm = await gateway.client.get(f"{FILES}/codec.wasm")
        for path in ("%2e%2e%2fsecret", "..%2fsecret", "link", "viewer.js", "/etc/hostname", ""):
            await refused(gateway, path)

    assert (packed.text, plain.text) == ("packed", "plain")
    assert packed.headers["content-type"] == plain.headers["content-type"] == "text/javascript"
    assert wasm.headers["content-type"] == "application/wasm"
    assert "connect-src 'self'" in packed.headers["content-security-policy"]


async def refused(gateway: Gateway, path: str) -> None:
    answer: httpx.Response = await gateway.client.get(f"{FILES}/{path}")
    assert answer.status_code in {404, 405}, path
    assert b"secret" not in answer.content


async def test_without_a_folder_there_are_no_files(tmp_path: Path) -> None:
    async with a_gateway(tmp_path) as gateway:
        a_problem(await gateway.client.get(f"{FILES}/app.1.js"), 404)
