"""WADO-RS metadata: what pydicom says of the same file, bulk values by address."""

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import Dataset, dcmread

from tests.api.dicomweb.archived import EXPLICIT, ROOT, parts, sample, slice_of, usable_samples, written
from tests.api.gateway import Gateway, a_problem

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]

BULK = "BulkDataURI"


def expected(path: Path, address: str) -> dict[str, Any]:
    """As the library writes it."""
    data = dcmread(path)
    model: dict[str, Any] = data.to_json_dict(1024, lambda element: f"{address}/bulkdata/{element.tag:08X}")
    if "7FE00010" in model:
        model["7FE00010"] = {"vr": model["7FE00010"]["vr"], BULK: f"{address}/bulkdata/7FE00010"}
    if "00080005" in model and "Value" in model["00080005"]:
        model["00080005"]["Value"] = ["ISO_IR 192"]
    return model


def without_nested_bulk(model: Any) -> Any:
    """A nested value's address is ours alone: the library does not know where it is."""
    if isinstance(model, dict):
        return {key: BULK if key == BULK else without_nested_bulk(value) for key, value in model.items()}
    return [without_nested_bulk(value) for value in model] if isinstance(model, list) else model


async def test_metadata_is_what_pydicom_says(gateway: Gateway, tmp_path: Path) -> None:
    compared = 0
    for name in usable_samples():
        if name in {"badVR.dcm", "reportsi_with_empty_number_tags.dcm"}:
            continue  # pydicom itself makes no JSON of their values
        file = sample(tmp_path, name)
        answer = await gateway.client.get(f"{file.address}/metadata")

        assert answer.headers["content-type"] == "application/dicom+json", name
        (model,) = answer.json()
        wanted = expected(file.path, file.address)
        assert without_nested_bulk(model) == without_nested_bulk(wanted), name
        assert model.get("7FE00010", {}).get(BULK) == wanted.get("7FE00010", {}).get(BULK)
        compared += 1
    assert compared > 50


async def test_values_that_their_vr_does_not_allow_cost_no_other(gateway: Gateway, tmp_path: Path) -> None:
    file = sample(tmp_path, "badVR.dcm")

    (model,) = (await gateway.client.get(f"{file.address}/metadata")).json()

    assert model["00280008"] == {"vr": "IS"}
    assert model["00280010"]["Value"] == [10]


async def test_every_long_value_comes_from_its_address(gateway: Gateway, tmp_path: Path) -> None:
    data = slice_of(7)
    data.add_new(0x00420011, "OB", b"%PDF" + b"x" * 200_000)
    data.add_new(0x00282000, "OB", bytes(range(256)) * 8)
    data.ReferencedImageSequence = [slice_of(8)]
    file = written(tmp_path, data)

    (model,) = (await gateway.client.get(f"{file.address}/metadata")).json()
    fetched = {}
    for name, place in (("00420011", model), ("00282000", model), ("7FE00010", model)):
        (part,) = parts(await gateway.client.get(place[name][BULK], headers={"Accept": "multipart/related"}))
        fetched[name] = part[1]

    assert fetched["00420011"] == data[0x00420011].value
    assert fetched["00282000"] == data[0x00282000].value
    assert fetched["7FE00010"] == data.PixelData
    plain = await gateway.client.get(model["00420011"][BULK], headers={"Accept": "application/octet-stream"})
    assert plain.content == data[0x00420011].value
    assert plain.headers["content-type"] == "application/octet-stream"


async def test_a_long_value_inside_a_sequence_has_its_address_too(gateway: Gateway, tmp_path: Path) -> None:
    inner = slice_of(8)
    inner.add_new(0x00420011, "OB", b"y" * 5000)
    del inner.PixelData
    data = slice_of(7)
    data.ReferencedImageSequence = [slice_of(9), inner]
    file = written(tmp_path, data)

    (model,) = (await gateway.client.get(f"{file.address}/metadata")).json()
    address = model["00081140"]["Value"][1]["00420011"][BULK]

    assert address == f"{file.address}/bulkdata/00081140/1/00420011"
    assert (await gateway.client.get(address, headers={"Accept": "application/octet-stream"})).content == b"y" * 5000


@pytest.mark.parametrize(
    "path", ["00100010", "00420011", "0042", "00081140/1/00420011", "zzzzzzzz", "7FE00010/0", "-1"]
)
async def test_an_address_of_no_long_value_is_unknown(gateway: Gateway, tmp_path: Path, path: str) -> None:
    file = written(tmp_path, slice_of(7))

    a_problem(await gateway.client.get(f"{file.address}/bulkdata/{path}"), 404, "unknown-value")


async def test_a_study_and_a_series_come_whole_and_in_order(gateway: Gateway, tmp_path: Path) -> None:
    for series in (1, 2):
        for instance in (10, 9, 1):
            written(tmp_path, slice_of(7, series, instance))

    study = await gateway.client.get(f"{ROOT}/studies/1.2.7/metadata")
    series = await gateway.client.get(f"{ROOT}/studies/1.2.7/series/1.2.7.2/metadata")

    assert sops(study) == [f"1.2.7.{s}.{i}" for s in (1, 2) for i in (1, 9, 10)]
    assert sops(series) == [f"1.2.7.2.{i}" for i in (1, 9, 10)]


async def test_a_file_that_cannot_be_read_is_not_passed_over(gateway: Gateway, tmp_path: Path) -> None:
    written(tmp_path, slice_of(7, 1, 1))
    broken = written(tmp_path, slice_of(7, 1, 2))
    broken.path.write_bytes(b"\0" * 200)

    answer = await gateway.client.get(f"{ROOT}/studies/1.2.7/metadata")

    assert sops(answer) == ["1.2.7.1.1", "1.2.7.1.2"]
    a_problem(await gateway.client.get(f"{broken.address}/metadata"), 500, "unreadable-instance")


def sops(answer: httpx.Response) -> list[str]:
    return [model["00080018"]["Value"][0] for model in answer.json()]


async def test_long_texts_and_sequences_are_given_whole(gateway: Gateway, tmp_path: Path) -> None:
    frames = []
    for number in range(2_000):
        frame = Dataset()
        frame.StackID, frame.InStackPositionNumber = "A" * 16, number
        frames.append(frame)
    file = written(tmp_path, slice_of(7, TextValue="T" * 100_000, FrameContentSequence=frames))

    (model,) = (await gateway.client.get(f"{file.address}/metadata")).json()
    (part,) = parts(await gateway.client.get(file.address, headers=EXPLICIT))

    assert model["0040A160"]["Value"] == ["T" * 100_000]
    assert [each["00209057"]["Value"] for each in model["00209111"]["Value"]] == [[number] for number in range(2_000)]
    assert dcmread(BytesIO(part[1])).TextValue == "T" * 100_000
