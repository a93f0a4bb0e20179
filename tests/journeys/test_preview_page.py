"""What a profile would do to one file, in a real browser over the whole of radquarry, before anything is made."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.exporter.cleaning import ct, written
from tests.journeys.browsing import NARROW, tab
from tests.journeys.running import Radquarry, configuration

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

NOBODY = {"pacs": {"ae_title": "PACS", "host": "127.0.0.1", "port": 9}, "ris": {"url": "http://127.0.0.1:9/fhir"}}


def picked(page: Page, *names: str) -> None:
    dataset = ct()
    dataset.StudyDescription = "<b>Thorax</b> " + "very long " * 5
    content = written(dataset)
    files = [{"name": name, "mimeType": "application/dicom", "buffer": content} for name in names]
    page.get_by_label("Files", exact=True).set_input_files(files)


def test_before_and_after_of_one_file_is_looked_at_and_the_list_stays(browser: Browser, tmp_path: Path) -> None:
    with (
        Radquarry(tmp_path, configuration(tmp_path, NOBODY)) as running,
        tab(browser, base := f"http://127.0.0.1:{running.rest.port}") as person,
    ):
        page = person.open("/tools")
        picked(page, "a.dcm", "b.dcm")
        page.locator(".upload", has_text="b.dcm").get_by_role("button", name="Before and after of this file").click()
        link = page.get_by_role("link", name="Look at before and after of b.dcm")
        expect(link).to_be_focused()
        expect(page.locator(".upload")).to_have_count(2)
        person.check()
        person.shoot("state-tools-looked-wide")
        with page.context.expect_page() as opened:
            link.click()
        seen = opened.value
        name = seen.get_by_role("row", name="PatientName Quarrymann^Josefine changed")
        expect(name).to_be_visible(timeout=60_000)
        expect(seen.get_by_role("row", name="PatientIdentityRemoved")).to_contain_text("added")
        seen.get_by_role("link", name="Removed").click()
        expect(seen.get_by_text("<b>Thorax</b>")).to_be_visible()
        expect(name).to_have_count(0)
        here = seen.url.removeprefix(base)
        assert not [*tmp_path.rglob("result.zip")]

        looks = {"wide": {}, "dark": {"color_scheme": "dark"}, "narrow": {"viewport": NARROW, "locale": "de-CH"}}
        for look, wishes in looks.items():
            with tab(browser, base, **wishes) as other:
                other.open(here.partition("?")[0])
                other.check()
                other.shoot(f"state-preview-{look}")
        assert "Quarrymann" not in running.log.read_text()


def test_without_script_one_file_is_looked_at_and_two_are_refused(browser: Browser, tmp_path: Path) -> None:
    with (
        Radquarry(tmp_path, configuration(tmp_path, NOBODY)) as running,
        tab(browser, f"http://127.0.0.1:{running.rest.port}", java_script_enabled=False) as person,
    ):
        person.expected_statuses = {422}
        page = person.open("/tools")
        picked(page, "a.dcm", "b.dcm")
        page.get_by_role("button", name="Before and after of one file").click()
        expect(page.get_by_role("alert").first).to_contain_text("A preview is of one file")
        picked(page, "a.dcm")
        page.get_by_role("button", name="Before and after of one file").click()
        expect(page.get_by_role("heading", name="Before and after of one file")).to_be_visible()
