"""Boxes of known devices are blanked before anything is read, and in no other picture."""

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import FileDataset

from radquarry.configuration.file import ConfigurationError
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.pixels.known_devices import known_devices
from radquarry.exporter.pixels.regions import known_boxes
from radquarry.exporter.profile.profile_file import read_profile
from radquarry.exporter.profile.region import Region
from tests.exporter.cleaning import written
from tests.exporter.pixels.captures import capture, deidentified

DEVICES = known_devices()
LARGEST = 2592, 2208
NAMED = {"manufacturer": "Manufacturer", "model": "ManufacturerModelName", "modality": "Modality"}


def of_device(region: Region, dataset: FileDataset) -> FileDataset:
    """The file as if the device had made it."""
    for field, keyword in NAMED.items():
        if text := getattr(region, field):
            setattr(dataset, keyword, text.split("|")[0])
    for keyword, text in region.where.items():
        setattr(dataset, keyword, text.split("|")[0])
    return dataset


def picture(region: Region) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """All of one brightness, of the device's size, or large enough for its boxes."""
    rows = region.rows or max(top + height for _, top, _, height in region.blank) + 8
    columns = region.columns or max(left + width for left, _, width, _ in region.blank) + 8
    return np.full((rows, columns), 90, np.uint8)


def boxes_of(dataset: FileDataset) -> set[tuple[int, int, int, int]]:
    file = read_file(memoryview(written(dataset)))
    return set(known_boxes(file.dataset, DEVICES, dataset.Rows, dataset.Columns))


def sides(region: Region) -> set[tuple[int, int, int, int]]:
    """Its boxes as top, left, bottom, right."""
    return {(top, left, top + height, left + width) for left, top, width, height in region.blank}


def test_the_table_holds_what_its_notice_says() -> None:
    folder = files("radquarry.exporter.pixels") / "data"
    notice = (folder / "NOTICE").read_text("utf-8")

    assert f"{len(DEVICES)} rows" in notice
    assert "LICENSE-deid-MIT" in notice
    assert "MIT" in notice
    assert "Vanessa Sochat" in (folder / "LICENSE-deid-MIT").read_text("utf-8")
    assert len({region.model_dump_json() for region in DEVICES}) == len(DEVICES)


@pytest.mark.parametrize("region", DEVICES, ids=str)
def test_every_row_says_a_device_and_boxes_within_its_pictures(region: Region) -> None:
    assert region.manufacturer or region.model or region.where
    for left, top, width, height in region.blank:
        assert 0 <= left < left + width <= (region.columns or LARGEST[1])
        assert 0 <= top < top + height <= (region.rows or LARGEST[0])


@pytest.mark.parametrize("region", DEVICES, ids=str)
def test_every_row_finds_its_pictures_and_no_other_size(region: Region) -> None:
    dataset = of_device(region, capture(picture(region)))

    assert sides(region) <= boxes_of(dataset)
    if region.rows:
        dataset.Rows += 1
        assert not sides(region) & boxes_of(dataset)


@pytest.mark.parametrize("region", DEVICES, ids=str)
def test_no_row_fits_when_one_of_its_texts_is_another(region: Region) -> None:
    for keyword in (*(NAMED[field] for field in NAMED if getattr(region, field)), *region.where):
        dataset = of_device(region, capture(picture(region)))
        setattr(dataset, keyword, {"DS": "77", "CS": "XQ"}.get(dataset[keyword].VR, "Quarry"))
        file = read_file(memoryview(written(dataset)))

        assert not region.fits(file.dataset, dataset.Rows, dataset.Columns), keyword


