"""An image of a series as DICOM files of it."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from radquarry.dicom.folders import folder_name
from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.identity import SeriesIdentity
from radquarry.exporter.conversion.jpeg_stream import JpegStream, plain_stream
from radquarry.exporter.conversion.nifti_file import volumes_in
from radquarry.exporter.conversion.nifti_series import stack_of
from radquarry.exporter.conversion.outcomes import Outcome
from radquarry.exporter.conversion.raster import Picture, picture_in
from radquarry.exporter.conversion.secondary_capture import Origin, captures, is_whole
from radquarry.exporter.conversion.slides import slide_files
from radquarry.exporter.conversion.staging import Staging
from radquarry.exporter.conversion.survey import Surveyed
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.sources import opened


@dataclass
class SeriesWriter:
    """Writes a series' files; `number` is the next Instance Number."""

    folder: Path
    identity: SeriesIdentity
    given: Given
    number: int = 1

    def convert(self, member: Surveyed, place: int) -> tuple[Outcome, int]:
        """What became of the image at this place of the series, and the next Instance Number. Raises `DiskFull`."""
        try:
            with held_back_at_worst():
                outcome = self._converted(member, place)
        except HeldBack as fault:
            outcome = member.refused(str(fault))
        return outcome, self.number

    def _converted(self, member: Surveyed, place: int) -> Outcome:
        with Staging(self.folder) as staging, opened(member.input.source) as view:
            notes: tuple[str, ...] = ()
            if member.kind == "raster":
                notes = self._picture(view, staging, (member.digest, str(place)))
            elif member.kind == "nifti":
                notes = self._volumes(view, staging, member)
            else:
                for uid, data in slide_files(member.input.source, member.input.name, self.identity, self.given):
                    staging.write(self._path(uid), data)
            state = staging.settle()
            paths = staging.paths
        return Outcome(member.input.number, member.input.name, state, paths[0], len(paths), notes=notes)

    def _picture(self, view: memoryview, staging: Staging, parts: tuple[str, ...]) -> tuple[str, ...]:
        picture = picture_in(view)
        origin = Origin(self.identity, self.given, parts, self.number, len(view))
        for uid, data in captures(picture, _stream_of(view, picture), origin):
            staging.write(self._path(uid), data)
            self.number += 1
        return tuple(sorted(set().union(*(page.notes for page in picture.pages))))

    def _volumes(self, view: memoryview, staging: Staging, member: Surveyed) -> tuple[str, ...]:
        with nullcontext() if member.voxels is None else opened(member.voxels.source) as voxels:
            stack = stack_of(volumes_in(view, voxels), self.identity, self.given)
        for uid, data in stack.instances(member.digest):
            staging.write(self._path(uid), data)
        return stack.notes

    def _path(self, uid: str) -> str:
        patient = folder_name(self.given.get("PatientID", ""))
        return f"{patient}/{self.identity.study_instance_uid}/{self.identity.series_instance_uid}/{uid}.dcm"


def _stream_of(view: memoryview, picture: Picture) -> JpegStream | None:
    """The compressed data of a plain JPEG that needs no turning and no other colours."""
    if picture.kind != "JPEG" or not picture.is_upright or picture.has_profile:
        return None
    stream = plain_stream(view)
    return stream if stream is not None and is_whole(picture, stream) else None
