"""The page of the archive's folder."""

from pathlib import Path

import httpx

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.pages.storage import storage_page
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk, measured, refused


async def test_the_archive_is_told_in_numbers_with_its_largest_studies_and_its_months(
    desk: ShownDesk, browse: httpx.AsyncClient
):
    desk.storage.said = measured()
    page = page_of(await browse.get("/archive/storage"))
    for told in ("Studies 2", "Images 1 412", "Size 741.0 MB", "Free above the reserve 1.0 TB", "Reserve 5.0 GB",
                 "Receipt pauses when 1.0 TB more have come: 5.0 GB of the disk stay free.",
                 "CT Thorax 1 400 740.0 MB", "Jun 2025 741.0 MB 2 1 412"):  # fmt: skip
        assert told in page.text.replace("\u202f", " ")
    assert page.all("a", href="/archive/storage", aria_current="page")


async def test_a_disk_down_to_its_reserve_is_said_aloud(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.storage.said = measured(free_bytes=0)
    page = page_of(await browse.get("/archive/storage"))
    assert "Receipt has paused" in page.text
    assert page.all("div", role="alert")


async def test_what_was_refused_is_told_by_reason_and_sender(desk: ShownDesk, browse: httpx.AsyncClient):
    desk.storage.said = measured()
    assert "does not answer: what it refused is not known" in page_of(await browse.get("/archive/storage")).text

    desk.storage.kept_apart = refused(objects=0, reasons=(), newest_at=None)
    assert "Nothing that came was refused." in page_of(await browse.get("/archive/storage")).text

    desk.storage.kept_apart = refused()
    page = page_of(await browse.get("/archive/storage"))
    for told in ("4 objects that came are not valid DICOM", "StudyInstanceUID is not a UID (0 characters) CT1 3",
                 "no reason is told – 1"):  # fmt: skip
        assert told in page.text

    desk.storage.kept_apart = refused(reasons=[{"reason": "<b>", "calling_ae_title": "<i>", "objects": 1}])
    assert "<b> <i> 1" in page_of(await browse.get("/archive/storage")).text


async def test_files_that_cannot_be_read_are_listed(desk: ShownDesk, browse: httpx.AsyncClient, tmp_path: Path):
    assert "Files that cannot be read" not in page_of(await browse.get("/archive/storage")).text
    for number in range(60):
        place = tmp_path / f"{number}.dcm"
        place.write_bytes(b"")
        desk.images.damaged.note(InstanceFile("1.2", "1.3", f"1.4.{number}", place), "it ends too early")

    for said in (None, measured()):
        desk.storage.said = said
        page = page_of(await browse.get("/archive/storage"))
        assert "60 files of the archive cannot be read, or not to their end." in page.text
        assert "1.4.59 1.2 it ends too early" in page.text
        assert "1.4.9 1.2" not in page.text
        assert page.all("a", href="/studies/1.2")


async def test_what_is_not_known_or_not_there_is_said(desk: ShownDesk, browse: httpx.AsyncClient):
    assert "could not be counted" in page_of(await browse.get("/archive/storage")).text
    desk.storage.said = measured(disk_bytes=None, free_bytes=None)
    assert "does not see the archive's disk" in page_of(await browse.get("/archive/storage")).text
    desk.storage.said = measured(studies=0, instances=0, bytes=0, largest=(), by_month=())
    assert "The archive is empty" in page_of(await browse.get("/archive/storage")).text


def test_the_parts_of_the_disk_fill_its_bar_whatever_they_are():
    for said in (measured(), measured(free_bytes=0), measured(bytes=10**15), measured(reserve_bytes=10**13)):
        parts = storage_page(said, None, {}).parts
        assert sum(part.bytes for part in parts) == said.disk_bytes
        assert all(part.bytes >= 0 for part in parts)
        assert abs(sum(part.width for part in parts) - 100) < 0.1
