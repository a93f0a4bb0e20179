"""An uploaded file is previewed: it is told what a profile would do to it, at once and without a result."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import psutil
import pytest

from radquarry.messages import CancelFiles, DeidentifyFiles, PreviewFiles
from tests.exporter.delivery.rig import DEIDENTIFY, Desk
from tests.exporter.delivery.uploads import picture, state_of, uploaded


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
