"""Every generated image is a DICOM object that re-reads, with the pixels it promises, always the same."""

import io
import re

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import UID

from radquarry.hospital import Hospital
from radquarry.hospital.objects import SOP_CLASSES
from radquarry.hospital.studies import Study

from .conftest import settings

SIZE = 48
STUDIES = list(Hospital(settings(pixels=SIZE)).holdings.all())


def first_of(modality: str) -> Study:
    return next(study for study in STUDIES if study.record["ModalitiesInStudy"] == modality)


def reread(dataset: Dataset) -> Dataset:
    file = io.BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    file.seek(0)
    return dcmread(file)


@pytest.mark.parametrize("modality", sorted(SOP_CLASSES))
def test_every_image_of_a_study_rereads_with_the_right_pixels(modality: str) -> None:
    study = first_of(modality)
    frames = {"NM": (2,), "XA": (4,)}.get(modality, ())
    for instance in study.instances():
        image = reread(instance.load())

        assert image.pixel_array.shape == (*frames, SIZE, SIZE)
        assert (image.SOPInstanceUID, image.SOPClassUID) == (instance.sop_instance_uid, SOP_CLASSES[modality])
        assert image.file_meta.MediaStorageSOPInstanceUID == image.SOPInstanceUID
        assert image.StudyInstanceUID == study.study_instance_uid
        assert str(image.PatientName) == study.record["PatientName"]
        assert len(np.unique(image.pixel_array)) > 20


@pytest.mark.parametrize("modality", sorted(SOP_CLASSES))
def test_an_image_always_has_the_same_pixels_and_no_other_has_them(modality: str) -> None:
    instances = first_of(modality).instances()
    first = instances[0].load().PixelData

    assert instances[0].load().PixelData == first
    assert all(other.load().PixelData != first for other in instances[1:])


def test_what_is_listed_is_what_is_there_and_every_uid_is_valid_and_unique() -> None:
    uids: list[str] = []
    for study in STUDIES:
        series = study.series()
        instances = study.instances()
        assert study.record["NumberOfStudyRelatedSeries"] == str(len(series))
        assert study.record["NumberOfStudyRelatedInstances"] == str(len(instances))
        uids += [study.study_instance_uid, *(one.series_instance_uid for one in series)]
        uids += [instance.sop_instance_uid for instance in instances]

    assert len(uids) == len(set(uids))
    assert all(UID(uid).is_valid and len(uid) <= 64 for uid in uids)


def test_series_are_of_a_sensible_size() -> None:
    ct = [
        len(series.instances())
        for study in STUDIES
        if study.record["ModalitiesInStudy"] == "CT"
        for series in study.series()
    ]
    mammography = first_of("MG").series()

    assert max(ct) <= 40
    assert [series.record["SeriesDescription"] for series in mammography] == ["R-CC", "L-CC", "R-MLO", "L-MLO"]


def test_slices_of_a_stack_lie_where_their_number_says() -> None:
    stack = [instance.load() for instance in first_of("CT").series()[-1].instances()]
    places = [image.ImagePositionPatient[2] for image in stack]

    assert places == sorted(places, reverse=True)
    assert len({image.FrameOfReferenceUID for image in stack}) == 1
    assert re.fullmatch(r"\d{8}", stack[0].AcquisitionDate)
