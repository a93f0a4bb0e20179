"""A decoder of HTJ2K, installed as pylibjpeg finds its own: the frame says what becomes of the process that decodes."""

from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2KLossless

from tests.exporter.conversion.making import sample

FATAL, ENDLESS = b"FATAL!", b"ENDLESS!"
MODULE = f"""
import os, signal

def decode(src, **options):
    if src.startswith({FATAL!r}):
        os.kill(os.getpid(), signal.SIGKILL)
    if src.startswith({ENDLESS!r}):
        signal.pause()
    return bytearray(src)
"""
POINTS = f"[pylibjpeg.pixel_data_decoders]\n{HTJ2KLossless} = fatal_decoder:decode\n"


def install(folder: Path) -> Path:
    """Make it, for processes that look for modules in the folder."""
    about = folder / "fatal_decoder-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "fatal_decoder.py").write_text(MODULE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fatal-decoder\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    return folder


def image(number: int, begins: bytes = b"") -> bytes:
    """A CT image of an instance of this number, whose frame begins so; without `begins` nothing happens."""
    dataset = dcmread(sample("CT_small.dcm"))
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
    dataset.file_meta.TransferSyntaxUID = HTJ2KLossless
    dataset.PixelData = encapsulate([begins + dataset.PixelData[len(begins) :]])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    output = BytesIO()
    dataset.save_as(output)
    return output.getvalue()
