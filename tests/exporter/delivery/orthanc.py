"""An Orthanc of a test's own, with DICOMweb where its plugin is installed; skips where there is no Orthanc."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.running import eventually, free_port

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PROGRAM = "/usr/sbin/Orthanc"


@dataclass(frozen=True)
class Orthanc:
    """Where it listens, and what it holds."""

    http_port: int
    dicom_port: int

    @property
    def url(self) -> str:
        """Its REST interface."""
        return f"http://127.0.0.1:{self.http_port}"

    def get(self, path: str) -> Any:
        """From its REST interface."""
        return httpx.get(f"{self.url}{path}", auth=("radquarry", "radquarry"), timeout=20).json()

    def instances(self) -> set[str]:
        """SOP Instance UIDs of all it holds."""
        return {one["MainDicomTags"]["SOPInstanceUID"] for one in self.get("/instances?expand")}

    def file(self, sop_instance_uid: str) -> bytes:
        """One instance as it is stored there."""
        found = next(
            one for one in self.get("/instances?expand") if one["MainDicomTags"]["SOPInstanceUID"] == sop_instance_uid
        )
        return httpx.get(
            f"{self.url}/instances/{found['ID']}/file", auth=("radquarry", "radquarry"), timeout=20
        ).content


@contextmanager
def orthanc(folder: Path, *, answers_at: int = 0, dicomweb: bool = False) -> Iterator[Orthanc]:
    """`answers_at`: the port at which it finds us for its answers of storage commitment."""
    if shutil.which("Orthanc") is None and not Path(PROGRAM).exists():
        pytest.skip("Orthanc is not installed")
    if dicomweb and not PLUGIN.exists():
        pytest.skip("Orthanc's plugin for DICOMweb is not installed")
    it = Orthanc(free_port(), free_port())
    home = folder / "orthanc"
    home.mkdir()
    keys = {
        "StorageDirectory": str(home),
        "IndexDirectory": str(home),
        "HttpPort": it.http_port,
        "DicomPort": it.dicom_port,
        "DicomAet": "ORTHANC",
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"radquarry": "radquarry"},
        "RemoteAccessAllowed": False,
        "DicomAlwaysAllowStore": True,
        "UnknownSopClassAccepted": True,
        "DicomModalities": {"us": ["RADQUARRY", "127.0.0.1", answers_at]} if answers_at else {},
        "Plugins": [str(PLUGIN)] if dicomweb else [],
    }
    (home / "orthanc.json").write_text(json.dumps(keys))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, str(home / "orthanc.json")], stdout=log, stderr=log)
    try:
        eventually(lambda: _answers(it), 60, f"Orthanc answers; {home / 'log'}")
        yield it
    finally:
        process.kill()
        process.wait(20)


def _answers(it: Orthanc) -> bool | None:
    try:
        return httpx.get(f"{it.url}/system", auth=("radquarry", "radquarry"), timeout=2).is_success or None
    except httpx.TransportError:
        return None
