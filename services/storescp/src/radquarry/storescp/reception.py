"""What every association of this node needs."""

from collections.abc import Callable
from dataclasses import dataclass

from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.callers import Callers
from radquarry.storescp.encryption import Encryption
from radquarry.storescp.limits import Limits
from radquarry.storescp.quarantine import Quarantine
from radquarry.storescp.settings import Settings


@dataclass(frozen=True)
class Reception:
    """`keep` gets every instance once it is durable, from the association's thread, before its sender hears so."""

    archive: Archive
    quarantine: Quarantine
    callers: Callers
    keep: Callable[[Kept], None]
    limits: Limits
    encryption: Encryption | None = None


def open_reception(settings: Settings, archive: Archive, keep: Callable[[Kept], None]) -> Reception:
    """As the settings want it. Raises OSError."""
    return Reception(
        archive=archive,
        quarantine=Quarantine(settings.data_dir, settings.archive.keep_days),
        callers=Callers(settings.node, settings.pacs.values()),
        keep=keep,
        limits=Limits(),
        encryption=None if settings.node.tls is None else Encryption(settings.node.tls),
    )
