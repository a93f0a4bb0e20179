"""What a file is, by its bytes; its name says only what is not looked at."""

import struct
import zlib
from pathlib import PurePosixPath
from typing import Literal

from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.runs import recognising

Kind = Literal["dicom", "raster", "nifti", "slide", "other"]
KNOWN = "png, jpeg, bmp, tiff, nii, nii.gz, hdr with img, DICOM"
RASTER = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM")
TIFF = (b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0")
"""The last two are BigTIFF."""
SLIDES = (".svs", ".ndpi", ".scn")
BESIDE = (".ds_store", "thumbs.db", "desktop.ini")
"""What systems put beside images of their own accord."""
HEAD = 4096
HEADERS, VOXELS = (".hdr", ".hdr.gz"), (".img", ".img.gz")
ALONE = "it may be the voxels of a volume: a header, a file of the same name with .hdr, is not beside it"
ANALYZE = "it is Analyze 7.5, which does not say how it lies in the patient: left and right are unknown"


def kind_of(view: memoryview, name: str) -> tuple[Kind, str]:
    """The kind, and for "other" why it is passed over. Raises `Refused` for what is no kind that is known here."""
    path = PurePosixPath(name)
    if path.name.startswith("._") or path.name.lower() in BESIDE or "__MACOSX" in path.parts:
        return "other", "a system put it beside the images"
    if not len(view):
        raise Refused("it is empty")
    start = bytes(view[:HEAD])
    if start[128:132] == b"DICM":
        return _dicom_or_text(view, start)  # which may begin as a TIFF, too (PS3.10 7.1)
    if start.startswith(TIFF):
        return ("slide" if is_slide(start, path) else "raster"), ""
    if start.startswith(RASTER):
        return "raster", ""
    if is_nifti(_unpacked(start)):
        return "nifti", ""
    if path.name.lower().endswith(HEADERS) and _is_analyze(_unpacked(start)):
        raise Refused(ANALYZE)
    if path.name.lower().endswith(VOXELS) and recognising.kind_of(view)[0] == "other":
        raise Refused(ALONE)
    return _dicom_or_text(view, start)


def needs_voxels(start: bytes) -> bool:
    """Whether these are the first bytes of a header whose voxels lie in another file."""
    head = _unpacked(start)
    return (is_nifti(head) and b"ni" in (head[344:346], head[4:6])) or _is_analyze(head)


def _is_analyze(head: bytes) -> bool:
    """A header of 348 bytes of which the first two and the number of axes say so; its end is free."""
    for order in ("<", ">"):
        size, axes = struct.unpack_from(f"{order}i36xh", head) if len(head) >= 348 else (0, 0)
        if size == 348 and 1 <= axes <= 7:
            return not is_nifti(head)
    return False


def is_slide(start: bytes, path: PurePosixPath) -> bool:
    """By its name, or Aperio's mark."""
    return path.suffix.lower() in SLIDES or b"Aperio" in start


def is_nifti(start: bytes) -> bool:
    """NIfTI-1 or -2, header and data in one file or not (nifti1.h, nifti2.h)."""
    sizes = {int.from_bytes(start[:4], order) for order in ("little", "big")}
    return (348 in sizes and start[344:348] in (b"n+1\0", b"ni1\0")) or (
        540 in sizes and start[4:7] in (b"n+2", b"ni2")
    )


def _unpacked(start: bytes) -> bytes:
    if start[:2] != b"\x1f\x8b":
        return start
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, 1024)
    except zlib.error:
        return b""


def _dicom_or_text(view: memoryview, start: bytes) -> tuple[Kind, str]:
    kind, reason = recognising.kind_of(view)
    if kind == "dicom":
        return ("other", "it is a directory of files (DICOMDIR)") if recognising.says_directory(view) else ("dicom", "")
    if kind != "other":
        raise Refused(reason)
    if _is_text(start):
        return "other", "it is a text"
    raise Refused(f"it is no file of a kind that is known here ({KNOWN})")


def _is_text(start: bytes) -> bool:
    text = start.decode("utf-8", "ignore")
    return len(text.encode()) >= len(start) - 3 and not any(sign < " " and sign not in "\t\r\n\f" for sign in text)
