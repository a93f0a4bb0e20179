"""DICOM over TLS: who shows no certificate of ours gets no association."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from pynetdicom import AE

from radquarry.configuration.sections import Node, NodeTls
from radquarry.dicom.connection import tended
from tests.mover.retrieving import free_port
from tests.storescp.receiving import ListeningBus, listening
from tests.storescp.samples import CALLER, instance
from tests.storescp.speaking import Speaker, association_request
from tests.storescp.test_receiver import SECONDARY_CAPTURE, with_head

if shutil.which("openssl") is None:
    pytest.skip("openssl, which makes the certificates, is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> NodeTls:
    """A certificate that signs itself and is its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    alternative = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, *alternative, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60
    )
    return NodeTls(certificate=certificate, key=key, ca=certificate)


def send(port: int, tls: NodeTls, *, shows_certificate: bool) -> int | None:
    """The status of one instance; None when there was no association."""
    context = ssl.create_default_context(cafile=str(tls.ca))
    if shows_certificate:
        context.load_cert_chain(tls.certificate, tls.key)
    entity = AE(ae_title=CALLER)
    entity.add_requested_context(*SECONDARY_CAPTURE)
    association = entity.associate("127.0.0.1", port, tls_args=(context, "localhost"), evt_handlers=tended())
    if not association.is_established:
        return None
    status = association.send_c_store(with_head(instance(BitsAllocated=8, PixelData=bytes(300_000)))).Status
    association.release()
    return int(status)


async def test_a_sender_with_a_certificate_of_ours_is_taken_and_one_without_is_not(
    tmp_path: Path, tls: NodeTls
) -> None:
    node = Node(host="127.0.0.1", port=free_port(), allowed_callers=(CALLER,), tls=tls)
    bus = ListeningBus()
    async with listening(tmp_path, bus, node=node):
        with_one = await asyncio.to_thread(send, node.port, tls, shows_certificate=True)
        without = await asyncio.to_thread(send, node.port, tls, shows_certificate=False)
        await bus.until(1)

    assert (with_one, without) == (0x0000, None)


async def test_without_tls_nobody_gets_in(tmp_path: Path, tls: NodeTls) -> None:
    node = Node(host="127.0.0.1", port=free_port(), allowed_callers=(CALLER,), tls=tls)
    async with listening(tmp_path, ListeningBus(), node=node):

        def call() -> bytes:
            with Speaker(node.port) as speaker:
                speaker.socket.sendall(association_request())
                try:
                    return speaker.socket.recv(1)
                except ConnectionResetError:
                    return b""

        assert await asyncio.to_thread(call) in (b"", b"\x15")  # nothing, or a TLS alert


async def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, tls: NodeTls) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nonsense")
    node = Node(host="127.0.0.1", port=free_port(), tls=NodeTls(certificate=wrong, key=tls.key))
    with pytest.raises(OSError, match=r"node\.tls: "):
        async with listening(tmp_path, ListeningBus(), node=node):
            pass
