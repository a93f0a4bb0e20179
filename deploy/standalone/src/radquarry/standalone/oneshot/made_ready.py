"""The files of a command made ready to leave, as they are or de-identified; those that may not are told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.ledger import Expected
from radquarry.exporter.delivery.staging import staged
from radquarry.exporter.dicom_bytes.elements import plain
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.holding import UID_TAGS, NoImage, recognised
from radquarry.exporter.runs.sources import Source, opened, sources_in
from radquarry.exporter.ways.port import Staged
from radquarry.messages import Deidentification
from radquarry.standalone.oneshot.progress import Pace, shown


@dataclass(frozen=True)
class Lost:
    """An input that does not leave, as the user calls it, and why."""

    shown: str
    reason: str


@dataclass
class Ready:
    """What may leave, by instance once; `names` is how the user calls each."""

    total: int = 0
    files: list[Staged] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    passed_over: int = 0
    _known: dict[str, Staged] = field(default_factory=dict)

    def take(self, file: Staged, source: Source) -> None:
        """One more; the same instance a second time is none more."""
        known = self._known.setdefault(file.sop_instance_uid, file)
        if known is file:
            self.files.append(file)
            self.names[file.sop_instance_uid] = source.shown
        elif known.sha256 == file.sha256:
            self.passed_over += 1
        else:
            self.lost.append(Lost(source.shown, "another file of the same instance is delivered"))


async def as_they_are(inputs: Sequence[Path], folder: Path, screen: Console) -> Ready:
    """Identified; what lies in a zip archive is unpacked into `folder`."""
    sources = tuple(sources_in(inputs, folder))
    ready = Ready(total=len(sources))
    with shown(screen, Pace(len(sources), 0, 0), "ready", "files") as bar:
        for source in sources:
            before = len(ready.files)
            await asyncio.to_thread(_look_at, source, folder, ready)
            bar.step(len(ready.files) - before)
    return ready


def _look_at(source: Source, folder: Path, ready: Ready) -> None:
    try:
        with held_back_at_worst(), opened(source) as view:
            file = recognised(view)
            if isinstance(file, NoImage):
                ready.passed_over += 1
                return
            study, series, instance = (plain(file.dataset, tag) for tag in UID_TAGS.values())
            path = source.path
            if source.member is not None:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                path = folder / f"{source.number}.dcm"
                path.write_bytes(view)
            ready.take(staged(Expected(study, series, instance), path), source)
    except HeldBack as fault:
        ready.lost.append(Lost(source.shown, str(fault)))


async def cleaned(
    engine: Engine, how: Deidentification, inputs: Sequence[Path], folder: Path, screen: Console
) -> Ready:
    """De-identified, in `folder`."""
    sources = tuple(sources_in(inputs, folder))
    ready = Ready(total=len(sources))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with shown(screen, Pace(len(sources), 0, 0), "ready", "files") as bar:
        async with engine.cleaned(folder, how, sources, map_wanted=False) as work:
            async for source, outcome, _ in work:
                ready.outcomes.append(outcome)
                bar.step(outcome.state == "released")
                if outcome.state == "released":
                    _, study, series, name = outcome.path.split("/")
                    wanted = Expected(study, series, name.removesuffix(".dcm"))
                    ready.take(await asyncio.to_thread(staged, wanted, folder / outcome.path), source)
                elif outcome.state == "held back":
                    ready.lost.append(Lost(source.shown, outcome.reason))
                else:
                    ready.passed_over += 1
    await engine.close()
    return ready
