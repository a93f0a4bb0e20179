"""The files that retrievals brought, as they lie in the archive's folder (storescp writes them, we only read)."""

from collections.abc import Sequence
from pathlib import Path

from radquarry.exporter.delivery.ledger import Expected


class Archive:
    """`{folder}/{study_instance_uid}/{series_instance_uid}/{sop_instance_uid}.dcm`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self, study_instance_uid: str, wanted: Sequence[Expected]) -> dict[str, Path]:
        """Where those lie that are here, by SOP Instance UID; a series may be called otherwise in the file itself."""
        folder = self._folder / study_instance_uid
        found = {}
        lost = []
        for one in wanted:
            path = folder / one.series_instance_uid / f"{one.sop_instance_uid}.dcm"
            if path.is_file():
                found[one.sop_instance_uid] = path
            else:
                lost.append(one.sop_instance_uid)
        if lost:
            elsewhere = {path.stem: path for path in folder.glob("*/*.dcm")}
            found |= {uid: elsewhere[uid] for uid in lost if uid in elsewhere}
        return found
