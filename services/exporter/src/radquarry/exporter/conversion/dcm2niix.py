"""A series of DICOM as NIfTI, by the program dcm2niix; what it makes is counted before it is taken."""

import re
import shutil
import subprocess
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


def made_of(series: Path, into: Path, seconds: float) -> tuple[list[Path], tuple[str, ...]]:
    """The files it made in `into` of all DICOM in `series`, and what it warns of in our words. Raises `Refused`."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise Refused(MISSING)
    command = [program, *ARGUMENTS, "-o", str(into), str(series)]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments; the paths are our own too
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=seconds, env={}
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"dcm2niix did not end within {seconds:.0f} seconds") from None
    except OSError as fault:
        raise Refused(f"dcm2niix cannot be started: {fault.strerror}") from None
    files = sorted(path for path in into.iterdir() if NAMES.fullmatch(path.name) and not path.is_symlink())
    volumes = [path for path in files if path.name.endswith(VOLUME)]
    if not volumes:
        raise Refused(f"dcm2niix made nothing of the series (it ended with {done.returncode})")
    if done.returncode:
        raise Refused(f"dcm2niix ended with {done.returncode}")
    said = done.stdout + done.stderr
    return files, tuple(dict.fromkeys(note for mark, note in WARNINGS.items() if mark in said))


def check_complete(files: list[Path], pixels: int) -> None:
    """Raises `Refused` when the volumes hold fewer voxels than the images pixels, or one is damaged."""
    voxels = sum(voxels_in(path) for path in files if path.name.endswith(VOLUME))
    if voxels < pixels:
        raise Refused(f"dcm2niix made {voxels} voxels of {pixels} pixels: some of the series is missing")