pixels = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@pixels
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["MONOCHROME1", "RGB, planes", "3 frames"])
def test_a_known_device_is_blanked_exactly_there(kind: str, tmp_path: Path) -> None:
    grey = np.full((480, 640), 90, np.uint8)
    grey[300:420, 200:400] = 91
    if kind == "3 frames":
        dataset = capture(np.stack([grey, grey + 1, grey + 2]))
    elif kind == "MONOCHROME1":
        dataset = capture(grey, kind)
    else:
        dataset = capture(np.stack([grey] * 3, axis=2), "RGB")
        dataset.PlanarConfiguration = 1
        dataset.PixelData = np.stack([grey] * 3).tobytes()
    before = dataset.pixel_array
    dataset.Modality, dataset.Manufacturer, dataset.ManufacturerModelName = "US", "ACUSON", "ACUSON SEQUOIA"

    outcome, after = deidentified(dataset, tmp_path)

    assert after is not None, outcome
    rows = 1 if kind == "3 frames" else 0
    changed = np.moveaxis(after.pixel_array != before, rows, 0)
    left = np.moveaxis(after.pixel_array, rows, 0)
    assert not changed[30:].any()
    assert set(np.unique(left[:30])) == {before.max() if kind == "MONOCHROME1" else 0 if rows == 0 else 90}
    assert "113101" in {item.CodeValue for item in after.DeidentificationMethodCodeSequence}


@pixels
@pytest.mark.timeout(300)
def test_another_device_is_not_blanked(tmp_path: Path) -> None:
    dataset = capture(np.full((480, 640), 90, np.uint8))
    dataset.Modality, dataset.Manufacturer, dataset.ManufacturerModelName = "US", "ACUSON", "ASPEN"

    _, after = deidentified(dataset, tmp_path)

    assert after is not None
    assert (after.pixel_array == 90).all()


def test_a_modality_is_a_whole_value_and_a_part_of_a_name_is_enough() -> None:
    region = Region(modality="CT", manufacturer="gendex|ge medical", blank=((0, 0, 8, 8),))

    fits = {
        (modality, maker): region.fits(dataset_of(Modality=modality, Manufacturer=maker), 64, 64)
        for modality in ("CT", "OCT")
        for maker in ("GE MEDICAL SYSTEMS", "Agfa-Gevaert")
    }

    assert [key for key, fit in fits.items() if fit] == [("CT", "GE MEDICAL SYSTEMS")]


def test_software_and_class_tell_a_device_too() -> None:
    region = Region(
        where={"SoftwareVersions": "VB20", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1", "WindowWidth": "1"},
        blank=((0, 0, 8, 8),),
    )
    made = {"SoftwareVersions": "syngo VB20A", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1", "WindowWidth": "1"}

    assert region.fits(dataset_of(**made), 64, 64)
    assert not region.fits(dataset_of(**made | {"SoftwareVersions": "VB10"}), 64, 64)
    assert not region.fits(dataset_of(**made | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6"}), 64, 64)
    assert not region.fits(dataset_of(**made | {"WindowWidth": "100"}), 64, 64)


def dataset_of(**said: str) -> Any:
    dataset = capture(np.zeros((64, 64), np.uint8))
    for keyword, text in said.items():
        setattr(dataset, keyword, text)
    return read_file(memoryview(written(dataset))).dataset


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{manufacturer: ACME}", "regions, row 2, blank: Field required"),
        ("{blank: []}", "regions, row 2, blank: Tuple should have at least 1 item"),
        ("{blank: [[0, 0, 0, 9]]}", "regions, row 2, blank: Input should be greater than 0"),
        ("{columns: 640, blank: [[600, 0, 41, 9]]}", "regions, row 2: a box ends at column 641 of a picture that has"),
        ("{rows: 480, blank: [[0, 470, 9, 11]]}", "regions, row 2: a box ends at row 481 of a picture that has 480"),
        ("{maker: ACME, blank: [[0, 0, 9, 9]]}", "regions, row 2, maker: Extra inputs are not permitted"),
        ("{where: {Modell: X}, blank: [[0, 0, 9, 9]]}", "regions, row 2, where: 'Modell' is no keyword"),
        ("{where: {Rows: '9'}, blank: [[0, 0, 9, 9]]}", "regions, row 2, where: Rows is no text"),
    ],
)
def test_a_bad_row_is_named(row: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_text(f"pixels: cleaned\nregions:\n  - {{model: X, blank: [[0, 0, 9, 9]]}}\n  - {row}\n")

    with pytest.raises(ConfigurationError) as raised:
        read_profile(file)

    assert raised.value.complaints[0].startswith(f"{file}:2: {complaint}")
