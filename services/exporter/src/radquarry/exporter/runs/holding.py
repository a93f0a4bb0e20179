"""What becomes of a file before it is written: passed over, held back with its reason, or cleaned."""

import re
import sys
from dataclasses import dataclass

from radquarry.exporter import beside_pixels, burned_in
from radquarry.exporter.cleaning.cleaner import Cleaned, Cleaner
from radquarry.exporter.dicom_bytes.elements import PIXEL_DATA, Dataset, Unreadable, found, plain
from radquarry.exporter.dicom_bytes.part10 import DicomFile, read_file
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.mapping_file import UIDS
from radquarry.exporter.runs.guarding import HeldBack
from radquarry.exporter.runs.recognising import kind_of, says_directory

UID = re.compile(r"(?!.*\.\.)[0-9][0-9.]{0,62}[0-9]")
UID_TAGS = dict(zip(UIDS, (0x0020000D, 0x0020000E, 0x00080018), strict=True))
DIRECTORY_RECORDS = 0x00041220
A_DIRECTORY = "it is a directory of files (DICOMDIR)"


@dataclass(frozen=True)
class NoImage:
    """There is nothing in it to give away, and why."""

    reason: str


def recognised(view: memoryview, most_elements: int = sys.maxsize) -> DicomFile | NoImage:
    """The file as it was read, of which `most_elements` are kept. Raises `HeldBack`, `Unreadable`."""
    kind, reason = kind_of(view)
    if kind == "other":
        return NoImage(reason)
    if kind != "dicom":
        raise HeldBack(reason)
    directory = says_directory(view)
    try:
        file = read_file(view, most_elements=most_elements)
    except Unreadable:
        if directory:
            return NoImage(A_DIRECTORY)
        raise
    if not plain(file.dataset, 0x00080018) and (directory or found(file.dataset, DIRECTORY_RECORDS) is not None):
        return NoImage(A_DIRECTORY)
    if not file.dataset:
        raise HeldBack("there is no data set in it")
    return file


def cleaned_or_held_back(cleaner: Cleaner, file: DicomFile) -> Cleaned:
    """The cleaned file, not yet checked. Raises `HeldBack`."""
    reason = _without_identity(file.dataset)
    pixels = cleaner.profile.pixels
    if not reason and (pixels == "checked" or (pixels != "unchecked" and burned_in.beyond_cleaning(file.dataset))):
        reason = burned_in.reason_to_hold(file.dataset)
    if reason:
        raise HeldBack(reason)
    cleaned = cleaner.clean(file)
    if reason := _without_identity(cleaned.file.dataset) or beside_pixels.reason_to_hold(cleaned.file):
        raise HeldBack(reason)
    return cleaned


def pixels_are_cleaned(profile: Profile, dataset: Dataset) -> bool:
    """Whether this file's pixels are to be read and cleaned."""
    if not any(element.tag in PIXEL_DATA for element in dataset):
        return False
    return profile.pixels == "cleaned-all" or (profile.pixels == "cleaned" and burned_in.reason_to_hold(dataset) != "")


def _without_identity(dataset: Dataset) -> str:
    """An instance without its UIDs would lie where another one lies."""
    for kind, tag in UID_TAGS.items():
        element = found(dataset, tag)
        if element is None or element.vr not in (b"UI", b"UN") or not UID.fullmatch(plain(dataset, tag)):
            return f"its {kind} is missing or none"
    return "" if plain(dataset, 0x00080016) else "it does not say of which class it is"
