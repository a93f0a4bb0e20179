"""The associations of this node in processes of their own, where one processor is not enough.

The parent accepts, hands each connection to the process that has the fewest, and announces what they keep. A process
that dies is started anew; what it had not said yet is found by its markers.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from radquarry.messages import StoredInstance
from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.limits import Limits
from radquarry.storescp.settings import Settings

log = structlog.get_logger(__name__)

TAKE, REFUSE = b"t", b"r"
"""Sent down with a connection."""
READY, ENDED, KEPT = "ready", "ended", "kept"
"""First words of the lines that come up."""
READY_WITHIN = 60.0
AFTER_STOP = 5.0
PAUSE = 1.0
"""Seconds before a process that died is started again."""


@dataclass(eq=False)
class Worker:
    """One process, and how many connections it has."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    count: int = 0
    lines: threading.Thread | None = None


class Workers:
    """`keep` gets what they keep, from threads of this process. It is a `Hall`."""

    def __init__(self, settings: Settings, archive: Archive, limits: Limits, keep: Callable[[Kept], None]) -> None:
        self._settings = settings
        self._archive = archive
        self._limits = limits
        self._keep = keep
        self._lock = threading.Condition()
        self._stopping = threading.Event()
        self._workers: list[Worker] = []
        self._ready: set[Worker] = set()
        for _ in range(settings.node.processes):
            self._start()
        with self._lock:
            self._lock.wait_for(lambda: len(self._ready) == settings.node.processes, READY_WITHIN)

    @property
    def count(self) -> int:
        """Connections that are open."""
        return sum(worker.count for worker in self._workers)

    def take(self, transport: socket.socket, address: str, *, is_full: bool) -> None:
        """Hand it to the process that has the fewest."""
        with transport, self._lock:
            worker = min(self._ready, key=lambda each: each.count, default=None)
            if worker is None:
                log.warning("no process is there to take an association", address=address)
                return
            try:
                socket.send_fds(worker.channel, [REFUSE if is_full else TAKE], [transport.fileno()])
                worker.count += 1
            except OSError as error:
                log.warning("a connection could not be handed over", reason=type(error).__name__)

    def stop(self) -> None:
        """Let messages in work be kept and answered, then end everything."""
        self._stopping.set()
        with self._lock:
            workers = list(self._workers)
        for worker in workers:
            with suppress(OSError):
                worker.channel.shutdown(socket.SHUT_WR)
        for worker in workers:
            try:
                worker.process.wait(self._limits.drain + self._limits.linger + AFTER_STOP)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            if worker.lines is not None:
                worker.lines.join()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "radquarry.storescp.worker", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
            )
        with process.stdin, suppress(BrokenPipeError):  # type: ignore[union-attr]  # it is a pipe
            process.stdin.write(self._settings.model_dump_json().encode())  # type: ignore[union-attr]  # as above
        worker = Worker(process, ours)
        worker.lines = threading.Thread(target=self._listen, args=(worker,), name="worker", daemon=True)
        with self._lock:
            self._workers.append(worker)
        worker.lines.start()

    def _listen(self, worker: Worker) -> None:
        with worker.channel, worker.channel.makefile("r", encoding="utf-8") as lines, suppress(ConnectionError):
            for line in lines:
                word, _, rest = line.partition(" ")
                self._heard(worker, word.strip(), rest)
        with self._lock:
            self._workers.remove(worker)
            self._ready.discard(worker)
        code = worker.process.wait()
        if not self._stopping.is_set():
            log.error("a process that receives has ended and is started again", code=code)
        while not self._stopping.wait(PAUSE):
            try:
                self._start()
            except OSError as error:
                log.error("a process that receives cannot be started", reason=type(error).__name__)
            else:
                return

    def _heard(self, worker: Worker, word: str, rest: str) -> None:
        if word == KEPT:
            marker, _, instance = rest.partition(" ")
            self._keep(Kept(StoredInstance.model_validate_json(instance), self._archive.unannounced / marker))
            return
        with self._lock:
            if word == ENDED:
                worker.count -= 1
            elif word == READY:
                self._ready.add(worker)
                self._lock.notify_all()
