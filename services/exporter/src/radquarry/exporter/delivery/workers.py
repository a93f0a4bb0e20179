"""Loops that take due studies and work them off."""

import asyncio
from functools import partial

import structlog

from radquarry.errors import PeerAway, Transient
from radquarry.exporter.delivery.means import Means
from radquarry.exporter.delivery.turn import Turn, kept_up
from radquarry.service import Loop

AT_ONCE = 4
"""Turns in one process: while one waits for a node, others go on."""

log = structlog.get_logger(__name__)


def workers(means: Means) -> tuple[Loop, ...]:
    """They share the studies, with those of other processes, too."""
    return tuple(partial(_work, means) for _ in range(AT_ONCE))


async def _work(means: Means) -> None:
    whole = frozenset(name for name, way in means.ways.items() if way.whole)
    singly = frozenset(means.ways) - whole
    while True:
        try:
            lease = await means.leases.take(singly, whole)
            if lease is None:
                await means.bell.wait(means.patience.idle)
                continue
            try:
                await kept_up(Turn(lease, means), lease, means)
            except PeerAway:
                await means.leases.drop(lease.holder)
                raise
            means.bell.ring()
        except Transient as error:
            log.warning("the exporter waits", reason=str(error))
            await asyncio.sleep(means.patience.idle)
