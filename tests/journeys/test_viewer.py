"""Images of the archive in OHIF, in a real browser: from a study's page, and in every kind of compression.

WebGL is drawn by the processor (SwiftShader).
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from radquarry.hospital.settings import HospitalSettings, PacsSettings
from tests.api.dicomweb.archived import sample
from tests.journeys.browsing import DRAWING, Watched, chromium, tab
from tests.journeys.running import Radquarry, configuration, eventually, free_port, running_hospital, truth_of
from tests.journeys.served_pages import looked_at, serving

pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
]  # fmt: skip

VIEWER = Path(__file__).parents[2] / "radquarry-data" / "viewer"
COMPRESSED = {
    "RLE": "MR_small_RLE.dcm",
    "JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "JPEG-2000": "MR_small_jp2klossless.dcm",
    "JPEG-lossless": "SC_rgb_jpeg_gdcm.dcm",
    "JPEG-12-bit": "JPEG-lossy.dcm",
    "JPEG-many-frames": "examples_ybr_color.dcm",
}
OWN_TALK = ("console: dataSource=", "console: [.WebGL", "console: thumbnail fetch failed")
"""What OHIF and the simulated graphics say about themselves."""


@pytest.fixture(scope="module")
def viewer() -> Path:
    """Where the viewer is; skips with the command that brings it, or fails where nothing may be skipped."""
    if (VIEWER / "viewer.json").is_file():
        return VIEWER
    how = "no viewer: make viewer (needs npm)"
    if os.environ.get("RADQUARRY_TEST_REQUIRE_SERVERS") == "1":
        pytest.fail(how)
    pytest.skip(how)


@pytest.fixture(scope="module")
def browser(viewer: Path) -> Iterator[Browser]:
    with chromium(DRAWING) as opened:
        yield opened


@pytest.fixture(scope="module")
def radquarry(viewer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radquarry]:
    """`radquarry serve` with the viewer, beside a small hospital whose days are known."""
    folder, node_port = tmp_path_factory.mktemp("viewer"), free_port()
    settings = HospitalSettings(
        studies=40,
        days=20,
        end_date="2025-05-31",
        pixels=128,
        samples=False,
        pacs=PacsSettings(destinations={"RADQUARRY": f"127.0.0.1:{node_port}"}),
    )
    with running_hospital(settings, folder) as hospital:
        keys = configuration(folder, hospital)
        keys["node"]["port"] = node_port
        keys["api"]["viewer_dir"] = str(viewer)
        with Radquarry(folder, keys) as running:
            truth = truth_of(settings)
            days = {"start_date": truth.start_date.isoformat(), "end_date": truth.end_date.isoformat()}
            running.rest.settled(f"/crawls/{running.rest.post('/crawls', {'pacs': 'main', **days})['id']}", 120)
            yield running


def an_image_in(person: Watched) -> np.ndarray:
    """The grey values of the viewport, once there is something to see in it."""
    canvas = person.page.locator("canvas.cornerstone-canvas").first
    expect(canvas).to_be_visible(timeout=60_000)

    def look() -> np.ndarray | None:
        seen = _middle(canvas)
        return seen if seen.std() > 10 and len(np.unique(seen)) > 20 else None

    return eventually(look, 60, "an image is seen")


def _middle(canvas: Locator) -> np.ndarray:
    """Without the words at the edges."""
    shown = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("L")).astype(float)
    rows, columns = (side // 6 for side in shown.shape)
    return shown[rows:-rows, columns:-columns]


def nothing_else_was_said(person: Watched) -> None:
    """No request left the host, the policy was kept, no script failed."""
    person.complaints = [said for said in person.complaints if not said.startswith(OWN_TALK)]
    assert person.complaints == []


def test_a_person_goes_from_a_study_to_its_images(browser: Browser, radquarry: Radquarry, base: str) -> None:
    (hit, *_) = radquarry.rest.get("/studies", modality="CT", limit=1)["hits"]
    uid = hit["study_instance_uid"]
    with tab(browser, base) as person:
        page = person.open(f"/studies/{uid}")
        expect(page.get_by_role("link", name="Open in viewer")).to_have_count(0)

        order = radquarry.rest.post("/retrievals", {"studies": [uid]})
        assert radquarry.rest.settled(f"/retrievals/{order['id']}", 60)["state"] == "complete"
        page = person.open(f"/retrievals/{order['id']}")
        expect(page.get_by_role("link", name="Open in viewer")).to_have_count(1)
        person.check()
        person.shoot("viewer-from-retrieval")
        person.open("/?q=modality%3ACT")
        expect(page.locator(f'.hit a[href*="/viewer/viewer?StudyInstanceUIDs={uid}"]')).to_have_count(1)
        person.check()
        person.shoot("viewer-from-search")
        person.open(f"/studies/{uid}")
        person.check()
        person.shoot("viewer-from-study")
        page.get_by_role("link", name="Open in viewer", exact=True).click()
        page.wait_for_url("**/viewer/viewer?**")

        an_image_in(person)

        person.shoot("viewer-study")
        nothing_else_was_said(person)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_compressed_images_are_shown(browser: Browser, radquarry: Radquarry, base: str, kind: str) -> None:
    file = sample(Path(radquarry.keys["data_dir"]), COMPRESSED[kind])
    with tab(browser, base) as person:
        person.expected_statuses = {406}  # of a small picture that this server cannot draw; OHIF draws it itself
        person.open(f"/viewer/viewer?StudyInstanceUIDs={file.study}")

        an_image_in(person)

        person.shoot(f"viewer-{kind}")
        nothing_else_was_said(person)
    file.path.unlink()


def test_without_a_viewer_the_page_says_how_to_get_one(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as base:
        looked_at(browser, base, "viewer-missing", "/viewer/viewer?StudyInstanceUIDs=1.2.3", status=404)
