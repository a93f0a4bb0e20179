"""DICOM files as NIfTI by series, as PNG by frame, or as one table."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from radquarry.exporter.conversion.dcm2niix import check_complete, made_of
from radquarry.exporter.conversion.decoder import Decoder
from radquarry.exporter.conversion.dicom_file import Header, header_of, read_dicom, read_safely, text_of
from radquarry.exporter.conversion.given import IMAGE, PATIENT, SERIES, STUDY
from radquarry.exporter.conversion.outcomes import Outcome, State, table_text
from radquarry.exporter.conversion.patient_table import FILE
from radquarry.exporter.conversion.png import frames_of
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.conversion.staging import Staging
from radquarry.exporter.conversion.survey import Surveyed
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.sources import opened

TABLE = "dicom.csv"
LEFT_OUT = ("SoftwareVersions", "DeviceSerialNumber", "PatientOrientation", "PatientPosition")
COLUMNS = tuple(keyword for keyword in (*PATIENT, *STUDY, *SERIES, *IMAGE) if keyword not in LEFT_OUT)
"""What can be given again, as `--table`."""
SECONDS_AN_IMAGE = 0.5


@dataclass(frozen=True)
class Member:
    """An instance of a series."""

    file: Surveyed
    header: Header


@dataclass(frozen=True)
class Place:
    """Where a series goes: below the folder of the run, `series` with `/`."""

    folder: Path
    series: str


async def as_png(folder: Path, files: Sequence[Surveyed], decoder: Decoder) -> AsyncGenerator[Outcome, None]:
    """PATIENT/STUDY/SERIES/INSTANCE.png, or INSTANCE-0001.png and so on."""
    for file in files:
        try:
            yield await decoder.done(partial(_pictures, folder, file), file.size)
        except Refused as fault:
            yield file.refused(str(fault))


def _pictures(folder: Path, file: Surveyed) -> Outcome:
    try:
        with held_back_at_worst(), opened(file.input.source) as view, Staging(folder) as staging:
            header = header_of(view)
            for number, frames, data in frames_of(view):
                frame = f"-{number:04}" if frames > 1 else ""
                staging.write(f"{header.folder}/{header.sop_instance_uid}{frame}.png", data)
            return _settled(file, staging)
    except HeldBack as fault:
        return file.refused(str(fault))


async def as_table(folder: Path, files: Sequence[Surveyed]) -> AsyncGenerator[Outcome, None]:
    """One row for each file: its name, and patient, study and series by DICOM keyword."""
    rows: list[list[str]] = []
    read: list[Surveyed] = []
    for file in files:
        try:
            rows.append(await asyncio.to_thread(_row, file))
            read.append(file)
        except HeldBack as fault:
            yield file.refused(str(fault))
    state, reason = _table_written(folder, table_text((FILE, *COLUMNS), rows)) if rows else ("refused", "")
    for file in read:
        path, made = ("", 0) if reason else (TABLE, 1)
        yield Outcome(file.input.number, file.input.name, state, path, made, reason)


def _row(file: Surveyed) -> list[str]:
    """Raises `HeldBack`."""
    with held_back_at_worst(), opened(file.input.source) as view, read_safely("its header is damaged"):
        dataset = read_dicom(view, COLUMNS)
        return [file.input.name, *(text_of(dataset, keyword) for keyword in COLUMNS)]


def _table_written(folder: Path, text: str) -> tuple[State, str]:
    """What became of all its rows, and why; another table that is there stays."""
    try:
        with held_back_at_worst(), Staging(folder) as staging:
            staging.write(TABLE, text.encode("utf-8", "backslashreplace"))
            return staging.settle(), ""
    except HeldBack as fault:
        return "refused", str(fault)


async def as_nifti(
    folder: Path, files: Sequence[Surveyed], seconds: float, decoder: Decoder
) -> AsyncGenerator[Outcome, None]:
    """PATIENT/STUDY/SERIES/image.nii.gz with its sidecar; a series is converted whole or refused whole."""
    series: dict[str, dict[str, Member]] = defaultdict(dict)
    for file in files:
        try:
            header = await asyncio.to_thread(_slice, file)
        except HeldBack as fault:
            yield file.refused(str(fault))
            continue
        other = series[header.folder].setdefault(header.sop_instance_uid, Member(file, header))
        if other.file is not file:
            yield _twice(file, other.file)
    for place, members in series.items():
        for outcome in await _series(Place(folder, place), list(members.values()), seconds, decoder):
            yield outcome


def _slice(file: Surveyed) -> Header:
    """Raises `HeldBack` for what is no slice of a volume."""
    with held_back_at_worst(), opened(file.input.source) as view:
        header = header_of(view)
    if not header.pixels:
        raise Refused("it holds no image")
    if not header.is_placed:
        raise Refused("it does not say where it lies in the patient, so it is no slice; --to png")
    return header


async def _series(place: Place, members: Sequence[Member], seconds: float, decoder: Decoder) -> list[Outcome]:
    originals = [member.file for member in members]
    state: State = "refused"
    paths: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason = ""
    try:
        with held_back_at_worst(), tempfile.TemporaryDirectory() as name:
            given, made = Path(name) / "in", Path(name) / "out"
            given.mkdir()
            made.mkdir()
            await decoder.done(partial(_lay, originals, given), sum(each.size for each in originals))
            files, notes = await made_of(given, made, seconds + SECONDS_AN_IMAGE * len(members))
            is_mosaic = any(member.header.is_mosaic for member in members)
            pixels = 0 if is_mosaic else sum(member.header.pixels for member in members)
            size = sum(path.stat().st_size for path in files)
            state, paths = await decoder.done(partial(_taken, place, files, pixels), size)
    except HeldBack as fault:
        reason = str(fault)
    first = next((path for path in paths if path.endswith(".nii.gz")), "")
    inputs = [each.input for each in originals]
    return [Outcome(each.number, each.name, state, first, len(paths), reason, notes) for each in inputs]


def _taken(place: Place, files: Sequence[Path], pixels: int) -> tuple[State, tuple[str, ...]]:
    """What became of the files that were made of so many pixels, and where they lie. Raises `HeldBack`, `DiskFull`."""
    with held_back_at_worst(), Staging(place.folder) as staging:
        check_complete(files, pixels)
        for file in files:
            staging.write(f"{place.series}/{file.name}", file.read_bytes())
        return staging.settle(), staging.paths


def _lay(files: Sequence[Surveyed], folder: Path) -> None:
    """Files of a folder as links to them; what lies in an archive as a copy. Raises `HeldBack`, `DiskFull`."""
    for number, file in enumerate(files):
        path = folder / f"{number}.dcm"
        if file.input.source.member is None:
            path.symlink_to(file.input.source.path.resolve())
            continue
        with held_back_at_worst(), opened(file.input.source) as view:
            path.write_bytes(view)


def _twice(file: Surveyed, other: Surveyed) -> Outcome:
    if file.digest == other.digest:
        return Outcome(file.input.number, file.input.name, "passed over", reason="it is the same as another file")
    return file.refused("another file is the same instance")


def _settled(file: Surveyed, staging: Staging) -> Outcome:
    state = staging.settle()
    paths = staging.paths
    return Outcome(file.input.number, file.input.name, state, paths[0], len(paths))
