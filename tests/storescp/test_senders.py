"""Others' senders: what dcmtk and Orthanc send of pydicom's samples arrives as dcmtk's bit-preserving receiver gets it.

Both encode data sets anew, so the files on disk are no measure of what they send.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from radquarry.configuration.sections import Node
from tests.mover.retrieving import free_port
from tests.servers import addresses
from tests.storescp.process import eventually
from tests.storescp.receiving import ListeningBus, listening
from tests.storescp.samples import CALLER, data_set_bytes, sample_files
from tests.storescp.speaking import listens

SECONDS = 60
UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
"""Transfer syntaxes that `storescu` offers without being told."""
MISNAMED = "rtdose_rle.dcm"
"""Its UIDs are written with VR UN, which dcmtk reads as another UID: it asks to store one and sends the other."""

if shutil.which("storescu") is None or shutil.which("storescp") is None:
    pytest.skip("dcmtk is not installed", allow_module_level=True)


@contextmanager
def bit_preserving(folder: Path, port: int) -> Iterator[None]:
    """dcmtk's receiver, which writes what comes without reading it."""
    folder.mkdir()
    command = ["storescp", "+B", "+xa", "-od", folder, str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: listens(port))
            yield
        finally:
            process.terminate()


def received(folder: Path) -> dict[str, bytes]:
    """The data sets in a folder, by SOP Instance UID."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data, read = data_set_bytes(path)
            found[str(read.SOPInstanceUID)] = data
    return found


async def compared(folder: Path, port: int, caller: str, send: Callable[[], int]) -> None:
    """Send the same to both on the same port."""
    with bit_preserving(folder / "theirs", port):
        expected = await asyncio.to_thread(send)
    bus = ListeningBus()
    node = Node(host="127.0.0.1", port=port, allowed_callers=(caller,))
    async with listening(folder / "ours", bus, node=node):
        assert await asyncio.to_thread(send) == expected
        await bus.until(expected)

    assert expected
    assert received(folder / "ours" / "archive") == received(folder / "theirs")


async def test_dcmtk_sends(tmp_path: Path) -> None:
    port = free_port()
    files = [
        path for path in sample_files() if str(data_set_bytes(path)[1].file_meta.TransferSyntaxUID) in UNCOMPRESSED
    ]

    def send() -> int:
        command = ["storescu", "-R", "-aet", CALLER, "127.0.0.1", str(port), *files]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        return len(files)

    await compared(tmp_path, port, CALLER, send)


@pytest.mark.servers
async def test_orthanc_sends(tmp_path: Path) -> None:
    addresses.need("orthanc")
    port = free_port()
    with httpx.Client(base_url=addresses.orthanc_url(), timeout=SECONDS) as client, uploaded(client, port) as instances:

        def send() -> int:
            for instance in instances:
                client.post("/modalities/storescp-test/store", content=instance).raise_for_status()
            return len(instances)

        await compared(tmp_path, port, "ORTHANC", send)


@contextmanager
def uploaded(client: httpx.Client, port: int) -> Iterator[list[str]]:
    """Orthanc's names of the samples that it takes, while it knows us at `port`; what is new to it is deleted again."""
    peer = {"AET": "RADQUARRY", "Host": "127.0.0.1", "Port": port}
    client.put("/modalities/storescp-test", json=peer).raise_for_status()
    answers = [client.post("/instances", content=path.read_bytes()) for path in sample_files() if path.name != MISNAMED]
    taken = [answer.json() for answer in answers if answer.status_code == 200]
    try:
        yield [each["ID"] for each in taken]
    finally:
        client.delete("/modalities/storescp-test")
        for each in taken:
            if each["Status"] == "Success":
                client.delete(f"/instances/{each['ID']}")
