"""Uploaded files: de-identified into an archive and a report, told as they go, and gone when they are not wanted."""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import pytest
from PIL import Image
from pydicom import dcmread

from radquarry.exporter.conversion.decoder import DIED
from radquarry.messages import CancelFiles, ConvertFiles, DeidentifyFiles, PreviewFiles
from tests.contracts.states import KINDS, empty_state_url
from tests.exporter.cleaning import ct, written
from tests.exporter.conversion.fatal_decoder import ENDLESS, FATAL, image, install
from tests.exporter.delivery.rig import DEIDENTIFY, QUICK, Desk, desk
from tests.journeys.running import eventually


@pytest.fixture(params=KINDS)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with empty_state_url(request.param, tmp_path) as url, desk(tmp_path, {}, state_url=url) as it:
        yield it


def uploaded(folder: Path, count: int = 2) -> UUID:
    """A job's folder as the api makes it: each file in one of its own."""
    job_id = uuid4()
    for number in range(1, count + 1):
        dataset = ct()
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        place = folder / "exchange" / str(job_id) / "in" / f"{number:04}" / "Quarrymann.dcm"
        place.parent.mkdir(parents=True)
        place.write_bytes(written(dataset))
    return job_id


async def state_of(it: Desk, job_id: UUID, *states: str) -> object:
    ends = await it.heard.until(
        lambda: [one for one in it.heard.files if one.job_id == job_id and one.state in states], f"{states} of the job"
    )
    return ends[-1]


@contextmanager
def held_still() -> Iterator[None]:
    """Whatever processes this one has started do nothing meanwhile; later ones work."""
    started = psutil.Process().children(recursive=True)
    for process in started:
        process.suspend()
    try:
        yield
    finally:
        for process in started:
            with suppress(psutil.NoSuchProcess):
                process.resume()


async def test_uploaded_files_become_an_archive_and_a_report(shop: Desk) -> None:
    job_id = uploaded(shop.folder)
    (shop.folder / "exchange" / str(job_id) / "in" / "note.txt").write_text("no DICOM")

    order = DeidentifyFiles(job_id=job_id, deidentify=DEIDENTIFY, mapping=True)
    await shop.say(order, order)
    end = await state_of(shop, job_id, "complete", "incomplete", "failed")

    assert (end.state, end.total, end.done, end.refused, end.problem) == ("complete", 3, 2, 0, "")
    out = shop.folder / "exchange" / str(job_id) / "out"
    with zipfile.ZipFile(out / "result.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert len([name for name in names if name.endswith(".dcm")]) == 2
    assert not any("Quarrymann" in name for name in names)
    assert json.loads((out / "report.json").read_text())["counts"]["released"] == 2
    assert (shop.folder / "exporter" / "mappings" / f"{job_id}.csv").stat().st_mode & 0o777 == 0o600
    assert not [*(shop.folder / "exporter" / "staging").rglob("*.dcm")]


async def test_a_report_beside_its_images_leaves_with_their_pseudonym(shop: Desk) -> None:
    job_id = uploaded(shop.folder, 1)
    report = shop.folder / "exchange" / str(job_id) / "in" / "0002" / "PID4711234.txt"
    report.parent.mkdir()
    report.write_text("Josefine Quarrymann (PID4711234): no nodule.")

    await shop.say(DeidentifyFiles(job_id=job_id, deidentify=DEIDENTIFY))
    end = await state_of(shop, job_id, "complete", "incomplete", "failed")

    assert (end.state, end.total, end.done, end.refused) == ("complete", 2, 2, 0)
    with zipfile.ZipFile(shop.folder / "exchange" / str(job_id) / "out" / "result.zip") as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".txt")]
        text = archive.read(name).decode()
    assert "no nodule" in text
    assert name.split("/")[0] in text
    assert not [own for own in ("Josefine", "Quarrymann", "4711234") if own in text + name]


async def test_what_is_held_back_is_counted(shop: Desk) -> None:
    job_id = uploaded(shop.folder, 1)
    (shop.folder / "exchange" / str(job_id) / "in" / "empty.dcm").write_bytes(b"")

    await shop.say(DeidentifyFiles(job_id=job_id))
    end = await state_of(shop, job_id, "complete", "incomplete", "failed")

    assert (end.state, end.done, end.refused) == ("incomplete", 1, 1)


async def test_an_unknown_profile_fails_with_its_reason(shop: Desk) -> None:
    job_id = uploaded(shop.folder, 1)

    await shop.say(DeidentifyFiles(job_id=job_id, deidentify={"profile": "nope"}))
    end = await state_of(shop, job_id, "failed", "complete")

    assert "no profile of de-identification is named nope" in end.problem


