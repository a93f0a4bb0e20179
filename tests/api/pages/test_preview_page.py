"""The page that shows before and after of one file: hostile values, long ones, many, none, and what went wrong."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from radquarry.api.file_job_views import FileJobView
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import Page, page_of
from tests.doubles.shown_deliveries import job
from tests.doubles.shown_desk import ShownDesk

ONE = UUID(int=1)
HOSTILE = "<script>alert(1)</script>\u202e\x1b"


def row(where: str, what: str = "changed", before: str = "A", after: str = "B") -> dict[str, str]:
    return {"where": where, "what": what, "before": before, "after": after}


def previewed(**changes: Any) -> FileJobView:
    usual: dict[str, Any] = {"kind": "preview", "state": "complete", "files": 1, "total": 1, "done": 1}
    return job(1, **{**usual, "names": ("IM1.dcm",), **changes})


async def seen(desk: ShownDesk, folder: Path, said: Any, query: str = "", **changes: Any) -> Page:
    desk.files.views = [previewed(**changes)]
    desk.files.previews = {ONE: folder / "preview.json"}
    (folder / "preview.json").write_text(said if isinstance(said, str) else json.dumps(said))
    async with browser_of(desk) as browse:
        answer: httpx.Response = await browse.get(f"/tools/{ONE}{query}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return page_of(answer)


async def test_every_attribute_is_shown_before_and_after(desk: ShownDesk, tmp_path: Path) -> None:
    rows = [row("PatientName", before="Muster^Eva", after="P-77"), row("StationName", "removed", "CT99", "")]

    page = await seen(desk, tmp_path, {"changes": rows})

    assert "Attribute Before Action After PatientName Muster^Eva changed P-77 StationName CT99 removed –" in page.text
    assert "Nothing has been made" in page.text
    assert "All 2 Changed 1 Removed 1" in page.text
    assert [link for link in page.hrefs() if "show=" in link] == [
        f"/tools/{ONE}?show={name}" for name in ("all", "changed", "removed")
    ]


async def test_hostile_values_are_text_and_long_ones_are_cut(desk: ShownDesk, tmp_path: Path) -> None:
    page = await seen(desk, tmp_path, {"changes": [row(HOSTILE, before=HOSTILE, after="x" * 500)]})

    assert page.all("script") == []
    assert page.text.count("<script>alert(1)</script>\ufffd\ufffd") == 2
    assert f"{'x' * 80}…" in page.text
    assert "x" * 81 not in page.text
    assert len(page.all("span", title="x" * 500)) == 1


async def test_five_thousand_attributes_come_in_pages(desk: ShownDesk, tmp_path: Path) -> None:
    said = {"changes": [row(f"Attribute{n}") for n in range(5000)] + [row("Last", "kept")], "more": 7}

    first, last = await seen(desk, tmp_path, said), await seen(desk, tmp_path, said, "?show=changed&start=4800")
    beyond, kept = await seen(desk, tmp_path, said, "?start=999999"), await seen(desk, tmp_path, said, "?show=kept")

    assert (len(first.all("tr")), len(last.all("tr"))) == (401, 201)
    assert "1 to 400 of 5 001" in first.text
    assert f"/tools/{ONE}?show=all&start=400" in first.hrefs()
    assert "7 more attributes are not shown" in first.text
    assert "4 801 to 5 000 of 5 000" in last.text
    assert f"/tools/{ONE}?show=changed&start=4400" in last.hrefs()
    assert "4 801 to 5 001" in beyond.text
    assert (len(kept.all("tr")), "Last" in kept.text) == (2, True)


async def test_what_would_be_held_back_says_why(desk: ShownDesk, tmp_path: Path) -> None:
    page = await seen(
        desk, tmp_path, {"held_back": "text is likely in the pixels", "changes": [row("Modality", "kept")]}
    )
    assert "This file would be held back: text is likely in the pixels" in page.text
    assert "Nothing has been made" not in page.text

    page = await seen(desk, tmp_path, {"held_back": "the file is empty"})
    assert "This file would be held back: the file is empty" in page.text
    assert page.all("table") == []


async def test_a_part_without_an_attribute_says_so(desk: ShownDesk, tmp_path: Path) -> None:
    page = await seen(desk, tmp_path, {"changes": [row("Modality", "kept")]}, "?show=emptied")

    assert "There is no such attribute in this file." in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "requested", "total": None, "done": 0}, "waits for its turn"),
        ({"state": "running", "done": 0}, "The file is looked at"),
        ({"state": "failed", "done": 0, "problem": "there is no DICOM file in it"}, "there is no DICOM file in it"),
        ({"state": "cancelled", "done": 0}, "It was stopped"),
        ({"is_removed": True, "names": ()}, "has been removed"),
    ],
)
async def test_without_a_preview_its_state_is_said(
    desk: ShownDesk, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    page = await seen(desk, tmp_path, {"changes": [row("PatientName")]}, **changes)

    assert words in page.text
    assert "PatientName" not in page.text


@pytest.mark.parametrize("said", ["", "[]", '{"changes": [{"where": 1}]}', '{"changes": [{"where": "Muster^Eva"}]}'])
async def test_a_preview_that_cannot_be_read_says_so_and_shows_nothing(
    desk: ShownDesk, tmp_path: Path, said: str
) -> None:
    page = await seen(desk, tmp_path, said)

    assert "The preview cannot be read: bring the file again." in page.text
    assert "Muster" not in page.text
