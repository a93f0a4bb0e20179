"""A process of its own that decodes and renders single frames: a codec that falls over takes nobody with it.

A line of JSON on standard input is one job (`Job`), a line of JSON and so many bytes on standard output its answer.
It ends with its standard input, so that it never outlives its parent.
"""

import io
import json
import os
import resource
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID, ExplicitVRLittleEndian

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.frame_bytes import frame_bytes
from radquarry.api.dicomweb.frame_places import FrameMap, frame_bits, frame_map
from radquarry.api.dicomweb.grey_values import grey
from radquarry.api.dicomweb.headers import HOSTILE, read_header
from radquarry.api.problems import Problem
from radquarry.dicom.jpeg_of_12_bits import add_jpeg_of_12_bits

MOST_MEMORY = 3 * 1024**3 // 2
LARGEST_FRAME = 256 * 1024 * 1024
FLOATS = {0x7FE00008: "<f4", 0x7FE00009: "<f8"}


def main() -> None:
    """Answer jobs until nobody asks any more."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # codecs write to both, and may write values
    os.dup2(1, 2)
    warnings.simplefilter("ignore")
    add_jpeg_of_12_bits()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with suppress(OSError):  # where memory ends all the same, it ends here and not in the api
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    while line := jobs.readline():
        _answer(answers, json.loads(line))


def _answer(answers: BinaryIO, job: dict[str, Any]) -> None:
    try:
        about, content = _done(job)
    except Problem as problem:
        about, content = {"problem": [problem.status, problem.kind, problem.title, problem.detail]}, b""
    except (*HOSTILE, RuntimeError) as error:
        about, content = {"failed": type(error).__name__}, b""
    answers.write(json.dumps(about | {"length": len(content)}).encode() + b"\n")
    answers.write(content)
    answers.flush()


def _done(job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    file = InstanceFile("", "", "", Path(job["path"]))
    frames = frame_map(read_header(file))
    pixels, photometric = decoded(frames, job["frame"])
    if job["as"] == "native":
        colours = pixels.ndim == 3
        about = {
            "photometric_interpretation": photometric,
            "samples_per_pixel": pixels.shape[2] if colours else 1,
            "bits_allocated": pixels.dtype.itemsize * 8,
        }
        return about, pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    shown = _shown(frames, pixels, photometric, job)
    return {}, _picture(shown, job)


def decoded(frames: FrameMap, number: int) -> tuple[NDArray[Any], str]:
    """One frame as rows × columns (× 3) and its photometric interpretation: colours come as RGB or as stored."""
    header = frames.header
    if frame_bits(header) > LARGEST_FRAME * 8:
        raise Problem(422, "too-large", "Too large", "The frame is too large to be decoded here; fetch it as stored.")
    stored = b"".join(frame_bytes(frames, number))
    data, photometric = header.dataset, str(header.dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if header.pixels is not None and header.pixels.tag in FLOATS:
        return np.frombuffer(stored, FLOATS[header.pixels.tag]).reshape(data.Rows, data.Columns), photometric
    one = _single(data, stored, header.transfer_syntax if not frames.is_native else "")
    pixels, about = get_decoder(one.file_meta.TransferSyntaxUID).as_array(one, index=0, raw=False)
    return pixels, str(about["photometric_interpretation"])


def _single(data: Dataset, stored: bytes, syntax: str) -> Dataset:
    one = Dataset()
    for keyword in (
        "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "Rows", "Columns", "BitsAllocated",
        "BitsStored", "HighBit", "PixelRepresentation",
    ):  # fmt: skip
        if keyword in data:
            setattr(one, keyword, data[keyword].value)
    one.file_meta = Dataset()  # type: ignore[assignment]
    one.file_meta.TransferSyntaxUID = UID(syntax or ExplicitVRLittleEndian)
    one.PixelData = encapsulate([stored]) if syntax else stored + b"\0" * (len(stored) % 2)
    one["PixelData"].is_undefined_length = bool(syntax)
    one["PixelData"].VR = "OB" if syntax or one.BitsAllocated <= 8 else "OW"
    return one


def _shown(frames: FrameMap, pixels: NDArray[Any], photometric: str, job: dict[str, Any]) -> NDArray[np.uint8]:
    data = frames.header.dataset
    if photometric == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, data)
    if pixels.ndim == 2:
        window = tuple(job["window"]) if job.get("window") else None
        return grey(pixels, data, job["frame"], window)
    if pixels.dtype.itemsize > 1:
        # lookup tables hold 16 bits, whatever the pixels' own depth is
        bits = 16 if photometric == "PALETTE COLOR" else int(data.BitsStored)
        pixels = pixels >> max(0, bits - 8)
    return pixels[:, :, :3].astype(np.uint8)


def _picture(shown: NDArray[np.uint8], job: dict[str, Any]) -> bytes:
    image = Image.fromarray(shown)
    if job.get("viewport"):
        image.thumbnail(tuple(job["viewport"]))
    made = io.BytesIO()
    if job["as"] == "jpeg":
        image.save(made, "JPEG", quality=job.get("quality") or 90)
    else:
        image.save(made, "PNG", compress_level=3)
    return made.getvalue()


if __name__ == "__main__":
    main()
