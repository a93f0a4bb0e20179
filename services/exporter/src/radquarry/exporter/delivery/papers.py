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
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.delivery.consignment import Consignment
from radquarry.exporter.delivery.names_known import NamesKnown
from radquarry.exporter.delivery.reports import reason_to_keep_reports, write_reports
from radquarry.exporter.release.report import write_report
from radquarry.exporter.ways.port import Answer, Way
from radquarry.index.port import Index


@dataclass(frozen=True)
class Papers:
    """`shown` is the folder that the api sees, `own` one of the exporter's."""

    account: Account
    engine: Engine
    names: NamesKnown
    index: Index
    shown: Path
    own: Path

    async def write(self, of: Consignment, way: Way, leaving: Sequence[Answer] = ()) -> Path | None:
        """A folder with what is to lie beside the images; None when that is nothing.

        Raises `ReportNotWritten`, `ProfileUnusable`, `MappingRefused`, `PeerAway`, `OSError`.
        """
        folder = self.own / str(of.delivery_id)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if of.deidentify is not None:
            await self._release_report(of, folder, leaving)
            if of.mapping:
                await self.names.write(of)
        if of.reports and not reason_to_keep_reports(of, takes_papers=way.takes_papers):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            await write_reports(self.index, await self.account.studies(of.delivery_id, leaving), folder)
        return folder if way.takes_papers and folder.is_dir() else None

    async def clear(self, of: Consignment) -> None:
        """The exporter's own folder is needed no more."""
        await asyncio.to_thread(shutil.rmtree, self.own / str(of.delivery_id), ignore_errors=True)

    async def _release_report(self, of: Consignment, folder: Path, leaving: Sequence[Answer]) -> None:
        if of.deidentify is None:
            return
        told = await self.account.outcomes(of.delivery_id, leaving)
        profile = await asyncio.to_thread(self.engine.profile, of.deidentify.profile)
        for place in (self.shown / str(of.delivery_id), folder):
            place.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(partial(write_report, place, of.deidentify.project, profile, told))
