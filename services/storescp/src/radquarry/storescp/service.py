"""Storescp as a value: it says what it has stored, removes what it is told to, and tells what it refused."""

from functools import partial

from radquarry.bus.port import Publish
from radquarry.messages import MeasureQuarantine, RemoveInstances
from radquarry.service import Service
from radquarry.storescp.announcer import Announcer
from radquarry.storescp.archive import Archive
from radquarry.storescp.quarantine import Quarantine
from radquarry.storescp.refusals import measure_quarantine
from radquarry.storescp.removal import remove_instances


def storescp(announcer: Announcer, archive: Archive, quarantine: Quarantine, publish: Publish) -> Service:
    """The half that speaks on the bus; the receiving half lives in threads of its own."""
    return Service(
        name="storescp",
        handlers={
            RemoveInstances: partial(remove_instances, archive=archive, publish=publish),
            MeasureQuarantine: partial(measure_quarantine, quarantine=quarantine, publish=publish),
        },
        loops=(announcer.run,),
    )