def picture(folder: Path, job_id: UUID, number: int, name: str, content: bytes | None = None) -> None:
    """An upload of a job, in a folder of its own."""
    place = folder / "exchange" / str(job_id) / "in" / f"{number:04}" / name
    place.parent.mkdir(parents=True)
    if content is None:
        Image.new("L", (4, 4), number).save(place)
    else:
        place.write_bytes(content)


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


async def test_a_cancelled_job_leaves_nothing_whether_it_has_ended_or_not(shop: Desk) -> None:
    ended, waiting, unknown = uploaded(shop.folder), uploaded(shop.folder), uploaded(shop.folder)
    await shop.say(DeidentifyFiles(job_id=ended))
    await state_of(shop, ended, "complete")
    await shop.say(DeidentifyFiles(job_id=waiting), CancelFiles(job_id=waiting))
    await shop.say(CancelFiles(job_id=ended), CancelFiles(job_id=unknown))

    await state_of(shop, unknown, "cancelled")
    await state_of(shop, waiting, "cancelled", "complete")
    await gone(shop, ended, waiting, unknown)

    await shop.say(DeidentifyFiles(job_id=unknown))
    again = uploaded(shop.folder, 1)
    await shop.say(DeidentifyFiles(job_id=again))
    await state_of(shop, again, "complete")
    assert {one.state for one in shop.heard.files if one.job_id == unknown} == {"cancelled"}


async def gone(it: Desk, *job_ids: UUID) -> None:
    """Until their folders are removed: something else that is said shows that time has passed."""
    for _ in range(50):
        if not [one for one in job_ids if (it.folder / "exchange" / str(one)).exists()]:
            return
        job_id = uploaded(it.folder, 1)
        await it.say(DeidentifyFiles(job_id=job_id, deidentify={"profile": "nope"}))
        await state_of(it, job_id, "failed")
    raise AssertionError("folders are still there")


async def test_what_nobody_fetches_goes_after_its_time(tmp_path: Path) -> None:
    async with desk(tmp_path, {}, patience=replace(QUICK, files=0.5)) as it:
        job_id = uploaded(tmp_path, 1)
        await it.say(DeidentifyFiles(job_id=job_id))
        await state_of(it, job_id, "complete")
        await gone(it, job_id)


async def test_a_preview_says_what_a_profile_would_do_and_makes_nothing(shop: Desk) -> None:
    job_id = uploaded(shop.folder, 1)

    await shop.say(PreviewFiles(job_id=job_id, deidentify=DEIDENTIFY))
    end = await state_of(shop, job_id, "complete", "incomplete", "failed")

    assert (end.state, end.total, end.done, end.problem) == ("complete", 1, 1, "")
    out = shop.folder / "exchange" / str(job_id) / "out"
    assert [path.name for path in out.iterdir()] == ["preview.json"]
    said = json.loads((out / "preview.json").read_text())
    rows = {row["where"]: row for row in said["changes"]}
    assert (rows["PatientName"]["what"], rows["PatientName"]["before"]) == ("changed", "Quarrymann^Josefine")
    assert rows["PatientIdentityRemoved"]["what"] == "added"
    assert (said["held_back"], said["more"]) == ("", 0)


@pytest.mark.parametrize(
    ("content", "state", "why"),
    [(b"a note", "failed", "there is no DICOM file in it"), (b"", "complete", "it is empty")],
)
async def test_a_preview_of_what_is_no_image_says_so(shop: Desk, content: bytes, state: str, why: str) -> None:
    job_id = uuid4()
    picture(shop.folder, job_id, 1, "x.dcm", content)

    await shop.say(PreviewFiles(job_id=job_id))
    end = await state_of(shop, job_id, "complete", "failed")

    assert end.state == state
    preview = shop.folder / "exchange" / str(job_id) / "out" / "preview.json"
    assert why in (end.problem or json.loads(preview.read_text())["held_back"])


async def test_a_preview_does_not_wait_for_the_work_of_others(shop: Desk) -> None:
    """The others' processes are held still meanwhile, so that however busy the machine is they have not ended."""
    long, short = uploaded(shop.folder, 200), uploaded(shop.folder, 1)
    await shop.say(DeidentifyFiles(job_id=long))
    await shop.heard.until(lambda: [one for one in shop.heard.files if one.job_id == long and one.done], "its first")

    with held_still():
        await shop.say(PreviewFiles(job_id=short))
        await state_of(shop, short, "complete")

    assert not [one for one in shop.heard.files if one.job_id == long and one.state == "complete"]
    await shop.say(CancelFiles(job_id=long))
