"""DICOM files as NIfTI by series, as PNG by frame, or as one table."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from radquarry.exporter.conversion.dcm2niix import check_complete, made_of
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


def as_png(folder: Path, files: Sequence[Surveyed]) -> Iterator[Outcome]:
    """PATIENT/STUDY/SERIES/INSTANCE.png, or INSTANCE-0001.png and so on."""
    for file in files:
        try:
            with held_back_at_worst(), opened(file.input.source) as view, Staging(folder) as staging:
                header = header_of(view)
                for number, frames, data in frames_of(view):
                    frame = f"-{number:04}" if frames > 1 else ""
                    staging.write(f"{header.folder}/{header.sop_instance_uid}{frame}.png", data)
                yield _settled(file, staging)
        except HeldBack as fault:
            yield _refused(file, fault)


def as_table(folder: Path, files: Sequence[Surveyed]) -> Iterator[Outcome]:
    """One row for each file: its name, and patient, study and series by DICOM keyword."""
    rows: list[list[str]] = []
    read: list[Surveyed] = []
    for file in files:
        try:
            with held_back_at_worst(), opened(file.input.source) as view, read_safely("its header is damaged"):
                dataset = read_dicom(view, COLUMNS)
                rows.append([file.input.name, *(text_of(dataset, keyword) for keyword in COLUMNS)])
            read.append(file)
        except HeldBack as fault:
            yield _refused(file, fault)
    state, reason = _table_written(folder, table_text((FILE, *COLUMNS), rows)) if rows else ("refused", "")
    for file in read:
        path, made = ("", 0) if reason else (TABLE, 1)
        yield Outcome(file.input.number, file.input.name, state, path, made, reason)


def _table_written(folder: Path, text: str) -> tuple[State, str]:
    """What became of all its rows, and why; another table that is there stays."""
    try:
        with held_back_at_worst(), Staging(folder) as staging:
            staging.write(TABLE, text.encode("utf-8", "backslashreplace"))
            return staging.settle(), ""
    except HeldBack as fault:
        return "refused", str(fault)


def as_nifti(folder: Path, files: Sequence[Surveyed], seconds: float) -> Iterator[Outcome]:
    """PATIENT/STUDY/SERIES/image.nii.gz with its sidecar; a series is converted whole or refused whole."""
    series: dict[str, dict[str, Member]] = defaultdict(dict)
    for file in files:
        try:
            with held_back_at_worst(), opened(file.input.source) as view:
                header = header_of(view)
                if not header.pixels:
                    raise Refused("it holds no image")
                if not header.is_placed:
                    raise Refused("it does not say where it lies in the patient, so it is no slice; --to png")
                other = series[header.folder].setdefault(header.sop_instance_uid, Member(file, header))
        except HeldBack as fault:
            yield _refused(file, fault)
            continue
        if other.file is not file:
            yield _twice(file, other.file)
    for place, members in series.items():
        yield from _series(folder, place, list(members.values()), seconds)


def _series(folder: Path, place: str, members: Sequence[Member], seconds: float) -> Iterator[Outcome]:
    state: State = "refused"
    paths: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason = ""
    try:
        with held_back_at_worst(), tempfile.TemporaryDirectory() as name, Staging(folder) as staging:
            given, made = Path(name) / "in", Path(name) / "out"
            given.mkdir()
            made.mkdir()
            for number, member in enumerate(members):
                _lay(member.file, given / f"{number}.dcm")
            files, notes = made_of(given, made, seconds + SECONDS_AN_IMAGE * len(members))
            if not any(member.header.is_mosaic for member in members):
                check_complete(files, sum(member.header.pixels for member in members))
            for file in files:
                staging.write(f"{place}/{file.name}", file.read_bytes())
            state, paths = staging.settle(), staging.paths
    except HeldBack as fault:
        reason = str(fault)
    first = next((path for path in paths if path.endswith(".nii.gz")), "")
    for member in members:
        given_to = member.file.input
        yield Outcome(given_to.number, given_to.name, state, first, len(paths), reason, notes)


def _lay(file: Surveyed, path: Path) -> None:
    """A file of a folder as a link to it; what lies in an archive as a copy."""
    if file.input.source.member is None:
        path.symlink_to(file.input.source.path.resolve())
        return
    with opened(file.input.source) as view:
        path.write_bytes(view)


def _twice(file: Surveyed, other: Surveyed) -> Outcome:
    if file.digest == other.digest:
        return Outcome(file.input.number, file.input.name, "passed over", reason="it is the same as another file")
    return Outcome(file.input.number, file.input.name, "refused", reason="another file is the same instance")


def _settled(file: Surveyed, staging: Staging) -> Outcome:
    state = staging.settle()
    paths = staging.paths
    return Outcome(file.input.number, file.input.name, state, paths[0], len(paths))


def _refused(file: Surveyed, fault: HeldBack) -> Outcome:
    return Outcome(file.input.number, file.input.name, "refused", reason=str(fault))
