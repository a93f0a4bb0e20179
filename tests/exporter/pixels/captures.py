"""Files with pictures, and what cleaning makes of them."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataset import FileDataset

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import project_key
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import UNCHECKED, Order, Workplace
from tests.exporter.cleaning import PROJECT, SECRET, ct, written

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CLEANED = Profile(options=("retain_modified_dates",), pixels="cleaned")


def capture(pixels: npt.NDArray[Any], photometric: str = "MONOCHROME2", number: int = 1) -> FileDataset:
    """A secondary capture of (rows, columns), (frames, rows, columns) or, in colour, one axis more."""
    dataset = ct()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SECONDARY_CAPTURE
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.4.{number}"
    dataset.Modality, dataset.ConversionType = "OT", "WSD"
    colour = photometric in ("RGB", "YBR_FULL")
    dataset.SamplesPerPixel = 3 if colour else 1
    if colour:
        dataset.PlanarConfiguration = 0
    shape = pixels.shape[:-1] if colour else pixels.shape
    if len(shape) == 3:
        dataset.NumberOfFrames = shape[0]
    dataset.Rows, dataset.Columns = shape[-2:]
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "PixelPaddingValue"):
        if keyword in dataset:
            del dataset[keyword]
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    return dataset


def deidentified(
    dataset: FileDataset | bytes, folder: Path, profile: Profile = CLEANED
) -> tuple[Outcome, FileDataset | None]:
    """What became of the file, and the file where it was released."""
    folder.mkdir(parents=True, exist_ok=True)
    source, out = folder / "in.dcm", folder / "out"
    source.write_bytes(dataset if isinstance(dataset, bytes) else written(dataset))
    (out / UNCHECKED).mkdir(parents=True)
    place = Workplace(Order(out, profile, project_key(SECRET, PROJECT)))
    outcome, _ = place.deidentify(Source(1, source))
    assert list((out / UNCHECKED).iterdir()) == []
    return outcome, dcmread(BytesIO((out / outcome.path).read_bytes())) if outcome.path else None


def blanked(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which pixels are others now."""
    changed: npt.NDArray[np.bool_] = before != after
    return changed
