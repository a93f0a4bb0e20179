"""Delivers the files of a command: made ready, sent, told; repeated, it goes on."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from rich.console import Console

from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.room import GIGABYTE, Room
from radquarry.exporter.release.report import write_report
from radquarry.exporter.settings import Settings
from radquarry.exporter.ways.choosing import opened_ways
from radquarry.exporter.ways.port import Answer, DestinationAway, Shipment, Way
from radquarry.messages import Deidentification
from radquarry.standalone.oneshot.delivered import Delivered
from radquarry.standalone.oneshot.made_ready import Ready, as_they_are, cleaned
from radquarry.standalone.oneshot.saying import print_lines
from radquarry.standalone.oneshot.sending import Sending


@dataclass(frozen=True)
class Delivering:
    """What goes where, de-identified or as it is; `name` is that of the same command, every time."""

    settings: Settings
    to: str
    inputs: Sequence[Path]
    how: Deidentification | None
    engine: Engine
    remembered: Delivered | None
    name: UUID

    async def run(self, screen: Console) -> int:
        """0 when all is there. Raises `RunRefused`, `DestinationRefuses`, `ReportNotWritten`."""
        folder = self.settings.data_dir / "exporter" / "staging" / str(self.name)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        try:
            ready = await self._ready(folder, screen)
            destinations = {self.to: self.settings.destinations[self.to]}
            with opened_ways(destinations, self.settings.node.ae_title) as ways:
                return await self._send(ways[self.to], ready, screen)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _ready(self, folder: Path, screen: Console) -> Ready:
        if self.how is None:
            return await as_they_are(self.inputs, folder, screen)
        room = Room(folder.parent, self.settings.archive.reserve_gb * GIGABYTE)
        await asyncio.to_thread(room.demand, _size(self.inputs))
        return await cleaned(self.engine, self.how, self.inputs, folder, screen)

    async def _send(self, way: Way, ready: Ready, screen: Console) -> int:
        papers = partial(self._papers, ready)
        with suppress(DestinationAway):  # sending says so, too
            await way.clear(self.name)
        sending = Sending(way, Shipment(self.name, 1, papers, str(uuid4())), self.remembered)
        await sending.run(ready, screen)
        problems = [f"{one.shown}: {one.reason}" for one in ready.lost]
        beside = await papers([])
        if beside is not None and not sending.away:
            try:
                await way.accompany(sending.shipment, beside)
            except DestinationAway as fault:
                problems.append(f"the release report: {fault}")
        return _told(screen, ready, sending, problems)

    async def _papers(self, ready: Ready, _leaving: Sequence[Answer]) -> Path | None:
        """The release report, which also stays in the folder that a server would share with its pages."""
        if self.how is None:
            return None
        folder = self.settings.data_dir / "exchange" / "deliveries" / str(self.name)
        folder.mkdir(parents=True, exist_ok=True)
        profile = self.engine.profile(self.how.profile)
        await asyncio.to_thread(write_report, folder, self.how.project, profile, ready.outcomes)
        return folder


def _told(screen: Console, ready: Ready, sending: Sending, problems: list[str]) -> int:
    """Say what did not arrive and why; the exit code."""
    for uid, answer in sending.told.items():
        if answer.state == "failed":
            problems.append(f"{ready.names[uid]}: {answer.problem}")
    for uid in sending.left:
        reason = sending.away or (sending.told[uid].problem if uid in sending.told else "it was not answered for")
        problems.append(f"{ready.names[uid]}: {reason}")
    print_lines(screen, [f"not delivered: {problem}" for problem in problems], "red")
    arrived = [one for one in sending.told.values() if one.state == "delivered"]
    notes = Counter(one.problem for one in arrived if one.problem)
    print_lines(screen, [f"note: {count} files: {problem}" for problem, count in notes.most_common()], "yellow")
    words = f"{len(arrived)} delivered, {sending.before} delivered before, {ready.passed_over} passed over"
    print_lines(screen, [f"{ready.total} files: {words}, {len(problems)} not delivered"])
    return 1 if problems or not len(arrived) + sending.before else 0


def _size(inputs: Sequence[Path]) -> int:
    files = [path for given in inputs for path in (given.rglob("*") if given.is_dir() else [given])]
    return sum(path.stat().st_size for path in files if path.is_file())
