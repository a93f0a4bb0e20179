"""Work on uploaded files, a job at a time; what is left of it when nobody fetches it goes after a day."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from radquarry.errors import PeerAway, Permanent, Transient
from radquarry.exporter.delivery.leases import LeaseLost
from radquarry.exporter.files.conversion_process import Wanted, converted
from radquarry.exporter.files.jobs import Job, Order, message
from radquarry.exporter.files.means import FilesMeans
from radquarry.exporter.files.previewing import previewed
from radquarry.exporter.files.unpacking import unpacked_bytes
from radquarry.exporter.pseudonyms.mapping_file import Row, write_mapping
from radquarry.exporter.release.report import NAME, Outcome, write_report
from radquarry.exporter.runs.report_run import clean_reports, with_reports
from radquarry.exporter.runs.sources import Source, sources_in
from radquarry.messages import ConvertFiles, DeidentifyFiles, PreviewFiles
from radquarry.messages.files import FilesState

MOST_ATTEMPTS = 3
"""Turns in which a process died or the disk failed, until the job is given up."""
CONVERSION_REPORT = "conversion-report"
REPORTS = (f"{CONVERSION_REPORT}.json", f"{CONVERSION_REPORT}.csv")

log = structlog.get_logger(__name__)


async def work_on_files(means: FilesMeans, kinds: Sequence[type[Order]]) -> None:
    """Jobs of these kinds, until cancelled."""
    while True:
        try:
            job = await means.jobs.take(kinds)
            if job is None:
                await means.bell.wait(means.patience.idle)
            else:
                await _kept_up(means, job)
        except Transient as error:
            log.warning("uploaded files wait", reason=str(error))
            await asyncio.sleep(means.patience.idle)


async def remove_files(means: FilesMeans) -> None:
    """Until cancelled: folders of jobs that are over, and the last word on those that were cancelled."""
    while True:
        try:
            for job in await means.jobs.over():
                if not await asyncio.to_thread(means.exchange.remove, job.job_id):
                    log.error("uploaded files cannot be removed yet", job_id=str(job.job_id))
                    continue
                if job.state == "cancelled":
                    await means.publish(message(job))
                await means.jobs.removed(job)
            await means.bell.wait(means.patience.idle)
        except Transient as error:
            log.warning("uploaded files are not removed yet", reason=str(error))
            await asyncio.sleep(means.patience.idle)


async def _kept_up(means: FilesMeans, job: Job) -> None:
    """Do it, holding the lease; ended when somebody cancels it."""
    turn = _FilesTurn(means, job)
    work = asyncio.create_task(turn.run())
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=min(means.patience.lease / 4, means.patience.idle))
            if not work.done() and not await means.jobs.renew(turn.job):
                return
        work.result()
    finally:
        work.cancel()
        try:
            await asyncio.wait({work})
        finally:
            means.jobs.forget(job)
            await asyncio.to_thread(_gone, turn.made)


class _FilesTurn:
    """One job."""

    def __init__(self, means: FilesMeans, job: Job) -> None:
        self._means = means
        self.job = job
        self._said_at = 0.0

    async def run(self) -> None:
        try:
            if self.job.attempts > MOST_ATTEMPTS:
                await self._end("failed", "given up: the exporter ended each time while it worked on it")
            elif isinstance(self.job.order, DeidentifyFiles):
                await self._deidentify(self.job.order)
            elif isinstance(self.job.order, PreviewFiles):
                await self._preview(self.job.order)
            elif self.job.order is not None:
                await self._convert(self.job.order)
        except PeerAway:
            raise
        except Transient as fault:
            await self._failed(str(fault), again=True)
        except Permanent as fault:
            await self._failed(str(fault))
        except OSError as fault:
            await self._failed(f"the exporter's own disk cannot be used: {fault.strerror}", again=True)
        except Exception as fault:  # noqa: BLE001 - it is told, instead of met again for ever
            log.error("a fault in the work on files", job_id=str(self.job.job_id), fault=type(fault).__name__)
            await self._failed(f"a fault in radquarry ({type(fault).__name__})")

    async def _failed(self, problem: str, *, again: bool = False) -> None:
        if again and self.job.attempts < MOST_ATTEMPTS:
            raise Transient(problem)
        await self._end("failed", problem)

    async def _deidentify(self, order: DeidentifyFiles) -> None:
        means, made, given = self._means, self.made, self._means.exchange.given(order.job_id)
        await self._begin(given)
        sources = await asyncio.to_thread(lambda: tuple(sources_in([given], made)))
        self.job = replace(self.job, total=len(sources), done=0, refused=0)
        await self._say()
        told: list[Outcome] = []
        rows: set[Row] = set()
        images, reports = with_reports(sources)
        async with means.engine.cleaned(made, order.deidentify, images, map_wanted=order.mapping) as work:
            async for _, outcome, own in work:
                told.append(outcome)
                rows.update(own)
                self.job = _counted(outcome, self.job)
                if time.monotonic() - self._said_at > means.patience.say:
                    await self._say()
            for outcome in await asyncio.to_thread(self._reports, order, made, (reports, images)):
                told.append(outcome)
                self.job = _counted(outcome, self.job)
        profile = await asyncio.to_thread(means.engine.profile, order.deidentify.profile)
        await asyncio.to_thread(partial(write_report, made, order.deidentify.project, profile, told))
        paths = [outcome.path for outcome in told if outcome.state == "released"]
        if order.mapping and rows:
            means.mappings.mkdir(parents=True, exist_ok=True, mode=0o700)
            await asyncio.to_thread(write_mapping, means.mappings / f"{order.job_id}.csv", rows)
        await self._pack(paths, NAME)
        await self._packed("no file could be released")

    def _reports(
        self, order: DeidentifyFiles, made: Path, files: tuple[Sequence[Source], Sequence[Source]]
    ) -> list[Outcome]:
        """Of the files that hold reports, by what the images beside them say of their patients."""
        reports, images = files
        how = self._means.engine.order(made, order.deidentify)
        return [outcome for _, outcome in clean_reports(how, reports, images)]

    async def _preview(self, order: PreviewFiles) -> None:
        means, given = self._means, self._means.exchange.given(order.job_id)
        self.job = replace(self.job, total=1, done=0, refused=0)
        await self._say()
        size = await asyncio.to_thread(unpacked_bytes, given, means.limits)
        await asyncio.to_thread(means.room.demand, size)
        how = await asyncio.to_thread(means.engine.order, self.made, order.deidentify)
        content = await previewed(given, how)
        await asyncio.to_thread(means.exchange.put_preview, order.job_id, content)
        self.job = replace(self.job, done=1)
        await self._end("complete", "")

    async def _convert(self, order: ConvertFiles) -> None:
        means, made, given = self._means, self.made, self._means.exchange.given(order.job_id)
        await self._begin(given)
        attributes = tuple((one.keyword, one.value) for one in order.attributes)
        self.job = replace(self.job, total=None, done=0, refused=0)
        await self._say()
        async with aclosing(converted(Wanted(given, made, order.to, attributes, order.table))) as work:
            async for kind, words in work:
                match kind:
                    case "total":
                        self.job = replace(self.job, total=int(words))
                    case "converted":
                        self.job = replace(self.job, done=self.job.done + 1)
                    case "refused":
                        self.job = replace(self.job, refused=self.job.refused + 1)
                if time.monotonic() - self._said_at > means.patience.say:
                    await self._say()
        await self._pack(_made(made), CONVERSION_REPORT)
        await self._packed("no file could be converted")

    @property
    def made(self) -> Path:
        """A folder of this turn alone: whoever was taken for dead writes into another one."""
        return self._means.staging / str(self.job.job_id) / self.job.holder

    async def _begin(self, given: Path) -> None:
        """Raises `UnpacksToTooMuch`, and `DestinationAway` when there is no room for what is made, and for its zip."""
        size = await asyncio.to_thread(unpacked_bytes, given, self._means.limits)
        await asyncio.to_thread(self._means.room.demand, 2 * size)
        await asyncio.to_thread(_alone, self.made)

    async def _pack(self, paths: Sequence[str], report: str) -> None:
        """Raises `LeaseLost`: another one's result is in the making then."""
        if not await self._means.jobs.renew(self.job):
            raise LeaseLost("the job is not wanted any more, or another exporter has taken it over")
        turn = (self.job.job_id, self.job.holder)
        await asyncio.to_thread(self._means.exchange.pack, turn, self.made, paths, report)

    async def _packed(self, nothing: str) -> None:
        is_whole = self.job.done and not self.job.refused
        await self._end("complete" if is_whole else "incomplete", "" if self.job.done else nothing)

    async def _say(self) -> None:
        self._said_at = time.monotonic()
        self.job = replace(self.job, state="running", revision=self.job.revision + 1)
        await self._means.publish(message(self.job))

    async def _end(self, state: FilesState, problem: str) -> None:
        ended = replace(self.job, state=state, problem=problem, revision=self.job.revision + 1)
        await asyncio.to_thread(_gone, self.made)
        await self._means.publish(message(ended))
        await self._means.jobs.end(ended)


def _counted(outcome: Outcome, job: Job) -> Job:
    left = outcome.state in ("released", "repeated")
    return replace(job, done=job.done + left, refused=job.refused + (outcome.state == "held back"))


def _made(folder: Path) -> list[str]:
    """What a conversion made, without its report."""
    files = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.as_posix() for path in files if path.name not in REPORTS and not path.name.startswith(".")]


def _alone(folder: Path) -> None:
    """A new folder, without those of turns that have ended otherwise."""
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)


def _gone(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # another turn's files lie there
        folder.parent.rmdir()
