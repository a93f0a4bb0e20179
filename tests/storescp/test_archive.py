"""What is kept is kept for good, once, and as it came."""

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pydicom
import pytest
from structlog.testing import capture_logs

from radquarry.storescp.archive import Archive
from radquarry.storescp.elements import NotDicom
from radquarry.storescp.identity import Identity
from radquarry.storescp.receipt import NoRoom
from tests.storescp.samples import CALLER, MEMORY, arrival, encoded, instance, store

PLACE = "archive/1.2.3/1.2.3.1/1.2.3.1.1.dcm"


@pytest.fixture
def archive(tmp_path: Path):
    archive = Archive(tmp_path, 0)
    yield archive
    archive.close()


def markers(folder: Path) -> list[Path]:
    """What is still to be announced."""
    return sorted((folder / "storescp" / "unannounced").iterdir())


def test_an_instance_is_a_file_that_anybody_can_read(archive: Archive, tmp_path: Path) -> None:
    data_set = instance(PatientID="4711")

    store(archive, arrival(data_set))
    read = pydicom.dcmread(tmp_path / PLACE)

    assert read == data_set
    assert read.file_meta.SourceApplicationEntityTitle == CALLER
    assert (tmp_path / PLACE).read_bytes().endswith(encoded(data_set))


def test_size_and_digest_are_the_files(archive: Archive, tmp_path: Path) -> None:
    kept = store(archive, arrival(instance()))
    whole = (tmp_path / PLACE).read_bytes()

    assert kept.instance.bytes == len(whole)
    assert kept.instance.sha256 == hashlib.sha256(whole).hexdigest()


def test_a_marker_says_the_same_as_the_receipt_did(archive: Archive) -> None:
    kept = store(archive, arrival(instance()))

    again = archive.described(kept.marker)

    assert again.instance.model_dump(exclude={"stored_at"}) == kept.instance.model_dump(exclude={"stored_at"})
    assert abs((again.instance.stored_at - kept.instance.stored_at).total_seconds()) < 60


def test_the_same_instance_again_is_one_file_announced_again(archive: Archive, tmp_path: Path) -> None:
    first = store(archive, arrival(instance()))
    with capture_logs() as logs:
        second = store(archive, arrival(instance(), calling_ae_title="OTHER"))

    assert second.instance.sha256 == first.instance.sha256
    assert len(list(tmp_path.glob("archive/*/*/*"))) == 1
    assert markers(tmp_path) == sorted([first.marker, second.marker])
    assert logs == []


def test_of_two_versions_the_first_stays_and_the_second_is_reported(archive: Archive, tmp_path: Path) -> None:
    first = store(archive, arrival(instance(PatientID="1")))
    with capture_logs() as logs:
        second = store(archive, arrival(instance(PatientID="2")))

    assert second.instance.sha256 == first.instance.sha256
    assert pydicom.dcmread(tmp_path / PLACE).PatientID == "1"
    assert [entry["event"] for entry in logs] == ["an instance came again with other bytes: the first stay"]


def test_an_instance_sent_by_many_at_once_is_one_file(archive: Archive, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda number: store(archive, arrival(instance(number % 2 + 1))), range(24)))

    assert len(list(tmp_path.glob("archive/*/*/*.dcm"))) == 2
    assert len({one.instance.sha256 for one in kept}) == 2


def test_another_instance_than_announced_is_refused(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotDicom, match="another SOPInstanceUID"):
        store(archive, arrival(instance(), sop_instance_uid="1.2.3.9"))

    assert list(tmp_path.glob("archive/**/*.dcm")) == []


@pytest.mark.parametrize("field", ["sop_class_uid", "transfer_syntax_uid"])
def test_a_request_with_what_is_no_uid_is_refused(archive: Archive, field: str) -> None:
    with pytest.raises(NotDicom, match="is not a UID"):
        store(archive, arrival(instance(), **{field: "../x"}))


def test_half_written_files_of_a_dead_process_are_cleaned_and_of_a_living_one_are_not(tmp_path: Path) -> None:
    living = Archive(tmp_path, 0)
    dead = tmp_path / "storescp" / "incoming" / "dead"
    dead.mkdir()
    (dead / "in-use").touch()
    (dead / "1.part").write_bytes(b"half")

    second = Archive(tmp_path, 0)
    store(living, arrival(instance()))

    assert not dead.exists()
    assert len(list((tmp_path / "storescp" / "incoming").iterdir())) == 2
    living.close()
    second.close()


def test_a_marker_whose_place_was_not_made_yet_is_put_there(archive: Archive, tmp_path: Path) -> None:
    kept = store(archive, arrival(instance()))
    shutil.rmtree(tmp_path / "archive" / "1.2.3")

    archive.recovered(kept.marker)

    assert pydicom.dcmread(tmp_path / PLACE) == instance()


def test_below_the_reserve_nothing_is_taken_and_above_it_again() -> None:
    if not MEMORY.is_dir():
        pytest.skip("no memory file system here; on Linux there is one at /dev/shm")
    folder = MEMORY / f"radquarry-{os.getpid()}"
    size = 64 * 1024 * 1024
    status = os.statvfs(MEMORY)
    archive = Archive(folder, status.f_bavail * status.f_frsize - size / 2)
    try:
        store(archive, arrival(instance(1)))
        with (folder / "filler").open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, size)
        with pytest.raises(NoRoom):
            store(archive, arrival(instance(2)))
        (folder / "filler").unlink()
        store(archive, arrival(instance(2)))

        assert len(list(folder.glob("archive/*/*/*.dcm"))) == 2
    finally:
        archive.close()
        shutil.rmtree(folder)


def test_an_archive_that_cannot_be_written_is_no_room(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "archive" / "1.2.3").write_text("a file where a folder belongs")

    with pytest.raises(NoRoom):
        store(archive, arrival(instance()))

    assert archive.place(Identity("1.2.3", "1.2.3.1", "1.2.3.1.1")) == tmp_path / PLACE


def test_folders_on_two_file_systems_are_refused_by_name(tmp_path: Path) -> None:
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here; on Linux there is one at /dev/shm")
    elsewhere = MEMORY / f"radquarry-archive-{os.getpid()}"
    elsewhere.mkdir()
    (tmp_path / "archive").symlink_to(elsewhere)
    try:
        with pytest.raises(OSError, match=r"data_dir: .* one file system with hard links"):
            Archive(tmp_path, 0)
    finally:
        shutil.rmtree(elsewhere)
