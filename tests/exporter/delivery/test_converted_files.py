"""Uploaded files are converted, one bad file costs no other, and nothing is left of what is cancelled."""

import asyncio
import json
import zipfile
from io import BytesIO
from uuid import uuid4

import psutil
import pytest
from pydicom import dcmread

from radquarry.exporter.conversion.decoder import DIED
from radquarry.messages import CancelFiles, ConvertFiles
from tests.exporter.conversion.fatal_decoder import ENDLESS, FATAL, image, install
from tests.exporter.delivery.rig import Desk
from tests.exporter.delivery.uploads import picture, state_of
from tests.journeys.running import eventually


async def test_pictures_become_dicom_with_the_data_of_their_table(shop: Desk) -> None:
    job_id = uuid4()
    for number in (1, 2):
        picture(shop.folder, job_id, number, f"page {number}.png")
    picture(shop.folder, job_id, 3, "who.csv", b"file,PatientID\npage 1.png,P1\npage 2.png,P1\n")
    picture(shop.folder, job_id, 4, "broken.png", b"\x89PNG\r\n\x1a\nno picture")

    await shop.say(ConvertFiles(job_id=job_id, table="who.csv", attributes=[{"keyword": "Modality", "value": "OT"}]))
    end = await state_of(shop, job_id, "complete", "incomplete", "failed")

    assert (end.state, end.total, end.done, end.refused, end.problem) == ("incomplete", 4, 2, 1, "")
    out = shop.folder / "exchange" / str(job_id) / "out"
    with zipfile.ZipFile(out / "result.zip") as archive:
        found = [dcmread(BytesIO(archive.read(name))) for name in archive.namelist() if name.endswith(".dcm")]
    assert {dataset.PatientID for dataset in found} == {"P1"}
    assert len({dataset.SeriesInstanceUID for dataset in found}) == 1, "pages that were uploaded together"
    assert json.loads((out / "report.json").read_text())["counts"]["converted"] == 2


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"attributes": [{"keyword": "PixelData", "value": "x"}]}, "'PixelData' cannot be given"),
        ({"table": "who.csv"}, "the table is not among the files"),
    ],
)
async def test_what_cannot_be_given_fails_the_conversion(shop: Desk, fields: dict[str, object], problem: str) -> None:
    job_id = uuid4()
    picture(shop.folder, job_id, 1, "a.png")

    await shop.say(ConvertFiles(job_id=job_id, **fields))

    assert problem in (await state_of(shop, job_id, "failed")).problem


async def test_a_file_that_kills_the_decoder_is_refused_and_the_others_are_converted(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(shop.folder / "plugin"))
    job_id = uuid4()
    for number, begins in enumerate((b"", FATAL, b""), 1):
        picture(shop.folder, job_id, number, f"{number}.dcm", image(number, begins))

    await shop.say(ConvertFiles(job_id=job_id, to="png"))
    end = await state_of(shop, job_id, "complete", "incomplete", "failed")

    assert (end.state, end.total, end.done, end.refused, end.problem) == ("incomplete", 3, 2, 1, "")
    report = json.loads((shop.folder / "exchange" / str(job_id) / "out" / "report.json").read_text())
    assert [each["name"] for each in report["inputs"] if each["reason"] == DIED] == ["2.dcm"]


async def test_a_conversion_that_is_cancelled_leaves_no_process_and_no_file(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(shop.folder / "plugin"))
    (shop.folder / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(shop.folder / "tmp"))
    others = set(psutil.Process().children(recursive=True))
    job_id = uuid4()
    for number, begins in enumerate((b"", ENDLESS), 1):
        picture(shop.folder, job_id, number, f"{number}.dcm", image(number, begins))

    await shop.say(ConvertFiles(job_id=job_id, to="png"))
    staging = shop.folder / "exporter" / "staging"
    await asyncio.to_thread(eventually, lambda: [*staging.rglob("*.png")] or None, 60, "the first picture")
    began = set(psutil.Process().children(recursive=True)) - others
    started = [each for each in began if "resource_tracker" not in " ".join(each.cmdline())]
    await shop.say(CancelFiles(job_id=job_id))
    await state_of(shop, job_id, "cancelled")

    _, left = await asyncio.to_thread(psutil.wait_procs, started, 30)
    assert started
    assert left == []
    assert [*(shop.folder / "tmp").iterdir()] == []
