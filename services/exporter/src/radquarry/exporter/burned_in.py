"""Files whose pixels may hold text, by their attributes: held back with the reason, or cleaned where the profile says so.

A profile with `pixels: unchecked` lets them pass, on the user's own responsibility.
"""

from radquarry.exporter.dicom_bytes.elements import PIXEL_DATA, Dataset, found, plain

CLASSES = {
    "1.2.840.10008.5.1.4.1.1.6": "ultrasound",
    "1.2.840.10008.5.1.4.1.1.3": "ultrasound",
    "1.2.840.10008.5.1.4.1.1.7": "a secondary capture",
    "1.2.840.10008.5.1.4.1.1.12": "X-ray angiography or fluoroscopy",
    "1.2.840.10008.5.1.4.1.1.77.1.1": "an endoscopic picture",
    "1.2.840.10008.5.1.4.1.1.77.1.2.1": "a picture of a slide with its label",
    "1.2.840.10008.5.1.4.1.1.77.1.4": "a photograph",
    "1.2.840.10008.5.1.4.1.1.77.1.6": "a slide with its label",
}
"""By the class's UID or its beginning."""
DOCUMENTS = "1.2.840.10008.5.1.4.1.1.104."
MODALITIES = {"US": "ultrasound", "IVUS": "ultrasound", "XA": "X-ray angiography", "RF": "fluoroscopy",
              "OT": "of a modality called other", "SC": "a secondary capture"}  # fmt: skip
SCREENS = ("SCREEN", "CAPTURE", "REPORT", "DOSE", "PROTOCOL", "SECONDARY")
"""Words in Image Type that say it is a picture of a screen, or no original's."""


def reason_to_hold(dataset: Dataset) -> str:
    """Why its pixels, or its document, cannot be given away unseen; empty when nothing speaks against it."""
    sop_class = plain(dataset, 0x00080016)
    if sop_class.startswith(DOCUMENTS):
        return "it holds an encapsulated document, which cannot be cleaned"
    if not any(element.tag in PIXEL_DATA for element in dataset):
        return ""
    for uid, name in CLASSES.items():
        if sop_class == uid or sop_class.startswith(f"{uid}."):
            return f"text is likely in the pixels: it is {name}"
    return _said_by_attributes(dataset)


def beyond_cleaning(dataset: Dataset) -> bool:
    """Whether it is no text in pixels for which it is held back, so that cleaning them does not help."""
    document = plain(dataset, 0x00080016).startswith(DOCUMENTS)
    return document or plain(dataset, 0x00280302).upper() not in ("", "NO")


def _said_by_attributes(dataset: Dataset) -> str:
    modality = plain(dataset, 0x00080060).upper()
    if modality in MODALITIES:
        return f"text is likely in the pixels: it is {MODALITIES[modality]}"
    if plain(dataset, 0x00280301).upper() not in ("", "NO"):
        return "text is in the pixels: Burned In Annotation says so"
    if plain(dataset, 0x00280302).upper() not in ("", "NO"):
        return "the patient can be recognised: Recognizable Visual Features says so"
    image_type = plain(dataset, 0x00080008).upper()
    if word := next((word for word in SCREENS if word in image_type), ""):
        return f"text is likely in the pixels: Image Type says {word}"
    if found(dataset, 0x00080064) is not None:
        return "text is likely in the pixels: it has a Conversion Type, as captured screens do"
    return _overlay_in_pixels(dataset)


def _overlay_in_pixels(dataset: Dataset) -> str:
    """An overlay's bits can lie in the unused high bits of the pixels (PS3.3 before 2004)."""
    for element in dataset:
        group = element.tag >> 16
        if group & 0xFF01 == 0x6000 and element.tag & 0xFFFF == 0x0010 and found(dataset, group << 16 | 0x3000) is None:
            return "an overlay may lie in the unused bits of the pixels"
    return ""
