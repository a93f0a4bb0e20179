"""Tells an installation what has come into its archive, so that its movers do not fetch it again."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from radquarry.bus.opening import open_bus
from radquarry.messages import InstancesStored, StoredInstance
from radquarry.stamps import stored_at
from radquarry.standalone.oneshot.sorting import Instance

SOME = 200


@asynccontextmanager
async def opened_announcing(bus_url: str | None) -> AsyncIterator[Callable[[Sequence[Instance]], Awaitable[None]]]:
    """To the bus of an installation; without one nobody is told. Raises `PeerAway`."""
    if bus_url is None:
        yield _to_nobody
        return
    async with open_bus(bus_url) as bus:

        async def announce(instances: Sequence[Instance]) -> None:
            for start in range(0, len(instances), SOME):
                stored = await asyncio.to_thread(_all_stored, instances[start : start + SOME])
                await bus.publish(InstancesStored(instances=stored))

        yield announce


async def _to_nobody(instances: Sequence[Instance]) -> None:
    del instances


def _all_stored(instances: Sequence[Instance]) -> tuple[StoredInstance, ...]:
    """What has left the archive again meanwhile is not told of."""
    stored = []
    for instance in instances:
        with suppress(FileNotFoundError):
            stored.append(_stored(instance))
    return tuple(stored)


def _stored(instance: Instance) -> StoredInstance:
    with instance.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        status = os.fstat(file.fileno())
    return StoredInstance(
        study_instance_uid=instance.study_instance_uid,
        series_instance_uid=instance.series_instance_uid,
        sop_instance_uid=instance.sop_instance_uid,
        bytes=status.st_size,
        sha256=digest,
        stored_at=stored_at(status),
    )
