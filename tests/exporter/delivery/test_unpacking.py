"""What uploads unpack to is bounded before anything of them is unpacked."""

import struct
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from radquarry.configuration.uploads import UploadedFiles
from radquarry.exporter.files.unpacking import UnpacksToTooMuch, unpacked_bytes
from radquarry.messages import ConvertFiles, DeidentifyFiles, Message, PreviewFiles
from tests.exporter.delivery.rig import DEIDENTIFY, desk
from tests.exporter.delivery.uploads import state_of

MEGABYTE = 1000**2
LIMITS = UploadedFiles(most_unpacked_gb=0.003, most_entries=10)


def packed(path: Path, sizes: Sequence[int]) -> None:
    """Zeros, which pack well."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"{number}.dcm", bytes(size))


def test_files_and_what_is_in_archives_are_summed(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip", [MEGABYTE, 5])
    packed(tmp_path / "b.zip", [7])
    (tmp_path / "plain.dcm").write_bytes(bytes(100))

    assert unpacked_bytes(tmp_path, LIMITS) == MEGABYTE + 112


def test_a_sum_over_several_archives_is_refused_though_each_is_small(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        packed(tmp_path / name, [2 * MEGABYTE])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 10_000

    with pytest.raises(UnpacksToTooMuch, match=r"more than 0\.003 GB \(files\.most_unpacked_gb\)"):
        unpacked_bytes(tmp_path, LIMITS)


def test_more_entries_than_are_let_in_are_refused(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip", [1] * 6)
    packed(tmp_path / "b.zip", [1] * 5)

    with pytest.raises(UnpacksToTooMuch, match=r"more than 10 files.*files\.most_entries"):
        unpacked_bytes(tmp_path, LIMITS)


def test_a_directory_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip", [1])
    content = bytearray((tmp_path / "a.zip").read_bytes())
    struct.pack_into("<HH", content, len(content) - 14, 60_000, 60_000)
    (tmp_path / "a.zip").write_bytes(content)

    with pytest.raises(UnpacksToTooMuch):
        unpacked_bytes(tmp_path, LIMITS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=some.integers(0, 200), garbage=some.binary(min_size=1, max_size=40))
def test_a_damaged_archive_is_no_fault_of_ours(tmp_path: Path, at: int, garbage: bytes) -> None:
    packed(tmp_path / "a.zip", [50, 60])
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[at : at + len(garbage)] = garbage
    (tmp_path / "a.zip").write_bytes(content)

    with suppress(UnpacksToTooMuch):
        assert unpacked_bytes(tmp_path, LIMITS) >= 0


@pytest.mark.parametrize("kind", [DeidentifyFiles, ConvertFiles, PreviewFiles])
async def test_an_upload_that_unpacks_to_too_much_fails_with_its_reason(tmp_path: Path, kind: type[Message]) -> None:
    job_id = uuid4()
    place = tmp_path / "exchange" / str(job_id) / "in" / "0001"
    place.mkdir(parents=True)
    packed(place / "bomb.zip", [4 * MEGABYTE])
    fields = {} if kind is ConvertFiles else {"deidentify": DEIDENTIFY}
    async with desk(tmp_path, {}, files=LIMITS) as it:
        await it.say(kind(job_id=job_id, **fields))
        end = await state_of(it, job_id, "failed", "complete", "incomplete")

    assert end.state == "failed"
    assert "files.most_unpacked_gb" in end.problem
    assert not (tmp_path / "exporter" / "staging" / str(job_id)).exists()
