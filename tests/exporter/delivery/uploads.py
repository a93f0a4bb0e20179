"""Files that are uploaded for the exporter, and what it says of their job."""

from pathlib import Path
from uuid import UUID, uuid4

from PIL import Image

from tests.exporter.cleaning import ct, written
from tests.exporter.delivery.rig import Desk


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
    """The newest that is said of the job, when it is in one of these states."""
    ends = await it.heard.until(
        lambda: [one for one in it.heard.files if one.job_id == job_id and one.state in states], f"{states} of the job"
    )
    return ends[-1]


def picture(folder: Path, job_id: UUID, number: int, name: str, content: bytes | None = None) -> None:
    """An upload of a job, in a folder of its own."""
    place = folder / "exchange" / str(job_id) / "in" / f"{number:04}" / name
    place.parent.mkdir(parents=True)
    if content is None:
        Image.new("L", (4, 4), number).save(place)
    else:
        place.write_bytes(content)
