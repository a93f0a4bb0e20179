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
from radquarry.exporter.conversion.instances import instance
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.runs.sources import Source, opened

LIBRARY = "wsidicomizer"
MISSING = "it is a slide; slides need a further library: pip install 'radquarry-exporter[slides]'"
OF_THE_IMAGE = ("SOPClassUID", "SOPInstanceUID", "InstanceNumber", "Laterality")
"""What the library knows better, or a slide has not."""
UNKNOWN_DATE = "19000101"
"""For Content Date, which must have a value: the day of the conversion would make the same slide another file."""


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
            data = file.read_bytes()
            yield str(read_dicom(memoryview(data), ["SOPInstanceUID"]).SOPInstanceUID), data


def _lay(slide: Source, path: Path) -> None:
    if slide.member is None:
        path.symlink_to(slide.path.resolve())
        return
    with opened(slide) as view:
        path.write_bytes(view)


def _data(identity: SeriesIdentity, given: Given) -> Dataset:
    when = {"ContentDate": given.get("StudyDate", UNKNOWN_DATE), "ContentTime": given.get("StudyTime", "000000")}
    data = instance("", "", identity, {"Modality": "SM", **when, **given})
    for keyword in OF_THE_IMAGE:
        data.pop(keyword, None)
    return data


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
