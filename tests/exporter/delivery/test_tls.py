"""Deliveries in TLS: to a node and to a web service whose certificate is believed, and to none that is not."""

import ssl
from pathlib import Path

import pytest

from radquarry.configuration.sections import Destination, PeerTls
from radquarry.exporter.ways.dicomweb import DicomWeb
from radquarry.exporter.ways.port import DestinationAway
from tests.exporter.delivery.nodes import node, web
from tests.exporter.delivery.stow import response
from tests.exporter.delivery.test_dicom_node import way
from tests.exporter.delivery.test_ways import deliver, files_of
from tests.mover.test_tls import certificates

__all__ = ["certificates"]


def context(folder: Path, name: str = "pacs") -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return made


def believed(folder: Path) -> PeerTls:
    return PeerTls(ca=folder / "pacs.pem")


async def test_a_node_in_tls_takes_what_is_delivered(certificates: Path, tmp_path: Path) -> None:
    with node(tls=context(certificates)) as it:
        answers = await deliver(way(it.port, tls=believed(certificates)), files_of(tmp_path))

    assert [answer.state for answer in answers] == ["delivered"] * 3
    assert len(it.got) == 3


async def test_a_node_that_is_somebody_else_gets_nothing(certificates: Path, tmp_path: Path) -> None:
    with node(tls=context(certificates, "stranger")) as it, pytest.raises(DestinationAway, match="not in TLS"):
        await deliver(way(it.port, tls=believed(certificates)), files_of(tmp_path))

    assert it.got == []


async def test_a_web_service_in_tls_takes_what_is_delivered(certificates: Path, tmp_path: Path) -> None:
    with web(tls=context(certificates)) as it:
        it.tell = lambda uids: (200, {}, response(uids))
        there = Destination(kind="dicomweb", url=it.url, tls=believed(certificates))
        answers = await deliver(DicomWeb(there), files_of(tmp_path))

    assert [answer.state for answer in answers] == ["delivered"] * 3


async def test_a_web_service_that_is_somebody_else_gets_nothing(certificates: Path, tmp_path: Path) -> None:
    with web(tls=context(certificates, "stranger")) as it:
        there = Destination(kind="dicomweb", url=it.url, tls=believed(certificates))
        with pytest.raises(DestinationAway):
            await deliver(DicomWeb(there), files_of(tmp_path))

    assert it.got == []
