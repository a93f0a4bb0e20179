"""DICOM in TLS as a caller: whose certificate is believed, and that ours is shown."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

from radquarry.configuration.sections import NodeTls, Pacs, PeerTls
from radquarry.dicom.connection import tended
from radquarry.dicom.echo import echo
from radquarry.dicom.peer import PacsAway, PacsRefuses, configured_peer
from tests.mover.retrieving import small_hospital, ward


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`pacs` for 127.0.0.1, `stranger` for elsewhere and `ours`, each signed by itself."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, host in (("pacs", "IP:127.0.0.1"), ("stranger", "DNS:elsewhere.example"), ("ours", "DNS:radquarry")):
        files = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"]
        subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={host}", "-days", "2"]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


@contextmanager
def serving(certificates: Path, name: str = "pacs", *, asks_for_ours: bool = False) -> Iterator[Pacs]:
    """A PACS in TLS that answers C-ECHO."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    if asks_for_ours:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates / "ours.pem")
    entity = AE(ae_title="PACS")
    entity.add_supported_context(Verification)
    handlers = tended((evt.EVT_C_ECHO, lambda _event: 0x0000))
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=context)
    assert server is not None
    try:
        yield Pacs(ae_title="PACS", host="127.0.0.1", port=server.server_address[1], timeout_seconds=5)
    finally:
        server.shutdown()


async def echoed(pacs: Pacs, **tls: object) -> float:
    """How long a C-ECHO in TLS takes."""
    encrypted = pacs.model_copy(update={"tls": PeerTls.model_validate(tls)})
    return await echo(configured_peer("main", encrypted, "RADQUARRY"))


async def test_a_pacs_whose_certificate_is_believed_answers(certificates: Path) -> None:
    with serving(certificates) as pacs:
        assert await echoed(pacs, ca=certificates / "pacs.pem") > 0


@pytest.mark.parametrize("tls", [{}, {"ca": "ours.pem"}])
async def test_a_certificate_that_nobody_we_know_signed_is_not_believed(
    certificates: Path, tls: dict[str, str]
) -> None:
    believed = {name: certificates / file for name, file in tls.items()}
    with serving(certificates) as pacs, pytest.raises(PacsAway, match="TLS"):
        await echoed(pacs, **believed)


async def test_a_certificate_for_another_host_is_believed_only_when_told_so(certificates: Path) -> None:
    ca = certificates / "stranger.pem"
    with serving(certificates, "stranger") as pacs:
        with pytest.raises(PacsAway, match="TLS"):
            await echoed(pacs, ca=ca)

        assert await echoed(pacs, ca=ca, verify_host=False) > 0


async def test_a_pacs_that_asks_for_our_certificate_is_shown_it(certificates: Path) -> None:
    ours = {"certificate": certificates / "ours.pem", "key": certificates / "ours.key"}
    with serving(certificates, asks_for_ours=True) as pacs:
        assert await echoed(pacs, ca=certificates / "pacs.pem", **ours) > 0
        with pytest.raises(PacsAway):
            await echoed(pacs, ca=certificates / "pacs.pem")


async def test_certificates_that_cannot_be_used_are_named_and_no_waiting_helps(tmp_path: Path) -> None:
    pacs = Pacs(ae_title="PACS", host="127.0.0.1", port=1)
    with pytest.raises(PacsRefuses, match="the certificates cannot be used"):
        await echoed(pacs, ca=tmp_path / "nowhere.pem")


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValidationError, match="certificate and key"):
        PeerTls(certificate=Path("a.pem"))


async def test_what_comes_by_c_get_reaches_a_node_of_ours_that_speaks_tls_only(
    certificates: Path, tmp_path: Path
) -> None:
    tls = NodeTls(certificate=certificates / "stranger.pem", key=certificates / "stranger.key")
    async with ward(small_hospital(), tmp_path, tls=tls, retrieve="c-get") as it:
        wanted = it.uids[:3]

        end = await it.heard.end(await it.order(*wanted))

        assert end.state == "complete"
        assert it.files() == sorted(it.instances(*wanted))


async def test_a_node_that_believes_a_certificate_alone_takes_what_shows_it(certificates: Path, tmp_path: Path) -> None:
    mine = {"certificate": certificates / "ours.pem", "key": certificates / "ours.key"}
    async with ward(small_hospital(), tmp_path, tls=NodeTls(**mine, ca=mine["certificate"]), retrieve="c-get") as it:
        end = await it.heard.end(await it.order(*it.uids[:1]))

        assert end.state == "complete"
