"""Whole slide images (SVS and their like) as DICOM (PS3.3 A.32.8), by wsidicomizer where it is installed."""

import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path, PurePosixPath

from pydicom.dataset import Dataset
from pydicom.uid import UID

from radquarry.exporter.conversion.dicom_file import read_dicom, read_safely
from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.identity import SeriesIdentity
from radquarry.exporter.conversion.instances import file_bytes, instance
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.runs.sources import Source, opened

LIBRARY = "wsidicomizer"
MISSING = "it is a slide; slides need a further library: pip install 'radquarry-exporter[slides]'"
OF_THE_IMAGE = ("SOPClassUID", "SOPInstanceUID", "InstanceNumber")
"""What the library knows better; and it knows what must be there without a value."""
UNKNOWN_DATE = "19000101"
"""For Content Date, which must have a value."""
PROFILE_DATE, PROFILE_ID = slice(24, 36), slice(84, 100)
"""In an ICC profile (ICC.1 section 7.2)."""


def slide_files(slide: Source, name: str, identity: SeriesIdentity, given: Given) -> Iterator[tuple[str, bytes]]:
    """SOP Instance UID and file of each level. Raises `Refused`.

    The pictures of label and glass stay behind: on them stands whose it is.
    """
    if find_spec(LIBRARY) is None:
        raise Refused(MISSING)
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / f"slide{PurePosixPath(name).suffix.lower()}", Path(folder) / "out"
        out.mkdir()
        _lay(slide, path)
        _convert(path, out, _data(identity, given), _uids(identity))
        made = sorted(out.rglob("*.dcm"))
        if not made:
            raise Refused("nothing was made of the slide")
        for file in made:
            dataset = read_dicom(memoryview(file.read_bytes()))
            _without_now(dataset, given)
            yield str(dataset.SOPInstanceUID), file_bytes(dataset, dataset.file_meta.TransferSyntaxUID)


def _lay(slide: Source, path: Path) -> None:
    if slide.member is None:
        path.symlink_to(slide.path.resolve())
        return
    with opened(slide) as view:
        path.write_bytes(view)


def _data(identity: SeriesIdentity, given: Given) -> Dataset:
    data = instance("", "", identity, {"Modality": "SM", **given})
    for element in list(data):
        if element.keyword in OF_THE_IMAGE or not element.value:
            del data[element.tag]
    return data


def _without_now(dataset: Dataset, given: Given) -> None:
    """The time of the conversion, in two places, would make the same slide another file."""
    dataset.ContentDate = given.get("ContentDate", given.get("StudyDate", UNKNOWN_DATE))
    dataset.ContentTime = given.get("ContentTime", given.get("StudyTime", "000000"))
    for path in dataset.get("OpticalPathSequence") or []:
        profile = bytearray(path.get("ICCProfile") or b"")
        if len(profile) >= PROFILE_ID.stop:
            profile[PROFILE_DATE], profile[PROFILE_ID] = b"\x07\x6c\0\1\0\1" + bytes(6), bytes(16)
            path.ICCProfile = bytes(profile)


def _uids(identity: SeriesIdentity) -> Callable[[], UID]:
    numbers = count()
    return lambda: UID(identity.instance("slide", str(next(numbers))))


def _convert(path: Path, out: Path, data: Dataset, uids: Callable[[], UID]) -> None:
    with read_safely("the slide cannot be read"):
        from wsidicomizer import WsiDicomizer  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - heavy

        WsiDicomizer.convert(
            path, out, metadata_post_processor=data, uid_generator=uids, include_label=False, include_overview=False,
            include_confidential=False, workers=1,
        )  # fmt: skip
