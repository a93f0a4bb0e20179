"""storescp against dcmtk's, Orthanc's and pynetdicom's receivers: the same 512² CT files from the same `storescu`.

The peers take turns in every round, and each one's median counts. dcmtk is tuned on both ends (`TCP_NODELAY=1`,
`TCP_BUFFER_LENGTH=262144`, and its receiver's longest PDU). What ours answers is durable and has a digest; nobody
else's is or has. What that takes by itself is measured beside them, as a bare loop over the same files.

ext4 looks at every file that was deleted in the last minutes before it makes one in the same part of the disk. Nobody
pays for what the one before left: each receiver's folder lies in a part of its own where the file system can do that.
"""

import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from bench import receivers
from bench.receivers import CALLER, TUNED, Opened
from bench.table import Figure
from tests.storescp.speaking import Speaker, long_instance

ROUNDS = 5
FILES = 600
"""Of a round, over all associations."""
FEW, MANY = 5_000, 100_000
"""Small instances after which memory is looked at."""
LONG = 2_000_000_000
MEGABYTE = 1_000_000
STORESCU = ("storescu", "-aet", CALLER, "-aec", "ORTHANC", "127.0.0.1")
"""Orthanc wants to be called by its name; the others answer to any."""

PEERS: dict[str, tuple[Opened, int]] = {
    "ours, 1": (receivers.ours, 1),
    "dcmtk, 1": (receivers.dcmtk, 1),
    "pynetdicom, 1": (receivers.pynetdicom, 1),
    "ours, 4": (receivers.ours, 4),
    "dcmtk --fork, 4": (receivers.dcmtk_forking, 4),
    "Orthanc, 4": (receivers.orthanc, 4),
    "ours in 2 processes, 4": (partial(receivers.ours, processes=2), 4),
}
"""Receivers, and how many associations send to each at once."""


def measure() -> list[Figure]:
    """Rates against the peers', and memory."""
    with tempfile.TemporaryDirectory() as name:
        files = written(Path(name))
        rates = {peer: statistics.median(found) for peer, found in measured(files).items()}
        bare = statistics.median(digested_and_durable(files) for _ in range(ROUNDS))
    return [*compared(rates), floor(rates, bare), *memory()]


def measured(files: list[Path]) -> dict[str, list[float]]:
    """Files a second of each peer in each round."""
    found: dict[str, list[float]] = {peer: [] for peer in PEERS}
    for _ in range(ROUNDS):
        for peer, (opened, associations) in PEERS.items():
            found[peer].append(rate(opened, files, associations))
    return found


def compared(rates: dict[str, float]) -> list[Figure]:
    """Ours over each peer's."""

    def ratio(own: str, peer: str, goal: float | None) -> Figure:
        made_of = f"{rates[own]:.0f}/s and {rates[peer]:.0f}/s, medians of {ROUNDS}"
        return Figure(f"storescp: {own} / {peer}", rates[own] / rates[peer], goal, made_of)

    return [
        ratio("ours, 1", "dcmtk, 1", 0.8),
        ratio("ours, 1", "pynetdicom, 1", 2),
        ratio("ours, 4", "dcmtk --fork, 4", 0.8),
        ratio("ours, 4", "Orthanc, 4", 1.5),
        ratio("ours in 2 processes, 4", "ours, 4", None),
    ]


def floor(rates: dict[str, float], bare: float) -> Figure:
    """Ours beside what dcmtk's receiver would reach if it did, one after the other, what ours does besides."""
    reachable = 1 / (1 / rates["dcmtk, 1"] + bare)
    made_of = f"{bare * 1000:.2f} ms a file for digest, fsync, rename and the folder's fsync; {reachable:.0f}/s"
    return Figure("storescp: ours, 1 / dcmtk and these, 1", rates["ours, 1"] / reachable, None, made_of)


def digested_and_durable(files: list[Path]) -> float:
    """Seconds a file that a digest and a durable name cost, beside writing it."""
    spent = 0.0
    with own_part_of_the_disk() as folder:
        names = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        for number, file in enumerate(files):
            data, part = file.read_bytes(), folder / f"{number}.part"
            with part.open("wb", buffering=0) as opened:
                opened.write(data)
                begun = time.perf_counter()
                hashlib.sha256(data).hexdigest()
                part.rename(folder / f"{number}.dcm")
                os.fsync(opened.fileno())
                os.fsync(names)
                spent += time.perf_counter() - begun
        os.close(names)
    return spent / len(files)


