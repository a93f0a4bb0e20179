"""What nobody gets: other files, other people's images, and answers that end in silence."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from radquarry.api.passwords import hashed
from tests.api.dicomweb.archived import ROOT, Kept, slice_of, written
from tests.api.gateway import Gateway, a_gateway, a_problem

PLACES = [
    "%2e%2e", "..%2f..", "%2e%2e%2fsecret", "1.2.7%2f..%2f..", "1.2.7%00", "1.2.7;", "a" * 65, "1" * 65, "1..2", "*",
    "%5c", "~", "1.2.7%0a", "１.2",
]  # fmt: skip
BELOW = ["", "/metadata", "/series", "/series/1.2.7.1", "/series/1.2.7.1/instances/1.2.7.1.1/frames/1",
         "/series/1.2.7.1/instances/1.2.7.1.1/rendered", "/thumbnail"]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Kept:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "1.2.3.dcm").write_bytes(b"secret")
    return written(tmp_path, slice_of(7))


@pytest.mark.usefixtures("file")
async def test_no_path_leads_out_of_the_archive(gateway: Gateway) -> None:
    for place in PLACES:
        for below in BELOW:
            answer = await gateway.client.get(f"{ROOT}/studies/{place}{below}")
            assert answer.status_code == 404, (place, below, answer.text)
            assert b"secret" not in answer.content
        for path in (f"series/{place}/metadata", f"series/1.2.7.1/instances/{place}", f"series/{place}/instances"):
            a_problem(await gateway.client.get(f"{ROOT}/studies/1.2.7/{path}"), 404)


async def test_a_link_in_the_archive_is_not_followed(gateway: Gateway, file: Kept, tmp_path: Path) -> None:
    (file.path.parent / "1.2.7.1.9.dcm").symlink_to(tmp_path / "secret" / "1.2.3.dcm")
    (tmp_path / "archive" / "1.2.8").symlink_to(tmp_path / "secret")

    a_problem(await gateway.client.get(f"{ROOT}/studies/1.2.7/series/1.2.7.1/instances/1.2.7.1.9"), 404)
    a_problem(await gateway.client.get(f"{ROOT}/studies/1.2.8"), 404, "unknown-study")


async def test_what_left_the_archive_is_unknown(gateway: Gateway, file: Kept) -> None:
    assert (await gateway.client.get(f"{file.address}/frames/1")).status_code == 200
    file.path.unlink()

    for path in ("", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010"):
        a_problem(await gateway.client.get(f"{file.address}{path}"), 404, "unknown-instance")
    a_problem(await gateway.client.get(f"{ROOT}/studies/1.2.7/metadata"), 404, "unknown-study")


async def test_an_answer_that_cannot_go_on_is_cut_and_not_ended(gateway: Gateway, tmp_path: Path) -> None:
    first = written(tmp_path, slice_of(7, 1, 1, PixelData=bytes(40 * 1024 * 1024), Rows=4096, Columns=5120))
    async with gateway.client.stream("GET", f"{first.address}/bulkdata/7FE00010") as answer:
        assert answer.status_code == 200
        portions = answer.aiter_bytes()
        await anext(portions)
        with first.path.open("r+b") as shortened:
            shortened.truncate(2000)
        with pytest.raises(httpx.HTTPError):
            await _taken(portions)


async def _taken(portions: AsyncIterator[bytes]) -> None:
    async for _ in portions:
        pass


async def test_nothing_is_changed_through_it(gateway: Gateway, file: Kept) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = await gateway.client.request(method, f"{ROOT}/studies/{file.study}", content=b"x")
        a_problem(answer, 405)
    assert file.path.is_file()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Gateway]:
    (tmp_path / "users").write_text(f"ada:{hashed('correct horse')}\n")
    async with a_gateway(tmp_path, api={"authentication": {"users_file": tmp_path / "users"}}) as opened:
        yield opened


async def test_images_are_for_those_who_sign_in_and_the_audit_says_who(guarded: Gateway, file: Kept) -> None:
    for path in ("", "/metadata", "/frames/1", "/rendered"):
        a_problem(await guarded.client.get(f"{file.address}{path}"), 401, "sign-in")
    for path in ("/viewer/viewer", "/viewer/files/viewer.json", f"{ROOT}/studies"):
        assert (await guarded.client.get(path)).status_code == 401

    ada = {"Authorization": "Basic " + base64.b64encode(b"ada:correct horse").decode()}
    with capture_logs() as lines:
        for _ in range(2):
            for path in (f"{ROOT}/studies?PatientID=P7", f"{file.address}/metadata", f"{file.address}/frames/1"):
                assert (await guarded.client.get(path, headers=ada)).status_code == 200
        assert (await guarded.client.get(file.address, headers=ada)).status_code == 200

    said = [line for line in lines if line["event"] == "audit"]
    assert {line["user"] for line in said} == {"ada"}
    assert [line["action"] for line in said] == [
        "images searched: studies", "images opened", "images searched: studies", "images retrieved",
    ]  # fmt: skip
    assert said[1]["study_instance_uid"] == "1.2.7"
    assert said[1]["series_instance_uid"] == "1.2.7.1"
    assert "P7" not in str(lines)
    assert "Müller" not in str(lines)
