"""A DICOM node as a peer, and what goes wrong with it, in our two families of error."""

from dataclasses import dataclass
from math import inf

from radquarry.configuration.sections import Pacs
from radquarry.dicom.encryption import Tls
from radquarry.errors import Permanent, Postponed, Transient


@dataclass(frozen=True)
class Peer:
    """Where a DICOM node listens, and the AE title we call it with."""

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae_title: str
    timeout_seconds: float = 60
    tls: Tls | None = None


def configured_peer(name: str, pacs: Pacs, calling_ae_title: str, at_most_seconds: float = inf) -> Peer:
    """A PACS as `radquarry.yaml` has it."""
    tls = Tls(**dict(pacs.tls)) if pacs.tls is not None else None
    timeout = min(pacs.timeout_seconds, at_most_seconds)
    return Peer(name, pacs.ae_title, pacs.host, pacs.port, calling_ae_title, timeout, tls)


class PacsAway(Transient):
    """No connection, refused for now, aborted, or no answer in time."""


class PacsRefuses(Permanent):
    """The PACS will never take this from us as it is configured: AE titles, contexts, unknown destination."""


class PacsStopped(Postponed):
    """An administrator has stopped our traffic to this PACS."""


class OutsideWindows(Postponed):
    """It is not the time of the week in which this PACS may be asked."""


class FewerAssociations(Postponed):
    """An administrator allows this PACS fewer associations than are open."""
