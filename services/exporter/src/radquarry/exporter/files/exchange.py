"""The folder that exporter and api share: `{folder}/{job_id}/in` is what was uploaded, `…/out` what came of it."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

RESULT, REPORT, PREVIEW = "result.zip", "report.json", "preview.json"
UNFINISHED = ".{}.{}.new"
CHUNK = 4 << 20
SOME_TIME = (1980, 1, 1, 0, 0, 0)


class Exchange:
    """Files of jobs; all of it is identified, or was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def given(self, job_id: UUID) -> Path:
        """What was uploaded."""
        return self._folder / str(job_id) / "in"

    def pack(self, of: tuple[UUID, str], made: Path, paths: Sequence[str], report_name: str) -> None:
        """Put the files at `paths` below `made`, and the report of that name, where they can be fetched.

        `of` is a job and a turn of work on it, of which only one is the job's. Each gets its name when it is whole.
        Raises `OSError`.
        """
        job_id, turn = of
        out = self._folder / str(job_id) / "out"
        out.mkdir(exist_ok=True)  # not those above it: a job that was cancelled meanwhile stays away
        for left in out.glob(UNFINISHED.format("*", "*")):
            left.unlink(missing_ok=True)
        beside = out / UNFINISHED.format(RESULT, turn)
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name in [*paths, f"{report_name}.json", f"{report_name}.csv"]:
                entry = zipfile.ZipInfo(name, SOME_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with (made / name).open("rb") as read, archive.open(entry, "w", force_zip64=True) as write:
                    shutil.copyfileobj(read, write, CHUNK)
        beside.replace(out / RESULT)
        report = out / UNFINISHED.format(REPORT, turn)
        shutil.copyfile(made / f"{report_name}.json", report)
        report.replace(out / REPORT)

    def put_preview(self, job_id: UUID, content: bytes) -> None:
        """What a profile would do to the file that was uploaded. Raises `OSError`."""
        out = self._folder / str(job_id) / "out"
        out.mkdir(exist_ok=True)
        beside = out / f".{PREVIEW}.new"
        beside.write_bytes(content)
        beside.replace(out / PREVIEW)

    def remove(self, job_id: UUID) -> bool:
        """Whether nothing of it stays."""
        shutil.rmtree(self._folder / str(job_id), ignore_errors=True)
        return not (self._folder / str(job_id)).exists()
