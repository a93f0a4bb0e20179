"""Another's client, dicomweb-client, finds, reads and gets everything."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom import Dataset, dcmread

from tests.api.dicomweb.archived import sample, slice_of, written
from tests.api.gateway import Gateway

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]


async def test_a_foreign_client_finds_its_way(gateway: Gateway, tmp_path: Path) -> None:
    files = [written(tmp_path, slice_of(1, series, number)) for series in (1, 2) for number in (1, 2)]
    mr, frames = sample(tmp_path, "MR_small_RLE.dcm"), sample(tmp_path, "SC_rgb_rle_2frame.dcm")

    def ask() -> None:
        client = DICOMwebClient(f"{gateway.url}/dicom-web")
        of_first = {"study_instance_uid": files[0].study, "series_instance_uid": files[0].series}
        one = of_first | {"sop_instance_uid": files[0].sop}

        studies = [Dataset.from_json(row) for row in client.search_for_studies()]
        assert {study.StudyInstanceUID for study in studies} == {"1.2.1", mr.study, frames.study}
        found = client.search_for_studies(search_filters={"PatientID": "P1"}, fields=["StudyDescription"], limit=1)
        assert [Dataset.from_json(row).StudyInstanceUID for row in found] == ["1.2.1"]
        assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []
        assert len(client.search_for_series("1.2.1")) == 2
        assert len(client.search_for_instances("1.2.1", get_remaining=True)) == 4

        metadata = Dataset.from_json(client.retrieve_instance_metadata(**one), lambda *_: b"")
        assert str(metadata.PatientName) == "Müller^Eva"
        assert len(client.retrieve_study_metadata("1.2.1")) == 4
        assert client.retrieve_instance(**one).PixelData == dcmread(files[0].path).PixelData
        assert [data.SOPInstanceUID for data in client.retrieve_series(**of_first)] == ["1.2.1.1.1", "1.2.1.1.2"]
        assert len(list(client.iter_study("1.2.1"))) == 4

        at = {"study_instance_uid": frames.study, "series_instance_uid": frames.series, "sop_instance_uid": frames.sop}
        pixels = dcmread(frames.path).pixel_array
        stored = client.retrieve_instance_frames(**at, frame_numbers=[1, 2], media_types=("image/dicom-rle",))
        assert len(stored) == 2
        native = client.retrieve_instance_frames(**at, frame_numbers=[2], media_types=("application/octet-stream",))
        assert native == [pixels[1].tobytes()]
        drawn = client.retrieve_instance_rendered(**at, media_types=("image/png",))
        assert np.asarray(Image.open(io.BytesIO(drawn))).shape == pixels[0].shape
        (bulk,) = client.retrieve_bulkdata(f"{gateway.url}{files[0].address}/bulkdata/7FE00010")
        assert bulk == dcmread(files[0].path).PixelData

    await asyncio.to_thread(ask)
