"""What this process did to each PACS, once a minute."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from radquarry.dicom.load import Load
from radquarry.dicom.load_standing import Standing

MINUTE_SECONDS = 60.0


@dataclass(frozen=True)
class Traffic:
    """The fields of a `PacsTraffic`."""

    pacs: str
    source: str
    begun_at: datetime
    seconds: float
    requests: int
    refused: int
    failed: int
    milliseconds_median: float | None
    milliseconds_slowest: float | None
    associations_allowed: int
    reason: str


async def minutes(load: Load, service: str, seconds: float = MINUTE_SECONDS) -> AsyncIterator[Traffic]:
    """For ever, every so many `seconds`: one for each PACS that was asked or for which something waits."""
    source = f"{service}-{uuid4().hex[:8]}"
    while True:
        begun_at = datetime.now(UTC)
        await asyncio.sleep(seconds)
        for standing in load.all():
            traffic = _since(begun_at, standing, source)
            if traffic is not None:
                yield traffic


def _since(begun_at: datetime, standing: Standing, source: str) -> Traffic | None:
    minute, held_back = standing.meter.take_minute(), standing.held_back
    reason, standing.held_back = standing.reason, ""
    if not (minute.requests or minute.refused or minute.failed or held_back):
        return None
    return Traffic(
        standing.pacs, source, begun_at, **vars(minute), associations_allowed=standing.allowed, reason=reason
    )