@contextmanager
def own_part_of_the_disk() -> Iterator[Path]:
    """An empty folder; on ext4 in a block group of its own (attribute T of the folder above it)."""
    with tempfile.TemporaryDirectory() as name:
        if program := shutil.which("chattr"):
            subprocess.run([program, "+T", name], stderr=subprocess.DEVNULL, check=False)
        folder = Path(name) / "received"
        folder.mkdir()
        yield folder


def rate(opened: Opened, files: list[Path], associations: int) -> float:
    """Files a second over `associations` senders at once."""
    with own_part_of_the_disk() as folder, opened(folder) as port:
        os.sync()  # nobody pays for what was written before
        begun = time.monotonic()
        senders = [
            subprocess.Popen([*STORESCU, str(port), *files[first::associations]], env=TUNED)
            for first in range(associations)
        ]
        codes = [sender.wait(600) for sender in senders]
        seconds = time.monotonic() - begun
    assert not any(codes), f"storescu ended with {codes}"
    return len(files) / seconds


def written(folder: Path) -> list[Path]:
    """CT files of 512², noise with the values of tissue."""
    noise = np.random.default_rng(1)
    return [_ct(folder / f"{number}.dcm", number, noise) for number in range(1, FILES + 1)]


def _ct(path: Path, number: int, noise: np.random.Generator) -> Path:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = CTImageStorage
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.9.9999.77.{number}"
    image.StudyInstanceUID, image.SeriesInstanceUID = "1.2.826.0.1.3680043.9.9999.75", "1.2.826.0.1.3680043.9.9999.76"
    image.PatientName, image.PatientID, image.Modality = "Bench^Nobody", "radquarry-bench", "CT"
    image.StudyDate, image.StudyTime, image.AccessionNumber = "20260101", "120000", "1"
    image.InstanceNumber, image.Rows, image.Columns = number, 512, 512
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.PixelData = noise.integers(0, 4096, (512, 512), dtype=np.uint16).tobytes()
    image.save_as(path, enforce_file_format=True)
    return path


def memory() -> list[Figure]:
    """Resident memory over many small instances on four associations, and over one that is longer than any buffer."""
    with tempfile.TemporaryDirectory() as name, receivers.our_process(Path(name)) as (port, process):
        begun = time.monotonic()
        _send_small(port, 0, FEW)
        few = process.memory_info().rss
        _send_small(port, FEW, MANY)
        many, seconds = process.memory_info().rss, time.monotonic() - begun
        with highest(process) as most, Speaker(port, timeout=600) as speaker:
            speaker.associate(CALLER)
            assert speaker.store("1.2.3.9", long_instance("1.2.3.9", LONG)) == 0
    return [
        _growth(f"storescp: memory at {MANY:,} / {FEW:,} instances", few, many, f"{MANY / seconds:.0f} instances/s"),
        _growth(f"storescp: memory in / before {LONG // 1000**3} GB at once", many, most[0], "one instance"),
    ]


def _growth(name: str, before: int, after: int, made_of: str) -> Figure:
    made_of = f"{before / MEGABYTE:.0f} MB, then {after / MEGABYTE:.0f} MB; {made_of}"
    return Figure(name, after / before, 1.2, made_of, at_most=True)


def _send_small(port: int, first: int, last: int) -> None:
    def send(start: int) -> None:
        with Speaker(port) as speaker:
            speaker.associate(CALLER)
            for number in range(start, last, 4):
                uid = f"1.2.3.8.{number}"
                assert speaker.store(uid, long_instance(uid, 2000)) == 0
            speaker.release()

    with ThreadPoolExecutor(4) as senders:
        list(senders.map(send, range(first, first + 4)))


@contextmanager
def highest(process: psutil.Process) -> Iterator[list[int]]:
    """The most memory that it had, in bytes, looked at every tenth of a second."""
    most, over = [process.memory_info().rss], threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            most[0] = max(most[0], process.memory_info().rss)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        over.set()
        looking.join()
