"""The archive's images, as everything of the DICOMweb service and the pages finds them."""

import json
from collections.abc import Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from radquarry.api.dicomweb.archive_folder import ArchiveFolder, InstanceFile
from radquarry.api.dicomweb.behind_pixels import read_whole
from radquarry.api.dicomweb.damaged import Damaged
from radquarry.api.dicomweb.decoding import Decoders
from radquarry.api.dicomweb.frame_places import FrameMap, frame_map
from radquarry.api.dicomweb.headers import read_header
from radquarry.api.dicomweb.json_model import attributes
from radquarry.api.dicomweb.openings import Openings
from radquarry.api.dicomweb.remembered import Remembered
from radquarry.api.dicomweb.searching import Searcher
from radquarry.api.dicomweb.survey import Seen, Survey, seen_in, surveyed

ROOT = "/dicom-web"
"""The service's root; every address it gives begins with it, on whatever host it was asked."""
MOST_REMEMBERED = 64 * 1024 * 1024
"""Characters of metadata: some 12 kB for a CT image, and many megabytes for an object of a thousand frames."""
MOST_SEEN = 50_000
FRAME_TAGS = (
    0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280103,
    0x7FE00001,
)  # fmt: skip


class Images:
    """`data_dir` holds the folder `archive`, which may be missing: then nothing is here."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = ArchiveFolder(data_dir / "archive")
        self.damaged = Damaged()
        self.whole = self.damaged.watching(read_whole)
        self.searcher = Searcher(self.folder, ROOT, self.damaged)
        self.decoders = Decoders()
        self.openings = Openings()
        self.models = Remembered(self._model, MOST_REMEMBERED, weigh=len)
        self._maps: Remembered[FrameMap] = Remembered(self.damaged.watching(_frame_map), most=64)
        self._seen: Remembered[Seen] = Remembered(lambda file: seen_in(self.whole(file)), MOST_SEEN)

    def survey(self, files: Sequence[InstanceFile]) -> Survey:
        """Blocking; raises the problem to show where none of these files is here any more."""
        return surveyed(files, self._seen.of)

    async def frames(self, file: InstanceFile) -> FrameMap:
        """Where the frames of one instance lie; raises the problem to show."""
        return await run_in_threadpool(self._maps.of, file)

    async def here(self, studies: Sequence[str]) -> frozenset[str]:
        """Those of which there is anything to look at."""
        return await run_in_threadpool(lambda: frozenset(filter(self.folder.holds, studies)))

    async def series_here(self, study: str) -> frozenset[str]:
        """SeriesInstanceUIDs of a study that are not empty."""
        files = await run_in_threadpool(self.folder.instances, study)
        return frozenset(file.series_instance_uid for file in files)

    def _model(self, file: InstanceFile) -> str:
        """Metadata as text: some 12 kB for a CT image, which take 10 ms to make."""
        return json.dumps(attributes(self.whole(file), ROOT), ensure_ascii=False)


def _frame_map(file: InstanceFile) -> FrameMap:
    return frame_map(read_header(file, FRAME_TAGS))
