"""What accompanies a delivery: the release report of de-identified files, the reports of studies, the mapping.

The release report also lies in the folder that the exporter shares with the api, whatever the destination.
"""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from radquarry.exporter.delivery.account import Account
from radquarry.exporter.delivery.cleaned_reports import Places, write_cleaned_reports
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.names_known import NamesKnown
from radquarry.exporter.delivery.reports import documents_of, reason_to_keep_reports, write_reports
from radquarry.exporter.release.report import write_report
from radquarry.exporter.ways.port import Answer, Way
from radquarry.index.port import Index

WORK = "{}.reports"
"""Where reports are cleaned, one at a time."""


@dataclass(frozen=True)
class Written:
    """`folder` is None when nothing lies beside the images; `kept` says which reports stayed, and why."""

    folder: Path | None
    kept: str = ""


@dataclass(frozen=True)
class Papers:
    """`shown` is the folder that the api sees, `own` one of the exporter's, `archive` that of the images."""

    account: Account
    engine: Engine
    names: NamesKnown
    index: Index
    shown: Path
    own: Path
    archive: Path

    async def write(self, of: Consignment, way: Way, leaving: Sequence[Answer] = ()) -> Written:
        """A folder with what is to lie beside the images, and what had to stay.

        Raises `ReportNotWritten`, `ProfileUnusable`, `MappingRefused`, `PeerAway`, `OSError`.
        """
        folder = self.own / str(of.delivery_id)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if of.deidentify is not None:
            await self._release_report(of, folder, leaving)
            if of.mapping:
                await self.names.write(of)
        kept = reason_to_keep_reports(of, takes_papers=way.takes_papers)
        if of.reports and not kept:
            kept = await self._reports(of, folder, leaving)
        return Written(folder if way.takes_papers and folder.is_dir() else None, kept)

    async def clear(self, of: Consignment) -> None:
        """The exporter's own folders are needed no more; one that died may have left an original in the second."""
        for name in (str(of.delivery_id), WORK.format(of.delivery_id)):
            await asyncio.to_thread(shutil.rmtree, self.own / name, ignore_errors=True)

    async def _reports(self, of: Consignment, folder: Path, leaving: Sequence[Answer]) -> str:
        """Those that had to stay, in words."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        studies = await self.account.studies(of.delivery_id, leaving)
        if of.deidentify is None:
            await write_reports(self.index, studies, folder)
            return ""
        work = self.own / WORK.format(of.delivery_id)
        order = await asyncio.to_thread(self.engine.order, work, of.deidentify)
        return await write_cleaned_reports(order, documents_of(self.index, studies), Places(self.archive, work, folder))

    async def _release_report(self, of: Consignment, folder: Path, leaving: Sequence[Answer]) -> None:
        if of.deidentify is None:
            return
        told = await self.account.outcomes(of.delivery_id, leaving)
        profile = await asyncio.to_thread(self.engine.profile, of.deidentify.profile)
        for place in (self.shown / str(of.delivery_id), folder):
            place.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(partial(write_report, place, of.deidentify.project, profile, told))
