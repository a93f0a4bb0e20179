"""What is not valid DICOM, kept for whoever has to talk to its sender: never in the archive, never for long."""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import structlog

from radquarry.dicom.uids import is_uid
from radquarry.durable_folders import make_folder
from radquarry.storescp.receipt import Receipt

log = structlog.get_logger(__name__)

MOST_OBJECTS = 1000
MOST_BYTES = 1000**3
DAY = 86_400
LEAST_DAYS = 1
"""What is delivered may leave at once; who has to talk to a sender needs some time."""
UNTOLD = "no reason is told"


@dataclass(frozen=True)
class Refused:
    """An object in the quarantine: the size of its bytes, why it was refused, who sent it, and when."""

    bytes: int
    reason: str
    calling_ae_title: str
    received_at: datetime


class Quarantine:
    """A folder with two files for each object: the bytes as they came, and the reason. The oldest leave first."""

    def __init__(self, data_dir: Path, keep_days: float) -> None:
        self.folder = data_dir / "storescp" / "quarantine"
        make_folder(self.folder)
        self._keep_seconds = max(keep_days, LEAST_DAYS) * DAY
        self._lock = threading.Lock()
        self.prune()

    def take(self, receipt: Receipt, reason: str) -> None:
        """Move a refused object here, with its reason."""
        announced = receipt.announced
        uids = {
            keyword: uid
            for keyword in ("sop_class_uid", "sop_instance_uid", "transfer_syntax_uid")
            if is_uid(uid := getattr(announced, keyword))
        }
        self._move(receipt.rename, {"reason": reason, "calling_ae_title": announced.calling_ae_title, **uids})

    def take_marker(self, marker: Path, reason: str) -> None:
        """Move a file here that a power cut left half written: its sender was never told that it was stored."""
        log.warning("a marker is not a whole instance", marker=marker.name, reason=reason)
        self._move(marker.rename, {"reason": reason})

    def _move(self, rename: Callable[[Path], object], facts: dict[str, str]) -> None:
        name = f"{time.time_ns()}-{uuid4().hex}"
        facts["received_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            rename(self.folder / f"{name}.bin")
            (self.folder / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
            self.prune()
        except OSError as error:
            log.error("cannot write to the quarantine", reason=type(error).__name__)

    def prune(self) -> None:
        """Remove what is too old or too much."""
        with self._lock:
            entries = sorted(self._entries(), reverse=True)
            count = total = 0
            for taken, size, path in entries:
                is_object = path.suffix == ".bin"
                count, total = count + is_object, total + size
                if count > MOST_OBJECTS or total > MOST_BYTES or time.time() - taken > self._keep_seconds:
                    path.unlink(missing_ok=True)

    def refused(self) -> list[Refused]:
        """What lies here now."""
        entries = self._entries()
        return [_refused(taken, size, path) for taken, size, path in entries if path.suffix == ".bin"]

    def _entries(self) -> list[tuple[float, int, Path]]:
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue  # another process pruned it meanwhile
                found.append((status.st_mtime, status.st_size, Path(entry.path)))
        return found


def _refused(taken: float, size: int, path: Path) -> Refused:
    """Its reason is written a moment after it, and is missing for good where the disk was full."""
    try:
        facts = json.loads(path.with_suffix(".json").read_text())
        reason, title = str(facts["reason"]), str(facts.get("calling_ae_title", ""))
    except (OSError, ValueError, KeyError):
        reason, title = UNTOLD, ""
    return Refused(size, reason, title, datetime.fromtimestamp(taken, UTC))
