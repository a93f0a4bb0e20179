"""Inputs that were made to do harm: bombs, names that are paths, damaged files. The others go on."""

import gzip
import math
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radquarry.exporter.conversion.nifti_file import volumes_in
from radquarry.exporter.conversion.raster import MOST_PAGES
from radquarry.exporter.runs.run import RunRefused, folder_of_one
from tests.exporter.conversion.making import AXIAL, converted, encoded, laid, nifti, noise

GOOD = encoded(noise(8, 8))
VOLUME = nifti(noise(4, 4, 3, dtype=np.int16), AXIAL)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def png_that_says(width: int, height: int) -> bytes:
    head = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def refused(data: bytes, folder: Path) -> str:
    (outcome,) = converted(laid(folder / "in", a=data), out=folder / "out")
    assert outcome.state == "refused"
    assert [path for path in (folder / "out").rglob("*") if path.is_file()] == []
    return outcome.reason


@pytest.mark.parametrize(("width", "height"), [(30000, 30000), (9000, 9000), (70000, 2), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(width: int, height: int, tmp_path: Path) -> None:
    assert "more than" in refused(png_that_says(width, height), tmp_path)


def pages_of_one(data: bytes, pages: int) -> bytes:
    """A TIFF whose directory stands there many times, each time for the same data."""
    start = int.from_bytes(data[4:8], "little")
    end = start + 2 + 12 * int.from_bytes(data[start : start + 2], "little")
    whole = data + bytes(len(data) % 2)
    directory, size = data[start:end], end + 4 - start
    copies = [directory + (len(whole) + number * size).to_bytes(4, "little") for number in range(1, pages)]
    again = b"".join([*copies, directory + bytes(4)])
    return whole[:4] + len(whole).to_bytes(4, "little") + whole[8:] + again


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    data = pages_of_one(encoded(noise(1, 1), "TIFF"), MOST_PAGES + 1)

    assert refused(data, tmp_path) == f"it has more than {MOST_PAGES} pages"


@pytest.mark.slow
def test_pages_that_are_too_much_together_are_refused(tmp_path: Path) -> None:
    page = encoded(np.zeros((8900, 8900), np.uint8), "TIFF", compression="tiff_adobe_deflate")

    assert "GB together" in refused(pages_of_one(page, 14), tmp_path)


def test_pages_in_a_circle_end(tmp_path: Path) -> None:
    data = bytearray(encoded(noise(4, 4), "TIFF"))
    start = int.from_bytes(data[4:8], "little")
    end = start + 2 + 12 * int.from_bytes(data[start : start + 2], "little")
    data[end : end + 4] = data[4:8]

    (outcome,) = converted(laid(tmp_path / "in", a=bytes(data)), out=tmp_path / "out")

    assert (outcome.state, outcome.files) == ("converted", 1)


def test_an_animated_png_is_refused(tmp_path: Path) -> None:
    assert refused(encoded([noise(4, 4), noise(4, 4, seed=1)]), tmp_path) == "it is animated"


def test_a_volume_that_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(VOLUME + bytes(300 << 20), 1)

    assert "unpacks to more" in refused(bomb, tmp_path)


def test_a_volume_packed_in_very_many_parts_is_read_in_seconds() -> None:
    data = gzip.compress(VOLUME) + gzip.compress(b"") * 400_000
    begin = time.process_time()

    found = volumes_in(memoryview(data))

    assert time.process_time() - begin < 3
    assert found.raw.shape[:3] == (4, 4, 3)


@pytest.mark.parametrize(
    ("place", "form", "value", "words"),
    [
        (116, "f", math.inf, "scaling"),
        (116, "f", math.nan, "scaling"),
        (123, "B", 5, "units"),
        (123, "B", 255, "units"),
    ],
)
def test_a_header_that_says_what_is_none_is_refused_with_its_reason(
    place: int, form: str, value: float, words: str, tmp_path: Path
) -> None:
    data = bytearray(VOLUME)
    struct.pack_into(f"<{form}", data, place, value)

    assert words in refused(bytes(data), tmp_path)


@pytest.mark.parametrize("sides", [(3, 30000, 30000, 30000), (4, 9000, 9000, 9000, 9000), (3, 0, 4, 3), (9, 4, 4, 3)])
def test_a_volume_that_says_more_than_it_has_is_refused(sides: tuple[int, ...], tmp_path: Path) -> None:
    data = bytearray(VOLUME)
    data[40 : 40 + 2 * len(sides)] = struct.pack(f"<{len(sides)}h", *sides)

    assert refused(bytes(data), tmp_path)


def test_names_in_a_zip_never_become_paths(tmp_path: Path) -> None:
    names = ("../../evil.png", "/etc/evil.png", "..\\evil.png", "a/../../evil.png", "C:\\evil.png", "evil\x1b[31m.png")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, encoded(noise(4, 4, seed=number)))

    outcomes = converted(tmp_path / "in.zip", out=tmp_path / "deep" / "out", given={"PatientID": "../../P1"})

    assert [outcome.state for outcome in outcomes] == ["converted"] * 6
    assert list(tmp_path.rglob("*evil*")) == []
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    assert [path.name for path in (tmp_path / "deep" / "out").iterdir()] == ["%2E.%2F..%2FP1"]


def test_a_zip_that_is_a_bomb_is_refused_and_the_rest_of_it_is_not(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.nii", bytes(300 << 20))
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", b"PK\3\4" + bytes(60))
        archive.writestr("good.png", GOOD)

    bomb, linked, inner, good = converted(tmp_path / "in.zip", out=tmp_path / "out")

    assert "more than 200 times" in bomb.reason
    assert linked.state == "passed over"  # the text of the link, which is not followed
    assert "packed" in inner.reason
    assert good.state == "converted"


def test_a_zip_whose_files_unpack_to_too_much_together_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.png", GOOD)
    data = path.read_bytes()
    size = struct.pack("<L", len(GOOD))
    start = data.index(b"PK\1\2")
    path.write_bytes(data[:start] + data[start:].replace(size, struct.pack("<L", 2**32 - 2)))

    assert {outcome.reason for outcome in converted(path, out=tmp_path / "out")} == {
        "the zip archive unpacks to more than 64 GB"
    }


def test_links_pipes_and_empty_files_are_not_read(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", b=b"", c=GOOD)
    (tmp_path / "secret").write_bytes(GOOD)
    (folder / "a").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "d")

    link, empty, good, pipe = converted(folder, out=tmp_path / "out")

    assert [each.state for each in (link, empty, good, pipe)] == ["refused", "refused", "converted", "refused"]
    assert (link.reason, empty.reason, pipe.reason) == (
        "it is a link, which is not followed; name the file", "it is empty", "it is no file")  # fmt: skip


def test_what_is_no_image_is_refused_by_kind_and_texts_are_passed_over(tmp_path: Path) -> None:
    pair = VOLUME[:344] + b"ni1\0" + VOLUME[348:]
    refused_ones = {
        "a.gif": b"GIF89a" + bytes(99),
        "b.nrrd": b"NRRD0005\n\0\1",
        "c.hdr": pair,
        "d.gz": gzip.compress(b"x"),
    }
    passed = {"README": b"how to see the images", "Thumbs.db": b"\1\2", "._a.png": GOOD}
    folder = laid(tmp_path / "in", **refused_ones, **passed, **{".scan": GOOD})

    states = {outcome.name: outcome.state for outcome in converted(folder, out=tmp_path / "out")}

    wanted = {**dict.fromkeys(refused_ones, "refused"), **dict.fromkeys(passed, "passed over"), ".scan": "converted"}
    assert states == wanted


KINDS = {
    "png": GOOD,
    "jpeg": encoded(noise(16, 16, 3), "JPEG"),
    "tiff": encoded([noise(6, 6), noise(6, 6, seed=1)], "TIFF"),
    "bmp": encoded(noise(6, 6, 3), "BMP"),
    "nii": VOLUME,
    "nii.gz": gzip.compress(VOLUME),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_converted_or_refused_in_our_words(kind: str, data, tmp_path: Path) -> None:
    good = bytearray(KINDS[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(good)))
    folder = laid(tmp_path / "in", a=bytes(good[:cut]))

    (outcome,) = converted(folder, out=tmp_path / "out", given={})

    assert "fault in radquarry" not in outcome.reason


def test_one_run_at_a_time_writes_into_a_folder(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", a=GOOD)

    with folder_of_one(tmp_path / "out"), pytest.raises(RunRefused, match="another run"):
        converted(folder, out=tmp_path / "out")


def test_voxels_that_are_said_to_lie_in_the_header_are_refused(tmp_path: Path) -> None:
    data = VOLUME[:108] + struct.pack("<f", 0.0) + VOLUME[112:]

    assert refused(data, tmp_path) == "it says that its voxels lie in its header"
