"""Files whose pixels may hold text are held back with a reason."""

import pytest
from pydicom.dataset import FileDataset

from radquarry.exporter.burned_in import reason_to_hold
from radquarry.exporter.dicom_bytes.part10 import read_file
from tests.exporter.cleaning import ct, written


def reason(dataset: FileDataset) -> str:
    return reason_to_hold(read_file(memoryview(written(dataset))).dataset)


def test_a_ct_from_the_scanner_passes() -> None:
    assert reason(ct()) == ""


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"}, "ultrasound"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1"}, "ultrasound"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"}, "secondary capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1"}, "angiography"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "document"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4"}, "photograph"),
        ({"Modality": "US"}, "ultrasound"),
        ({"BurnedInAnnotation": "YES"}, "Burned In Annotation"),
        ({"RecognizableVisualFeatures": "YES"}, "recognised"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "Image Type"),
        ({"ImageType": ["DERIVED", "PRIMARY", "DOSE_INFO"]}, "Image Type"),
        ({"ConversionType": "WSD"}, "Conversion Type"),
        ({"OverlayRows": 512}, ""),
    ],
)
def test_what_is_likely_to_hold_text_is_held_back(values: dict[str, object], word: str) -> None:
    dataset = ct()
    for keyword, value in values.items():
        if keyword == "OverlayRows":
            dataset.add_new(0x60000010, "US", value)
            word = "overlay"
        else:
            setattr(dataset, keyword, value)
    if "SOPClassUID" in values:
        dataset.file_meta.MediaStorageSOPClassUID = values["SOPClassUID"]

    assert word in reason(dataset)


def test_an_ordinary_secondary_class_is_not_another_one() -> None:
    dataset = ct()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"

    assert reason(dataset) == ""


def test_what_has_no_pixels_has_no_text_in_them() -> None:
    dataset = ct()
    dataset.Modality = "US"
    del dataset.PixelData

    assert reason(dataset) == ""
