"""Images to convert, and what they became."""

import asyncio
import atexit
import gzip
import io
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom import FileDataset, dcmread
from pydicom.data import get_testdata_file

from radquarry.exporter.conversion.decoder import Decoder, decoder
from radquarry.exporter.conversion.given import Given, checked
from radquarry.exporter.conversion.inputs import inputs_of
from radquarry.exporter.conversion.outcomes import Outcome
from radquarry.exporter.conversion.patient_table import PatientTable
from radquarry.exporter.conversion.run import Conversion, Order, Target

VERIFIER = shutil.which("dciodvfy")
WHO = {"PatientID": "PID4711", "PatientName": "Quarrymann^Änne", "PatientBirthDate": "1962-05-03", "PatientSex": "F"}
needs_verifier = pytest.mark.skipif(VERIFIER is None, reason="needs dciodvfy: apt-get install dicom3tools")
needs_dcmtk = pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="needs dcmcjpeg: apt-get install dcmtk")
needs_dcm2niix = pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="needs dcm2niix: apt-get install dcm2niix")


def noise(*shape: int, dtype: Any = np.uint8, seed: int = 0) -> Any:
    """Every value of the type may be in it."""
    span = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(span.min, span.max, shape, dtype, endpoint=True)


def encoded(pixels: Any, kind: str = "PNG", **options: Any) -> bytes:
    """A picture's file; several pages when `pixels` is a list."""
    pages = [each if isinstance(each, Image.Image) else Image.fromarray(each) for each in _list(pixels)]
    output = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    pages[0].save(output, kind, **more, **options)
    return output.getvalue()


def _list(pixels: Any) -> Sequence[Any]:
    return pixels if isinstance(pixels, list) else [pixels]


def laid(folder: Path, **files: bytes) -> Path:
    """Files in a folder; `__` in a name is a point."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def converted(
    *inputs: Path, out: Path, to: Target = "", given: Given | None = None, table: PatientTable | None = None
) -> list[Outcome]:
    """What became of each input, in their order."""
    order = Order(out, to, checked(WHO if given is None else given), table)
    return sorted(outcomes_of(order, *inputs), key=lambda outcome: outcome.input)


def outcomes_of(order: Order, *inputs: Path) -> list[Outcome]:
    """What became of each input, as it came; by one process for all tests, as one takes a second to start."""

    async def told() -> list[Outcome]:
        run = Conversion(order, tuple(inputs_of(inputs, order.folder)), one_decoder())
        return [outcome async for outcome in run.outcomes()]

    return asyncio.run(told())


@cache
def one_decoder() -> Decoder:
    """Ends with the tests."""
    opened = ExitStack()
    atexit.register(opened.close)
    return opened.enter_context(decoder())


def only(folder: Path) -> FileDataset:
    """The one DICOM file below."""
    (path,) = folder.rglob("*.dcm")
    return dcmread(path)


def datasets(folder: Path) -> list[FileDataset]:
    """All DICOM files below, by Series Number and Instance Number."""
    found = [dcmread(path) for path in folder.rglob("*.dcm")]
    return sorted(found, key=lambda each: (int(each.SeriesNumber), int(each.InstanceNumber)))


def sample(name: str) -> Path:
    """A file of pydicom's."""
    return Path(str(get_testdata_file(name)))


def errors_in(folder: Path) -> dict[str, int]:
    """How many errors dciodvfy finds in each kind of file below, by class."""
    counts: dict[str, int] = {}
    for path in sorted(folder.rglob("*.dcm")):
        done = subprocess.run([str(VERIFIER), str(path)], capture_output=True, check=False, timeout=60)
        lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        dataset = dcmread(path, stop_before_pixels=True)
        name = f"{dataset.SOPClassUID.name} {dataset.PhotometricInterpretation}, {dataset.BitsAllocated} bits"
        counts[name] = counts.get(name, 0) + sum(line.startswith("Error") for line in lines)
    sys.stdout.writelines(f"dciodvfy: {name}: {count} errors\n" for name, count in counts.items())
    return counts


def nifti(voxels: Any, affine: Any, *, packed: bool = False, seconds: float = 0.0) -> bytes:
    """A NIfTI-1 file in mm; `seconds` from one time to the next."""
    image = nibabel.Nifti1Image(voxels, affine)
    image.header.set_xyzt_units("mm", "sec")
    if seconds:
        image.header["pixdim"][4] = seconds
    data: bytes = image.to_bytes()
    if not packed:
        return data
    return gzip.compress(data)


def turned(axis: Sequence[float], angle: float, spacing: Sequence[float], origin: Sequence[float]) -> Any:
    """An affine: rotation about an axis (Rodrigues), spacings that may be negative, origin."""
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(spacing)
    affine[:3, 3] = origin
    return affine


AXIAL = np.array([[-0.7, 0, 0, 90], [0, 0.7, 0, -120], [0, 0, 5, -60], [0, 0, 0, 1]])
SAGITTAL = np.array([[0, 0, 2.5, -9], [1, 0, 0, 3], [0, 1.5, 0, -7], [0, 0, 0, 1.0]])
CORONAL = np.array([[-1.2, 0, 0, 40], [0, 0, 2.0, -9], [0, 1.5, 0, -7], [0, 0, 0, 1.0]])
AFFINES = {
    "axial": AXIAL,
    "axial, other way round": np.diag([0.8, 0.8, 3, 1]),
    "sagittal": SAGITTAL,
    "coronal": CORONAL,
    "flipped in every axis": np.diag([-1.0, -2.0, -3.0, 1]) + np.eye(4, k=3) * 10,
    "oblique": turned((1, 2, 3), 0.4, (-0.9, 1.1, 2.5), (11.123, -22.5, 33.3)),
    "oblique and flipped": turned((3, -1, 2), 2.2, (0.9, -1.1, -2.5), (-101.5, 7, 0.25)),
    "anisotropic": turned((0, 0, 1), 0.1, (-0.3, 0.9, 12.0), (0, 0, 0)),
}
