"""The viewer of the images: OHIF, which is not part of radquarry and lies in a folder of its own, or is missing."""

import json
from dataclasses import dataclass
from os import PathLike, stat_result
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FILES = "/viewer/files"
"""Where its files are; they are fetched for this place (`deploy/viewer/fetch.py`)."""
PACKED_TYPES = {".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm"}
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self'"
)
"""Of a script that runs as a worker; there its codecs make functions out of words, with no page around them."""


@dataclass(frozen=True)
class Installed:
    """Its version, and the names of its first script and its style sheet."""

    version: str
    script: str
    style: str


class Viewer:
    """What `make viewer` put into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def installed(self) -> Installed | None:
        """None where nothing usable lies there."""
        try:
            about = json.loads((self.folder / "viewer.json").read_text("utf-8"))
            return Installed(str(about["version"]), str(about["script"]), str(about["style"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def files(self) -> "ViewerFiles":
        """What is mounted at `FILES`."""
        return ViewerFiles(directory=self.folder, check_dir=False)


class ViewerFiles(StaticFiles):
    """Its files, packed where they were packed beforehand. Names hold fingerprints, all but a few."""

    async def check_config(self) -> None:
        """A missing folder is no fault: it holds no files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`."""
        packed = f"{path}.gz"
        suffix = Path(path).suffix
        wants = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if suffix in PACKED_TYPES and wants and (await run_in_threadpool(self.lookup_path, packed))[1] is not None:
            answer = await super().get_response(packed, scope)
            answer.headers["Content-Encoding"] = "gzip"
        else:
            answer = await super().get_response(path, scope)
        if suffix in PACKED_TYPES:
            answer.headers["Content-Type"] = PACKED_TYPES[suffix]
        answer.headers["Vary"] = "Accept-Encoding"
        return answer

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """See `StaticFiles`."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        answer.headers["Content-Security-Policy"] = WORKER_POLICY
        return answer
