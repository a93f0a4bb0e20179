"""A series of DICOM as NIfTI, by the program dcm2niix; what it makes is counted before it is taken."""

import asyncio
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Sequence
from pathlib import Path

from radquarry.exporter.conversion.nifti_file import voxels_in
from radquarry.exporter.conversion.refusing import Refused

PROGRAM = "dcm2niix"
MISSING = "the program dcm2niix is not there; install it: apt-get install dcm2niix"
NAMES = re.compile(r"image[A-Za-z0-9_.-]*\.(nii\.gz|json|bval|bvec)")
VOLUME = ".nii.gz"
WARNINGS = {
    b"nterslice distance varies": "its slices are not evenly apart",
    b"ot equidistant": "its slices are not evenly apart",
    b"Unable to determine slice direction": "which way its slices run could not be told",
    b"Bogus spatial matrix": "where it lies in the patient could not be told",
    b"spatial position repeats": "its volumes have not all the same slices",
}
"""Its own words may name files and patients."""
ARGUMENTS = ("-z", "i", "-b", "y", "-ba", "y", "-i", "n", "-f", "image")
"""Packed by itself, with a sidecar that names no patient, derived images too."""


async def made_of(series: Path, into: Path, seconds: float) -> tuple[list[Path], tuple[str, ...]]:
    """The files it made in `into` of all DICOM in `series`, and what it warns of in our words. Raises `Refused`."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise Refused(MISSING)
    code, said = await _ended([program, *ARGUMENTS, "-o", str(into), str(series)], seconds)
    files = sorted(path for path in into.iterdir() if NAMES.fullmatch(path.name) and not path.is_symlink())
    volumes = [path for path in files if path.name.endswith(VOLUME)]
    if not volumes:
        raise Refused(f"dcm2niix made nothing of the series (it ended with {code})")
    if code:
        raise Refused(f"dcm2niix ended with {code}")
    return files, tuple(dict.fromkeys(note for mark, note in WARNINGS.items() if mark in said))


async def _ended(command: Sequence[str], seconds: float) -> tuple[int, bytes]:
    """Its exit code, and what it said; it never outlives the one who waits for it."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, env={})
    except OSError as fault:
        raise Refused(f"dcm2niix cannot be started: {fault.strerror}") from None
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError:
        raise Refused(f"dcm2niix did not end within {seconds:.0f} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said


def check_complete(files: Sequence[Path], pixels: int) -> None:
    """Raises `Refused` when the volumes hold fewer voxels than the images pixels, or one is damaged."""
    voxels = sum(voxels_in(path) for path in files if path.name.endswith(VOLUME))
    if voxels < pixels:
        raise Refused(f"dcm2niix made {voxels} voxels of {pixels} pixels: some of the series is missing")
