"""What the ways to a peer that speaks DICOM have alike: it takes objects alone, and what is half sent is its own."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from uuid import UUID

from radquarry.dicom.stored_file import NotADicomFile, parcel_of
from radquarry.dicom.storing import Parcel
from radquarry.exporter.ways.port import Answer, Shipment, Staged

Load = tuple[Staged, Parcel]
"""A file, and what it says it is now."""


class DicomPeer:
    """All of a `Way` but `deliver`."""

    whole = False
    takes_papers = False

    async def accompany(self, shipment: Shipment, folder: Path) -> None:
        """Nothing lies beside objects there."""

    async def unfinished(self) -> Collection[UUID]:
        """Nothing half of ours lies there."""
        return ()

    async def clear(self, delivery_id: UUID) -> None:
        """Nothing half of ours lies there."""


async def loads_of(files: Sequence[Staged]) -> tuple[list[Load], list[Answer]]:
    """What can be sent, and the answers for what cannot: it is no DICOM file, it is damaged, or it cannot be read."""
    loads: list[Load] = []
    unsendable: list[Answer] = []
    for file in files:
        try:
            loads.append((file, await asyncio.to_thread(parcel_of, file.path)))
        except NotADicomFile as fault:
            unsendable.append(Answer(file, "failed", str(fault)))
        except OSError:
            unsendable.append(Answer(file, "failed", "it cannot be read"))
    return loads, unsendable
