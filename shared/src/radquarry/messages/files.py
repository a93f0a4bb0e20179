"""The conversation about files at hand: uploaded, de-identified or converted, and taken away again."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from radquarry.messages.deliveries import Deidentification
from radquarry.messages.kinds import Command, Event

FilesState = Literal["requested", "running", "complete", "incomplete", "failed", "cancelled"]
Keyword = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{1,63}$")]


class GivenAttribute(BaseModel):
    """A value for converted files, by its DICOM keyword (PS3.6)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    keyword: Keyword
    value: str


class DeidentifyFiles(Command):
    """De-identify what lies in `{data_dir}/exchange/{job_id}/in`; what may leave is put into `…/out`."""

    topic: ClassVar[str] = "files.deidentify"

    job_id: UUID
    deidentify: Deidentification = Deidentification()
    mapping: bool = False
    requested_by: str = ""


class PreviewFiles(Command):
    """Say what a profile would do to the file in `{data_dir}/exchange/{job_id}/in`: `…/out/preview.json`; no more."""

    topic: ClassVar[str] = "files.preview"

    job_id: UUID
    deidentify: Deidentification = Deidentification()
    requested_by: str = ""


class ConvertFiles(Command):
    """Convert what lies in `{data_dir}/exchange/{job_id}/in`; the result is put into `…/out`.

    `to` empty is DICOM for images, and NIfTI for DICOM. `attributes` are given for all files; `table` is the name of a
    CSV file among them, one row for each file name, its columns DICOM keywords.
    """

    topic: ClassVar[str] = "files.convert"

    job_id: UUID
    to: Literal["", "dicom", "nifti", "png", "csv"] = ""
    attributes: tuple[GivenAttribute, ...] = ()
    table: str = ""
    requested_by: str = ""


class CancelFiles(Command):
    """Stop the work on these files; what was uploaded and made goes."""

    topic: ClassVar[str] = "files.cancel"

    job_id: UUID


class FilesProgressed(Event):
    """Where the work on uploaded files stands; `revision` grows with every message of a job.

    `done` counts files that left, `refused` those that were held back or could not be converted, each with its reason
    in the report. When it is complete or incomplete, `…/out/result.zip` and `…/out/report.json` lie there; of a preview
    `…/out/preview.json`.
    """

    topic: ClassVar[str] = "files.progressed"

    job_id: UUID
    state: FilesState
    total: int | None = None
    done: int = 0
    refused: int = 0
    problem: str = ""
    revision: int
