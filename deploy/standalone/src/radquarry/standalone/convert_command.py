"""`radquarry convert`: images as DICOM, and DICOM as NIfTI, PNG or a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

NEEDED = ("numpy", "PIL", "nibabel")
INSTALL = "conversion needs further libraries: pip install 'radquarry-standalone[convert]'"


@dataclass(frozen=True)
class ConvertOptions:
    """As they were typed; `given` by DICOM keyword."""

    inputs: tuple[Path, ...]
    output: Path
    to: str
    table: Path | None
    given: Mapping[str, str]
    settings: tuple[str, ...]


def convert(  # noqa: PLR0913 - each is an option of the command
    *,
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Files, folders, zip archives.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER")],
    to: Annotated[
        str, typer.Option(metavar="KIND", help="dicom, nifti, png, csv; else images become DICOM, DICOM NIfTI.")
    ] = "",
    table: Annotated[
        Path | None, typer.Option(metavar="CSV", help="A row for each file: `file`, and DICOM keywords as columns.")
    ] = None,
    patient_id: Annotated[str, typer.Option(metavar="TEXT")] = "",
    patient_name: Annotated[str, typer.Option(metavar="FAMILY^GIVEN")] = "",
    patient_birth_date: Annotated[str, typer.Option(metavar="DATE")] = "",
    patient_sex: Annotated[str, typer.Option(metavar="M|F|O")] = "",
    study_date: Annotated[str, typer.Option(metavar="DATE")] = "",
    study_description: Annotated[str, typer.Option(metavar="TEXT")] = "",
    accession_number: Annotated[str, typer.Option(metavar="TEXT")] = "",
    series_description: Annotated[str, typer.Option(metavar="TEXT")] = "",
    modality: Annotated[str, typer.Option(metavar="CODE", help="MR and CT make NIfTI to images of that class.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEYWORD=VALUE", help="Any other DICOM keyword; repeatable.")
    ] = None,
) -> None:
    """Convert images (png, jpeg, bmp, tiff, nii, nii.gz, slides) to DICOM, and DICOM to NIfTI, PNG or a CSV.

    Exit code 1 when a file was refused (why is said) or nothing converted. conversion-report.json and .csv in FOLDER
    say what became of each. The same files with the same data get the same UIDs in every run.
    """
    if not all(find_spec(library) for library in NEEDED):
        typer.echo(INSTALL, err=True)
        raise typer.Exit(2)
    from radquarry.standalone.oneshot.convert_starting import start_convert

    given = {
        "PatientID": patient_id,
        "PatientName": patient_name,
        "PatientBirthDate": patient_birth_date,
        "PatientSex": patient_sex,
        "StudyDate": study_date,
        "StudyDescription": study_description,
        "AccessionNumber": accession_number,
        "SeriesDescription": series_description,
        "Modality": modality,
    }
    named = {keyword: value for keyword, value in given.items() if value}
    start_convert(ConvertOptions(tuple(inputs), output, to, table, named, tuple(settings or ())))
