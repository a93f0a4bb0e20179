"""Storescp as a process that a test can kill, and what it left to be heard."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from radquarry.bus.opening import open_bus
from radquarry.messages import InstancesStored, StoredInstance

COMMAND = (sys.executable, "-m", "radquarry.storescp", "-c")


class Storescp:
    """One process after the other over one folder."""

    def __init__(self, folder: Path, port: int, caller: str, processes: int = 1) -> None:
        self.folder = folder
        self._file = folder / "radquarry.yaml"
        node = {"host": "127.0.0.1", "port": port, "allowed_callers": [caller], "processes": processes}
        self._file.write_text(yaml.safe_dump({"data_dir": ".", "node": node, "archive": {"reserve_gb": 0}}))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; it listens a moment later."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*COMMAND, self._file], stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(20)

    @property
    def ended(self) -> bool:
        """Whether it is gone by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process is not None
        return self._process.pid

    @property
    def markers(self) -> list[Path]:
        """What is not announced yet."""
        return list((self.folder / "storescp" / "unannounced").glob("*"))


async def heard(folder: Path, count: int) -> list[StoredInstance]:
    """What the mover would hear of the stopped process's announcements, until it names `count` instances."""
    found: list[StoredInstance] = []
    enough = asyncio.Event()

    async def hear(event: InstancesStored) -> None:
        found.extend(event.instances)
        if len({one.sop_instance_uid for one in found}) >= count:
            enough.set()

    async with open_bus(f"sqlite:///{folder}/bus.db") as bus:
        await bus.subscribe("mover", InstancesStored, hear)
        consuming = asyncio.create_task(bus.consume())
        try:
            async with asyncio.timeout(20):
                await enough.wait()
        finally:
            consuming.cancel()
            await asyncio.wait({consuming})
    return found


def eventually(is_so: Callable[[], bool], seconds: float = 30) -> None:
    """Look until it is so; another process has no other way to tell."""
    deadline, nothing_happens = time.monotonic() + seconds, threading.Event()
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        nothing_happens.wait(0.05)
