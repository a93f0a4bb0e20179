"""pydicom's sample files: nothing of anybody is left, they stay as valid as they were, the pixels are untouched."""

import shutil
import subprocess
from pathlib import Path

import pytest

from radquarry.exporter.dicom_bytes.elements import Unreadable, plain
from radquarry.exporter.dicom_bytes.part10 import file_pieces, read_file
from tests.exporter.cleaning import PROFILES, cleaned, cleaner, leaks, sample_files

BROKEN = {
    "MR_truncated.dcm",
    "rtplan_truncated.dcm",
    "SC_rgb_jpeg.dcm",
    "DICOMDIR-nooffset",
    "meta_missing_tsyntax.dcm",
}
"""Cut, written otherwise than they say, or saying nothing: these are refused."""
FILES = [path for path in sample_files() if path.name not in BROKEN]
DATASETS = {path: read_file(memoryview(path.read_bytes())).dataset for path in FILES}
INSTANCES = [path for path, dataset in DATASETS.items() if plain(dataset, 0x00080018)]
OF_STUDIES = [path for path in INSTANCES if plain(DATASETS[path], 0x0020000D)]
VERIFIER = shutil.which("dciodvfy")


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 68


@pytest.mark.parametrize("path", [path for path in sample_files() if path.name in BROKEN], ids=lambda path: path.name)
def test_a_broken_file_is_refused(path: Path) -> None:
    with pytest.raises(Unreadable):
        read_file(memoryview(path.read_bytes()))


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_left_in_any_sample_file(profile: str) -> None:
    by, left = cleaner(PROFILES[profile]), {}
    for path in FILES:
        data = path.read_bytes()
        output, done = cleaned(data, by)
        if found := leaks(data, output, done, PROFILES[profile]):
            left[path.name] = found

    assert left == {}


def test_cleaning_twice_leaves_nothing_of_the_first_time() -> None:
    by, left = cleaner(), {}
    for path in OF_STUDIES:
        once, _ = cleaned(path.read_bytes(), by)
        twice, done = cleaned(once, by)
        if found := leaks(once, twice, done, by.profile):
            left[path.name] = found

    assert left == {}


def test_what_is_not_changed_is_written_as_it_was_read() -> None:
    for path in FILES:
        file = read_file(memoryview(path.read_bytes()))
        again = b"".join(file_pieces(file.transfer_syntax_uid, file.dataset))
        thrice = read_file(memoryview(again))
        assert b"".join(file_pieces(thrice.transfer_syntax_uid, thrice.dataset)) == again, path.name


def errors(data: bytes, file: Path) -> int:
    file.write_bytes(data)
    done = subprocess.run([str(VERIFIER), str(file)], capture_output=True, check=False, timeout=60)
    return sum(line.startswith(b"Error") for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.skipif(VERIFIER is None, reason="needs dciodvfy: apt-get install dicom3tools")
@pytest.mark.parametrize("profile", PROFILES)
def test_a_cleaned_file_has_no_more_errors_than_its_original(profile: str, tmp_path: Path) -> None:
    by, worse = cleaner(PROFILES[profile]), {}
    for path in INSTANCES:
        data = path.read_bytes()
        before, after = errors(data, tmp_path / "before.dcm"), errors(cleaned(data, by)[0], tmp_path / "after.dcm")
        if after > before:
            worse[path.name] = (before, after)

    assert worse == {}
