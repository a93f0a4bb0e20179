"""From a destination of the configuration to the way that goes there."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from radquarry.configuration.sections import Destination
from radquarry.dicom.commitment import Answers, listening
from radquarry.dicom.encryption import Tls
from radquarry.dicom.peer import Peer
from radquarry.exporter.ways.committing import Committing
from radquarry.exporter.ways.dicom_node import DicomNode
from radquarry.exporter.ways.dicomweb import DicomWeb
from radquarry.exporter.ways.directory import Directory
from radquarry.exporter.ways.pattern import Pattern
from radquarry.exporter.ways.port import Way
from radquarry.exporter.ways.zip_archive import ZipArchive

COMMITMENT_SECONDS = 300.0
"""How long a node may take to answer for what it took, until it is asked again."""


@contextmanager
def opened_ways(
    destinations: Mapping[str, Destination], ae_title: str, commitment_seconds: float = COMMITMENT_SECONDS
) -> Iterator[dict[str, Way]]:
    """By name; for nodes that answer by associations of their own, our side listens meanwhile. Raises `OSError`."""
    answers = Answers()
    with ExitStack() as stack:
        ports = {one.commitment_port for one in destinations.values() if one.storage_commitment}
        for port in sorted(port for port in ports if port is not None):
            stack.enter_context(listening(ae_title, "0.0.0.0", port, answers))  # noqa: S104 - nodes must reach us
        ways = {}
        for name, one in destinations.items():
            committing = Committing(answers, commitment_seconds, is_listening=one.commitment_port is not None)
            ways[name] = way_to(name, one, ae_title, committing)
        yield ways


def way_to(name: str, destination: Destination, ae_title: str, committing: Committing) -> Way:
    """The way to one destination."""
    match destination.kind:
        case "directory":
            assert destination.path is not None  # noqa: S101 - the configuration demands it
            pattern = Pattern.parsed(destination.pattern)
            if destination.zip:
                password = destination.password.get_secret_value() if destination.password else ""
                return ZipArchive(destination.path, pattern, password)
            return Directory(destination.path, pattern)
        case "dicomweb":
            return DicomWeb(destination)
        case "dicom":
            return DicomNode(_peer(name, destination, ae_title), committing if destination.storage_commitment else None)


def _peer(name: str, destination: Destination, ae_title: str) -> Peer:
    tls = Tls(**dict(destination.tls)) if destination.tls is not None else None
    where = destination.ae_title or "", destination.host or "", destination.port or 0
    return Peer(name, *where, ae_title, destination.timeout_seconds, tls)
