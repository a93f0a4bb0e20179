"""Frames as pictures, drawn by a process of its own."""

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from radquarry.api.dicomweb.decoding import Decoders, Job
from radquarry.api.problems import Problem
from tests.api.dicomweb.archived import ROOT, sample, slice_of, written
from tests.api.gateway import Gateway, a_problem

PNG = {"Accept": "image/png"}


def picture(answer: httpx.Response, kind: str = "PNG") -> np.ndarray:
    """Rows × columns (× 3)."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    image = Image.open(io.BytesIO(answer.content))
    assert image.format == kind
    return np.asarray(image)


DRAWN = [
    "CT_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_bigendian.dcm", "SC_rgb_jpeg_gdcm.dcm", "examples_ybr_color.dcm", "examples_palette.dcm", "rtdose.dcm",
    "image_dfl.dcm", "liver_1frame.dcm", "examples_jpeg2k.dcm",
]  # fmt: skip


async def test_there_is_something_to_see(gateway: Gateway, tmp_path: Path) -> None:
    for name in DRAWN:
        at = sample(tmp_path, name).address

        drawn = picture(await gateway.client.get(f"{at}/rendered", headers=PNG))
        jpeg = picture(await gateway.client.get(f"{at}/frames/1/rendered", headers={"Accept": "image/jpeg"}), "JPEG")

        assert drawn.shape == jpeg.shape, name
        assert drawn.std() > 5, name
        assert np.abs(drawn.astype(int) - jpeg).mean() < 6, name


async def test_a_window_decides_what_is_black_and_white(gateway: Gateway, tmp_path: Path) -> None:
    file = written(tmp_path, slice_of(1, RescaleSlope=2, RescaleIntercept=-10))
    inverse = written(tmp_path, slice_of(2, PhotometricInterpretation="MONOCHROME1"))
    values = np.arange(24).reshape(4, 6)

    windowed = picture(await gateway.client.get(f"{file.address}/rendered?window=10,10,linear-exact", headers=PNG))
    whole = picture(await gateway.client.get(f"{file.address}/rendered", headers=PNG))
    turned = picture(await gateway.client.get(f"{inverse.address}/rendered", headers=PNG))

    rescaled = values * 2.0 - 10
    assert np.array_equal(windowed, (np.clip((rescaled - 10) / 10 + 0.5, 0, 1) * 255 + 0.5).astype("u1"))
    assert (whole.min(), whole.max()) == (0, 255)
    assert np.array_equal(turned, (255 - whole.astype(int)).astype("u1"))


async def test_a_thumbnail_stands_for_a_study_a_series_and_an_instance(gateway: Gateway, tmp_path: Path) -> None:
    file = sample(tmp_path, "examples_ybr_color.dcm")
    for path in (f"/studies/{file.study}", f"/studies/{file.study}/series/{file.series}"):
        drawn = picture(await gateway.client.get(f"{ROOT}{path}/thumbnail", headers=PNG))
        assert max(drawn.shape[:2]) == 200
    assert picture(await gateway.client.get(f"{file.address}/frames/2/thumbnail", headers=PNG)).std() > 5


async def test_a_viewport_bounds_the_picture(gateway: Gateway, tmp_path: Path) -> None:
    file = sample(tmp_path, "CT_small.dcm")

    assert picture(await gateway.client.get(f"{file.address}/rendered?viewport=64,500", headers=PNG)).shape == (64, 64)


@pytest.mark.parametrize(
    "query", ["window=1", "window=a,b", "window=1,0", "window=1,nan", "window=1,2,cubic", "viewport=0,1", "viewport=9",
              "viewport=99999,1", "window=1,2,linear,x", "quality=0", "quality=101", "quality=high", "quality=%2B5"]
)  # fmt: skip
async def test_a_look_that_makes_no_sense_is_refused(gateway: Gateway, tmp_path: Path, query: str) -> None:
    file = sample(tmp_path, "CT_small.dcm")

    a_problem(await gateway.client.get(f"{file.address}/rendered?{query}", headers=PNG), 400, "invalid")


async def test_what_is_no_picture_or_not_there_is_said(gateway: Gateway, tmp_path: Path) -> None:
    file, text = sample(tmp_path, "CT_small.dcm"), sample(tmp_path, "test-SR.dcm")

    a_problem(await gateway.client.get(f"{file.address}/rendered", headers={"Accept": "text/html"}), 406)
    a_problem(await gateway.client.get(f"{file.address}/frames/2/rendered", headers=PNG), 404, "unknown-frame")
    a_problem(await gateway.client.get(f"{text.address}/rendered", headers=PNG), 404, "no-pixels")
    a_problem(await gateway.client.get(f"{text.address}/thumbnail", headers=PNG), 404, "no-pixels")


async def test_a_frame_of_a_monstrous_size_is_not_even_tried(gateway: Gateway, tmp_path: Path) -> None:
    file = written(tmp_path, slice_of(1, Rows=65535, Columns=65535))

    a_problem(await gateway.client.get(f"{file.address}/rendered", headers=PNG), 422, "too-large")


async def test_a_decoder_that_dies_takes_nobody_with_it(tmp_path: Path) -> None:
    file = sample(tmp_path, "CT_small.dcm")
    decoders = Decoders()
    try:
        await decoders.done(Job(file.path, 0, "png"))
        (process,) = decoders._idle
        process.kill()
        with pytest.raises(Problem):
            await decoders.done(Job(tmp_path / "gone.dcm", 0, "png"))

        assert (await decoders.done(Job(file.path, 0, "png")))[1].startswith(b"\x89PNG")
    finally:
        await decoders.close()


async def test_parameters_that_change_nothing_are_named(gateway: Gateway, tmp_path: Path) -> None:
    file = written(tmp_path, slice_of(1))
    said = '299 radquarry "The following parameters are not supported: {}"'

    drawn = await gateway.client.get(f"{file.address}/rendered?annotation=patient&Window=1,2&quality=9&x%22=1")
    small = await gateway.client.get(f"{file.address}/thumbnail?viewport=9,9")
    plain = await gateway.client.get(f"{file.address}/rendered?window=10,10&accept=image/png")

    assert picture(drawn, "PNG").shape == (4, 6)
    assert drawn.headers["warning"] == said.format("annotation, Window, an unreadable name")
    assert small.headers["warning"] == said.format("viewport")
    assert "warning" not in plain.headers
    a_problem(await gateway.client.get(f"{file.address}/rendered?window=1,2&window=3,4"), 400, "invalid")
