"""An answer that does not hold all that it was asked for says so: in its head, or by breaking off."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from structlog.testing import capture_logs

from radquarry.api.dicomweb.archive_folder import ArchiveFolder, InstanceFile
from radquarry.api.dicomweb.cautions import of_instances, of_metadata
from radquarry.api.dicomweb.images import Images
from radquarry.api.problems import Problem
from radquarry.bus.port import Bus
from radquarry.messages import MeasureArchive
from radquarry.mover.__main__ import opened as opened_mover
from radquarry.mover.settings import Settings as MoverSettings
from tests.api.dicomweb.archived import EXPLICIT, ROOT, Kept, sample, slice_of, written
from tests.api.gateway import PACS, Gateway, a_problem

STORED = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]


def broken(folder: Path, *place: int) -> Kept:
    """A file of this study, series and number that is no DICOM."""
    file = written(folder, slice_of(*place))
    file.path.write_bytes(b"Muster^Max" * 20)
    return file


async def get(gateway: Gateway, path: str, **query: str) -> httpx.Response:
    """Of the service."""
    return await gateway.client.get(f"{ROOT}{path}", params=query)


def locations(answer: httpx.Response) -> list[str]:
    """Of the parts of a multipart answer."""
    lines = answer.content.split(b"\r\n")
    return [line.split(b"/")[-1].decode() for line in lines if line.startswith(b"Content-Location")]


async def test_metadata_say_how_many_instances_cannot_be_read(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(7, 1, 1))
    broken(tmp_path, 7, 1, 2)

    answer = await get(gateway, "/studies/1.2.7/metadata")

    assert answer.status_code == 200
    assert answer.headers["warning"] == '299 radquarry "1 of 2 instances cannot be read: their UIDs alone are given"'
    assert len(answer.json()) == 2
    assert "warning" not in (await get(gateway, "/studies/1.2.7/series/1.2.7.1/instances/1.2.7.1.1/metadata")).headers


async def test_instances_that_cannot_be_read_come_as_they_are_and_it_is_said(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(7, 1, 1))
    file = broken(tmp_path, 7, 1, 2)

    answer = await gateway.client.get(f"{ROOT}/studies/1.2.7", headers=STORED)

    assert answer.status_code == 200
    assert "1 of 2 instances cannot be read as DICOM" in answer.headers["warning"]
    assert file.path.read_bytes() in answer.content


async def test_an_answer_without_all_instances_is_a_partial_one(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(7, 1, 2))
    broken(tmp_path, 7, 1, 1)

    answer = await gateway.client.get(f"{ROOT}/studies/1.2.7", headers=EXPLICIT)

    assert answer.status_code == 206
    assert "1 of 2 instances cannot be given in an acceptable form and are left out" in answer.headers["warning"]
    assert locations(answer) == ["1.2.7.1.2"]
    assert answer.content.endswith(b"--\r\n")


async def test_instances_stored_otherwise_than_asked_are_left_out_aloud(gateway: Gateway, tmp_path: Path) -> None:
    rle = sample(tmp_path, "MR_small_RLE.dcm")
    written(tmp_path, slice_of(7, StudyInstanceUID=rle.study, SeriesInstanceUID=rle.series))
    accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.5'}

    answer = await gateway.client.get(f"{ROOT}/studies/{rle.study}", headers=accept)

    assert (answer.status_code, locations(answer)) == (206, [rle.sop])
    assert "1 of 2 instances" in answer.headers["warning"]


async def test_a_study_of_which_nothing_can_be_given_is_a_problem(gateway: Gateway, tmp_path: Path) -> None:
    broken(tmp_path, 7, 1, 1)

    a_problem(await gateway.client.get(f"{ROOT}/studies/1.2.7", headers=EXPLICIT), 500, "unreadable-instance")
    assert "1 of 1 instances" in (await get(gateway, "/studies/1.2.7/metadata")).headers["warning"]


def test_files_that_left_before_the_head_make_the_answer_partial(tmp_path: Path) -> None:
    files = [written(tmp_path, slice_of(7, 1, number)) for number in (1, 2, 3)]
    listed = ArchiveFolder(tmp_path / "archive").instances("1.2.7")
    images = Images(tmp_path)
    files[1].path.unlink()

    survey = images.survey(listed)

    assert [seen.file for seen in survey.seen] == [listed[0], listed[2]]
    for cautions in (of_metadata(survey), of_instances(survey, [])):
        assert cautions.status == 206
        assert cautions.headers == {
            "Warning": '299 radquarry "1 of 3 instances left the archive meanwhile and are left out"'
        }
    with pytest.raises(Problem, match="no instance"):
        images.survey([InstanceFile("1.2.7", "1.2.7.1", "1.2.7.1.9", tmp_path / "none")])


@pytest.mark.parametrize("path", ["", "/metadata"])
async def test_a_file_that_leaves_while_the_answer_flows_breaks_it_off(
    gateway: Gateway, tmp_path: Path, path: str
) -> None:
    pixels = {"PixelData": bytes(40 * 1024 * 1024), "Rows": 4096, "Columns": 5120}
    for number in (1, 2):  # more than the connection holds by itself
        written(tmp_path, slice_of(7, 1, number, **({"TextValue": "T" * 20_000_000} if path else pixels)))
    last = written(tmp_path, slice_of(7, 1, 3))

    async with gateway.client.stream("GET", f"{ROOT}/studies/1.2.7{path}") as answer:
        assert answer.status_code == 200
        portions = answer.aiter_bytes()
        await anext(portions)
        last.path.unlink()
        with pytest.raises(httpx.RemoteProtocolError):
            await _taken(portions)


async def _taken(portions: AsyncIterator[bytes]) -> None:
    async for _ in portions:
        pass


async def test_a_search_says_that_it_came_upon_what_cannot_be_read(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(7))
    broken(tmp_path, 8)
    unread = '299 radquarry "{} studies, series or instances cannot be read: only their UIDs match"'

    every, by_name = await get(gateway, "/studies"), await get(gateway, "/studies", PatientID="P8")
    other = await get(gateway, "/studies", StudyInstanceUID="1.2.7")

    assert (len(every.json()), every.headers["warning"]) == (2, unread.format(1))
    assert (by_name.status_code, by_name.headers["warning"]) == (204, unread.format(1))
    assert "warning" not in other.headers
    assert (await get(gateway, "/series", Modality="CT")).headers["warning"] == unread.format(2)
    assert (await get(gateway, "/studies/1.2.8/instances")).headers["warning"] == unread.format(3)


async def test_the_modality_of_a_series_comes_from_its_first_readable_file(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(7))
    broken(tmp_path, 7, 2, 1)
    second = written(tmp_path, slice_of(7, 2, 2, Modality="PT"))

    found = await get(gateway, "/studies", ModalitiesInStudy="PT")
    assert found.json()[0]["00080061"]["Value"] == ["CT", "PT"]
    assert "warning" not in found.headers

    second.path.write_bytes(b"no more")
    lost = await get(gateway, "/studies", ModalitiesInStudy="PT")
    assert (lost.status_code, "1 studies, series or instances" in lost.headers["warning"]) == (204, True)


async def test_what_cannot_be_read_is_logged_once_and_listed_for_the_operator(gateway: Gateway, tmp_path: Path) -> None:
    cut, file = sample(tmp_path, "MR_truncated.dcm"), broken(tmp_path, 8)
    with capture_logs() as lines:
        for _ in range(3):
            await get(gateway, "/studies")
            await get(gateway, "/studies/1.2.8/metadata")
            await get(gateway, f"/studies/{cut.study}/metadata")
    said = [line for line in lines if line["log_level"] == "warning"]
    assert {line["sop_instance_uid"] for line in said} == {file.sop, cut.sop}
    assert len(said) == 2
    assert "Muster" not in str(lines)

    told = await archive_told(gateway, tmp_path)
    assert told["instances"] == 2
    assert [each["sop_instance_uid"] for each in told["files"]] == [cut.sop, file.sop]
    assert told["files"][1]["reason"] == "it does not begin as a DICOM file does"

    file.path.unlink()
    written(tmp_path, slice_of(9))
    assert [each["sop_instance_uid"] for each in (await archive_told(gateway, tmp_path))["files"]] == [cut.sop]


async def archive_told(gateway: Gateway, folder: Path) -> dict[str, list[dict[str, str]]]:
    """What `GET /archive` says of files that cannot be read."""
    keys = {"data_dir": folder, "pacs": PACS, "archive": {"reserve_gb": 0}}
    async with opened_mover(MoverSettings.model_validate(keys), cast("Bus", gateway.bus), gateway.state) as mover:
        await gateway.bus.subscribe("mover", MeasureArchive, mover.handlers[MeasureArchive])
        told: dict[str, list[dict[str, str]]] = (await gateway.get("/archive"))["unreadable"]
        return told
