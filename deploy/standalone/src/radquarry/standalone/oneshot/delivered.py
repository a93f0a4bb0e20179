"""What the command has delivered to a node or a service, by the SHA-256 of what left: so that it can go on."""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path


class Delivered:
    """Lines of JSON, appended and durable; it names no patient. `again`: nothing of it counts."""

    def __init__(self, file: Path, *, again: bool = False) -> None:
        self._file = file
        self._known = set() if again else set(self._read())

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._known

    def add(self, digests: Iterable[str]) -> None:
        """These are there now."""
        now = datetime.now(UTC).isoformat()
        lines = "".join(json.dumps({"sha256": digest, "delivered_at": now}) + "\n" for digest in digests)
        if not lines:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="ascii") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> Iterable[str]:
        """A line that was cut when the machine went down counts as not there."""
        if not self._file.exists():
            return
        for line in self._file.read_text("ascii", errors="replace").splitlines():
            try:
                yield json.loads(line)["sha256"]
            except (ValueError, KeyError, TypeError):
                continue
