"""Uploaded files: de-identified into an archive and a report, told as they go, and gone when they are not wanted."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from radquarry.messages import CancelFiles, DeidentifyFiles
from tests.exporter.delivery.rig import DEIDENTIFY, QUICK, Desk, desk
from tests.exporter.delivery.uploads import state_of, uploaded


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
