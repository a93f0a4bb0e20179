"""De-identification beside dicognito: the same 512² CT files read, cleaned and written by both, in one process.

They take turns in every round, and each one's median of processor time counts. dicognito replaces names, ids, UIDs and
dates; ours does what PS3.15's table says, searches what stays, and (in a figure of its own) reads every output again.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from dicognito.anonymizer import Anonymizer
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import EnhancedCTImageStorage

from bench.table import Figure
from radquarry.exporter.cleaning.cleaner import Cleaner
from radquarry.exporter.dicom_bytes.part10 import file_pieces, read_file
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import Pseudonyms, project_key
from radquarry.exporter.runs.run import folder_of_one, outcomes
from radquarry.exporter.runs.sources import Source, opened
from radquarry.exporter.runs.workplace import Order, Workplace

ROUNDS = 5
FILES = 200
MANY = 4_000
"""Files for one process and two, so that their start does not count for much."""
LONG = 2_000_000_000
KEY = project_key(b"a secret of the measurements, 32 bytes", "bench")
MEGABYTE = 1_000_000


def measure() -> list[Figure]:
    """Time per file, what a second process brings, memory over a long file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = written(folder / "in", FILES)
        return [*per_file(folder, files), *two_processes(folder, files), memory(folder)]


def written(folder: Path, count: int) -> list[Path]:
    """A scanner's CT, with its 258 attributes and private groups, at 512²."""
    folder.mkdir()
    noise = np.random.default_rng(1)
    image = dcmread(get_testdata_file("CT_small.dcm"))
    image.Rows = image.Columns = 512
    paths = [folder / f"{number}.dcm" for number in range(1, count + 1)]
    for number, path in enumerate(paths, 1):
        image.PixelData = noise.integers(0, 4096, (512, 512), dtype=np.uint16).tobytes()
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.9.9999.88.{number}"
        image.InstanceNumber = number
        image.save_as(path, enforce_file_format=True)
    return paths


def per_file(folder: Path, files: list[Path]) -> list[Figure]:
    """Milliseconds of processor time for each file, ours against dicognito's."""
    output = folder / "out.dcm"
    cleaner = Cleaner(Profile(), Pseudonyms(KEY))
    anonymizer = Anonymizer(seed="bench")

    def ours() -> None:
        for path in files:
            with opened(Source(1, path)) as view, output.open("wb", buffering=0) as file:
                done = cleaner.clean(read_file(view)).file
                for piece in file_pieces(done.transfer_syntax_uid, done.dataset):
                    file.write(piece)

    def dicognito() -> None:
        for path in files:
            with dcmread(path) as image:
                anonymizer.anonymize(image)
                image.save_as(output)

    def checked() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            run(Path(name), files, 0)

    milliseconds = in_turns({"ours": ours, "dicognito": dicognito, "ours with the release check": checked})
    made_of = {name: f"{each:.2f} ms" for name, each in milliseconds.items()}
    return [
        Figure(
            f"deidentify: dicognito / {name}, a file",
            milliseconds["dicognito"] / milliseconds[name],
            1.0,
            f"{made_of['dicognito']} and {made_of[name]}, medians of {ROUNDS}",
        )
        for name in ("ours", "ours with the release check")
    ]


def in_turns(peers: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Each one's median, in milliseconds a file."""
    found: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(ROUNDS):
        for name, work in peers.items():
            begun = time.process_time()
            work()
            found[name].append((time.process_time() - begun) / FILES * 1000)
    return {name: statistics.median(each) for name, each in found.items()}


def run(folder: Path, files: list[Path], processes: int) -> float:
    """Seconds for a whole run into `folder`; 0 processes: in this one."""
    order = Order(folder, Profile(), KEY)
    sources = [Source(number, path) for number, path in enumerate(files, 1)]

    async def all_of_them() -> None:
        async for _, outcome, _ in outcomes(order, sources, processes):
            assert outcome.state in ("released", "repeated"), outcome

    with folder_of_one(folder):
        begun = time.monotonic()
        if processes:
            asyncio.run(all_of_them())
        else:
            place = Workplace(order)
            assert {place.deidentify(source)[0].state for source in sources} == {"released"}
        return time.monotonic() - begun


def two_processes(folder: Path, files: list[Path]) -> list[Figure]:
    """Files a second of whole runs, from the first file that is done to the last."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    sources = [Source(number, path) for number, path in enumerate(files * (MANY // FILES), 1)]
    for _ in range(3):
        for processes, found in rates.items():
            with tempfile.TemporaryDirectory(dir=folder) as name:
                found.append(asyncio.run(rate(Order(Path(name), Profile(), KEY), sources, processes)))
    one, two = (statistics.median(found) for found in rates.values())
    made_of = f"{two:.0f}/s and {one:.0f}/s, medians of 3; two bare loops / one here: {bare_loops():.2f}"
    return [Figure("deidentify: 2 processes / 1, whole runs", two / one, 1.8, made_of)]


def bare_loops() -> float:
    """What the machine gives two processes that only count, against one: other work on it takes from the second."""

    def seconds(processes: int) -> float:
        begun = time.monotonic()
        counting = [subprocess.Popen([sys.executable, "-c", "sum(range(10**8))"]) for _ in range(processes)]
        assert not any(each.wait(600) for each in counting)
        return time.monotonic() - begun

    return statistics.median(2 * seconds(1) / seconds(2) for _ in range(3))


async def rate(order: Order, sources: list[Source], processes: int) -> float:
    """Files a second, without the start of the processes."""
    begun = 0.0
    with folder_of_one(order.folder):
        async for _, outcome, _ in outcomes(order, sources, processes):
            begun = begun or time.monotonic()
            assert outcome.state in ("released", "repeated"), outcome
        return (len(sources) - 1) / (time.monotonic() - begun)


def memory(folder: Path) -> Figure:
    """Resident memory of a process over a multi-frame file of 2 GB, against the same over a small one."""
    small, long = multi_frame(folder / "small.dcm", 2**20), multi_frame(folder / "long.dcm", LONG)
    before, after = (highest(folder / f"{path.stem}-out", path) for path in (small, long))
    made_of = f"{before / MEGABYTE:.0f} MB, then {after / MEGABYTE:.0f} MB"
    return Figure("deidentify: memory over 2 GB / over 1 MB", after / before, 1.5, made_of, at_most=True)


def multi_frame(path: Path, length: int) -> Path:
    """A file with so many bytes of pixels, which are a hole on the disk."""
    image = dcmread(get_testdata_file("CT_small.dcm"))
    del image[0xFFFCFFFC]
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    image.NumberOfFrames = length // len(image.PixelData)
    image.PixelData = b""
    image.save_as(path, enforce_file_format=True)
    with path.open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(length.to_bytes(4, "little"))
        file.truncate(file.tell() + length)
    return path


def highest(folder: Path, path: Path) -> int:
    """The most memory that a process of its own had for this one file."""
    code = (
        "import sys; from pathlib import Path; from bench.deidentifying import run\n"
        "run(Path(sys.argv[1]), [Path(sys.argv[2])], 0)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), str(path)])
    watched, most = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            most = max(most, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    assert process.wait() == 0
    return most
