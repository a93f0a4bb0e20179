"""Storescp as a value: it hears nobody on the bus, and says what it has stored."""

from radquarry.service import Service
from radquarry.storescp.announcer import Announcer


def storescp(announcer: Announcer) -> Service:
    """The announcing half; the receiving half lives in threads of its own."""
    return Service(name="storescp", loops=(announcer.run,))
