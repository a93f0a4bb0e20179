"""Frames decoded or drawn by processes of their own: at most a few at a time, each with a deadline."""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog

from radquarry.api.problems import Problem

log = structlog.get_logger(__name__)

AT_ONCE = 2
SECONDS = 60.0
LONGEST_LINE = 64 * 1024
MODULE = "radquarry.api.dicomweb.decoder_process"
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Wanted = Literal["native", "png", "jpeg"]


@dataclass(frozen=True)
class Job:
    """One frame (0-based) of a file: as little-endian native bytes, or as a picture.

    `window` is centre, width and function, `viewport` the largest columns and rows, `quality` 1 to 100 (JPEG).
    """

    path: Path
    frame: int
    wanted: Wanted
    window: tuple[float, float, str] | None = None
    viewport: tuple[int, int] | None = None
    quality: int | None = None

    def line(self) -> bytes:
        """As the process reads it."""
        told = {"path": str(self.path), "frame": self.frame, "as": self.wanted}
        told |= {"window": self.window, "viewport": self.viewport, "quality": self.quality}
        return json.dumps(told).encode() + b"\n"


@dataclass
class Decoders:
    """Processes are started when they are needed, and kept."""

    _idle: list[asyncio.subprocess.Process] = field(default_factory=list)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def done(self, job: Job) -> tuple[dict[str, Any], bytes]:
        """What became of the frame: facts about it, and its bytes. Raises the problem to show."""
        async with self._places:
            process = await self._process()
            try:
                async with asyncio.timeout(SECONDS):
                    about, content = await _asked(process, job)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
                log.warning("a frame was not decoded", reason=type(error).__name__)
                raise not_decodable() from None
            else:
                self._idle.append(process)
            finally:
                if process not in self._idle:  # it may still be in the middle of an answer that nobody reads
                    await _end(process)
        if "problem" in about:
            raise Problem(*about["problem"])
        if "failed" in about:
            log.warning("a frame was not decoded", reason=about["failed"])
            raise not_decodable()
        return about, content

    async def close(self) -> None:
        """End them."""
        while self._idle:
            await _end(self._idle.pop())

    async def _process(self) -> asyncio.subprocess.Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return await asyncio.create_subprocess_exec(
            "/usr/bin/env", *(f"{name}={value}" for name, value in ENVIRONMENT.items()), sys.executable, "-P", "-m",
            MODULE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
        )  # fmt: skip


async def _asked(process: asyncio.subprocess.Process, job: Job) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None  # noqa: S101 - it was made with pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(job.line())
    await process.stdin.drain()
    about: dict[str, Any] = json.loads(await process.stdout.readuntil(b"\n"))
    return about, await process.stdout.readexactly(about.pop("length"))


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def not_decodable() -> Problem:
    """The frame is there, and no codec of ours makes pixels of it."""
    detail = "The pixels cannot be decoded here; with transfer-syntax=* they come as they are stored."
    return Problem(406, "not-decodable", "The pixels cannot be decoded", detail)
