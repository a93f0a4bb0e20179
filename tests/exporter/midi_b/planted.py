"""Files with planted identifiers, and an answer key of the ten actions of the MIDI-B challenge.

The challenge's own data may not be had without asking; this set is made from pydicom's sample files by a seed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from tests.exporter.pixels.captures import capture
from tests.exporter.pixels.drawn_texts import empty

Action = Literal["tag_retained", "text_notnull", "text_retained", "text_removed", "date_shifted", "uid_changed",
                 "pixels_hidden", "pixels_retained", "uid_consistent", "patid_consistent"]  # fmt: skip
FAMILIES = ("Quarrymann", "Lindqvist", "Abernathy", "Zürcher", "Oyelaran", "Delacroix")
GIVEN = ("Josefine", "Torvald", "Augusta", "Ignatius", "Folake", "Mireille")
RETAINED = ("Modality", "Rows", "Columns", "PixelSpacing", "SliceThickness", "KVP", "BitsAllocated", "SOPClassUID",
            "SamplesPerPixel", "PhotometricInterpretation", "ImageOrientationPatient", "RescaleSlope")  # fmt: skip
NOT_NULL = ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "StudyDate")
DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
DESCRIPTIONS = ("CT CHEST WITH CONTRAST", "MR BRAIN AXIAL T2", "LIVER ARTERIAL PHASE", "KNEE LEFT SAGITTAL")


@dataclass(frozen=True)
class Answer:
    """One thing that is checked: `text` is what must stay or go; `box` top, left, bottom, right in the pixels."""

    action: Action
    keyword: str = ""
    text: str = field(default="", repr=False)
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True)
class Planted:
    """A file, whose it is, and its part of the key."""

    dataset: FileDataset
    answers: tuple[Answer, ...]
    texts: tuple[np.ndarray[Any, Any], ...] = field(default=(), repr=False)
    """Which pixels each hidden text is made of."""


def planted_files(seed: int, patients: int = 6) -> Iterator[Planted]:
    """Of each patient a CT or MR series of two, and an ultrasound-like capture with text in its pixels."""
    for number in range(patients):
        patient = _Patient(random.Random(f"{seed} {number}"), number)
        for image in range(3):
            yield patient.slice(image)
        yield patient.capture()


class _Patient:
    def __init__(self, chance: random.Random, number: int) -> None:
        self._chance, self._number = chance, number
        self._family, self._given = FAMILIES[number % 6], GIVEN[(number * 5 + 1) % 6]
        self._patient_id = f"{chance.choice(('PID', 'MRN', ''))}{chance.randint(10**6, 10**8)}"
        self._accession = f"AC{chance.randint(10**5, 10**6)}"
        self._day = date(2019, 1, 3) + timedelta(days=chance.randint(0, 1500))
        self._root = f"1.2.826.0.1.3680043.8.498.{seed_part(chance)}"

    def slice(self, image: int) -> Planted:
        """One image, its pixels untouched."""
        dataset = dcmread(str(get_testdata_file(self._chance.choice(("CT_small.dcm", "MR_small.dcm")))))
        if 0xFFFCFFFC in dataset:
            del dataset[0xFFFCFFFC]
        answers = self._identify(dataset, image, 1)
        return Planted(dataset, (*answers, Answer("pixels_retained")))

    def capture(self) -> Planted:
        """A picture of a screen: the name, the id and the date of birth stand in it."""
        picture = empty(self._chance, "ultrasound cone")[:320, 100:540].copy()
        answers, masks = [], []
        born = f"{self._chance.randint(1, 28):02}.{self._chance.randint(1, 12):02}.{self._chance.randint(1930, 1999)}"
        for row, text in enumerate((f"{self._family} {self._given}", self._patient_id, born)):
            at = (12 + 300 * (row == 2), 6 + 24 * (row % 2))
            image = Image.new("L", picture.shape[1::-1], 0)
            ImageDraw.Draw(image).text(
                at, text, font=ImageFont.load_default(self._chance.choice((12, 14, 18))), fill=255
            )
            mask = np.asarray(image) > 127
            picture[mask] = self._chance.choice((200, 255))
            ys, xs = np.nonzero(mask)
            answers.append(
                Answer(
                    "pixels_hidden", text=text, box=(int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1)
                )
            )
            masks.append(mask)
        dataset = capture(picture)
        return Planted(dataset, (*self._identify(dataset, 9, 2), *answers), tuple(masks))

    def _identify(self, dataset: FileDataset, image: int, series: int) -> list[Answer]:
        """Write who it is into the file, in the usual places and in others; what must stay is written too."""
        chance = self._chance
        name, doctor = f"{self._family}^{self._given}", f"{chance.choice(('Brunner', 'Okafor', 'Castellanos'))}^Pat"
        dataset.PatientName, dataset.PatientID, dataset.AccessionNumber = name, self._patient_id, self._accession
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{self._root}.1", f"{self._root}.1.{series}"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{self._root}.1.{series}.{image + 1}"
        dataset.FrameOfReferenceUID = f"{self._root}.1.{series}.0"
        for keyword in DATES:
            setattr(dataset, keyword, f"{self._day:%Y%m%d}")
        dataset.PatientBirthDate = f"{self._day - timedelta(days=20000):%Y%m%d}"
        described = chance.choice(DESCRIPTIONS)
        phone = (
            f"0{chance.randint(41, 79)} {chance.randint(100, 999)} {chance.randint(10, 99)} {chance.randint(10, 99)}"
        )
        dataset.StudyDescription, dataset.SeriesDescription = f"{described} {self._family}", described
        dataset.ReferringPhysicianName, dataset.OperatorsName = doctor, doctor
        dataset.PatientAddress, dataset.PatientComments = "12 Elm Street, Springfield", f"call {phone}"
        dataset.InstitutionName, dataset.InstitutionAddress = "St. Elsewhere Hospital", "1 Hill Road"
        dataset.ProtocolName = f"{described} {self._patient_id}"
        dataset.ImageComments = f"{self._given} {self._family} was restless"
        block = dataset.private_block(0x0009, "ACME 1.1", create=True)
        block.add_new(1, "LO", f"{self._family}, {self._given}")
        referenced = Dataset()
        referenced.ReferencedSOPClassUID, referenced.ReferencedSOPInstanceUID = (
            dataset.SOPClassUID,
            f"{self._root}.1.{series}.1",
        )
        dataset.ReferencedImageSequence = Sequence([referenced])
        removed = {"PatientName": name.replace("^", " "), "PatientID": self._patient_id, "AccessionNumber": self._accession,
                   "StudyDescription": self._family, "ReferringPhysicianName": doctor.split("^", maxsplit=1)[0],
                   "OperatorsName": doctor.split("^", maxsplit=1)[0], "PatientAddress": "Elm", "PatientComments": phone,
                   "InstitutionName": "Elsewhere", "InstitutionAddress": "Hill", "ProtocolName": self._patient_id,
                   "ImageComments": self._family, "(0009,1001)": self._family}  # fmt: skip
        retained = {"SeriesDescription": described, "StudyDescription": described, "ProtocolName": described,
                    "Modality": str(dataset.Modality)}  # fmt: skip
        return [
            *(Answer("tag_retained", keyword) for keyword in RETAINED if keyword in dataset),
            *(Answer("text_notnull", keyword) for keyword in NOT_NULL),
            *(Answer("text_removed", keyword, text) for keyword, text in removed.items()),
            *(Answer("text_retained", keyword, text) for keyword, text in retained.items()),
            *(Answer("date_shifted", keyword, f"{self._day:%Y%m%d}") for keyword in DATES),
            *(Answer("uid_changed", keyword, str(dataset[keyword].value)) for keyword in UIDS),
            *(Answer("uid_consistent", keyword, str(dataset[keyword].value)) for keyword in UIDS),
            Answer("uid_consistent", "ReferencedImageSequence", f"{self._root}.1.{series}.1"),
            Answer("patid_consistent", "PatientID", self._patient_id),
        ]


def seed_part(chance: random.Random) -> str:
    """A component of a UID."""
    return str(chance.randint(10**8, 10**9))
