"""Tells how many objects are in the quarantine, and why: by the reasons that storescp itself gave, nothing else."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from radquarry.bus.port import Publish
from radquarry.messages import MeasureQuarantine, QuarantineMeasured, RefusedObjects
from radquarry.storescp.quarantine import Quarantine, Refused

MOST_REASONS = 50


async def measure_quarantine(order: MeasureQuarantine, *, quarantine: Quarantine, publish: Publish) -> None:
    """Count, and say so."""
    refused = await asyncio.to_thread(quarantine.refused)
    await publish(
        QuarantineMeasured.after(
            order,
            objects=len(refused),
            bytes=sum(one.bytes for one in refused),
            oldest_at=min((one.received_at for one in refused), default=None),
            newest_at=max((one.received_at for one in refused), default=None),
            reasons=_by_reason(refused),
            measured_at=datetime.now(UTC),
        )
    )


def _by_reason(refused: list[Refused]) -> tuple[RefusedObjects, ...]:
    counts = Counter((one.reason, one.calling_ae_title) for one in refused)
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return tuple(
        RefusedObjects(reason=reason, calling_ae_title=title, objects=count)
        for (reason, title), count in most_first[:MOST_REASONS]
    )
