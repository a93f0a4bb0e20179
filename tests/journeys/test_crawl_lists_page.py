"""A person brings a list of accession numbers, looks at it, and watches until every row has its result."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.truth import StudyTruth
from tests.journeys.browsing import NARROWEST, Watched, tab
from tests.journeys.running import Radquarry, Rest, configuration, running_hospital, truth_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

STATE = "#progress .big-state .state"
UNKNOWN = "NOBODY-77"
PATIENCE = 90_000
SETTINGS = HospitalSettings(
    studies=400,
    days=60,
    end_date="2025-05-31",
    pixels=16,
    samples=False,
    faults=FaultSettings(pacs=PacsFaults(answer_delay_ms=15)),
)


@pytest.fixture(scope="module")
def radquarry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radquarry]:
    """`radquarry serve` beside a hospital that answers slowly enough to be watched; nothing is known yet."""
    folder = tmp_path_factory.mktemp("lists")
    with running_hospital(SETTINGS, folder) as hospital, Radquarry(folder, configuration(folder, hospital)) as running:
        yield running


@pytest.fixture(scope="module")
def wanted() -> list[StudyTruth]:
    """Studies whose numbers stand in the list, those with a second study under the same number among them."""
    return list(islice(truth_of(SETTINGS).studies(), 90))


def a_list(wanted: list[StudyTruth]) -> str:
    """As a RIS exports it: its own spelling of the numbers, a column nobody asked for, and a number of nobody."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";")
    lines.writerow(["Auftragsnummer", "Patienten-ID", "Datum", "Modalität", "Bemerkung"])
    for study in wanted:
        lines.writerow([study.ris_accession_number, study.patient_id, study.study_date, study.modality, "x"])
    lines.writerow([UNKNOWN, "", "", "", ""])
    return text.getvalue()


def rows_of(rest: Rest, page: Page) -> list[dict[str, Any]]:
    """Every row of the crawl that is shown."""
    crawl_id = re.search(r"/crawls/([0-9a-f-]{36})", page.url)
    assert crawl_id
    return list(rest.get(f"/crawls/{crawl_id[1]}/rows", limit=500)["items"])


def test_a_list_is_uploaded_looked_at_and_watched_until_every_row_has_its_result(
    browser: Browser, radquarry: Radquarry, base: str, wanted: list[StudyTruth], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(a_list(wanted), "latin-1")
    with tab(browser, base) as person:
        page = person.open("/crawls")
        page.get_by_role("link", name="A list").click()
        person.check()
        page.get_by_label("File (CSV or Excel)").set_input_files(file)
        page.get_by_role("button", name="Read the list").click()

        expect(page.get_by_role("heading", name="List of 91 rows")).to_be_visible()
        expect(page.locator(".understood .left-out")).to_have_text("Bemerkung left out")
        person.check()
        person.shoot("list-understood")
        page.get_by_role("button", name="Start with these 91 rows").click()

        page.wait_for_url(re.compile(r"/crawls/[0-9a-f-]{36}$"))
        page.evaluate("window.sameDocument = true")
        expect(page.locator(".row-open").first).to_be_visible()
        person.shoot("list-running")
        expect(page.locator(STATE)).to_have_text("complete", timeout=PATIENCE)
        expect(page.locator("#progress")).to_contain_text("Rows answered91 / 91")
        expect(page.locator(".row-open")).to_have_count(0)
        assert page.evaluate("window.sameDocument") is True
        person.check()
        person.shoot("list-complete")

        rows = rows_of(radquarry.rest, page)
        assert [row["number"] for row in rows] == list(range(1, 92))
        assert all(row["is_answered"] and not row["is_gap"] for row in rows)
        missed = [row["number"] for row, study in zip(rows, wanted, strict=False) if not is_found(row, study)]
        assert missed == []
        assert (rows[-1]["accession_number"], rows[-1]["link"], rows[-1]["studies"]) == (UNKNOWN, "none", 0)

        look_at_what_was_not_found(person, page, tmp_path)


def is_found(row: dict[str, Any], study: StudyTruth) -> bool:
    return study.study_instance_uid in row["study_instance_uids"] and row["link"] != "none"


def look_at_what_was_not_found(person: Watched, page: Page, folder: Path) -> None:
    page.locator("#rows nav").get_by_role("link", name=re.compile("^not found")).click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows tbody")).to_contain_text(UNKNOWN)
    assert "show=none" in page.url
    person.shoot("list-not-found")
    with page.expect_download() as download:
        page.get_by_role("link", name="These rows as CSV").click()
    saved = folder / "rows.csv"
    download.value.save_as(saved)
    lines = list(csv.DictReader(io.StringIO(saved.read_text("utf-8-sig"))))
    assert [(line["accession_number"], line["link"]) for line in lines] == [(UNKNOWN, "none")]


def test_a_paste_serves_without_script_on_a_phone_in_german(browser: Browser, base: str) -> None:
    numbers = [study.accession_number for study in islice(truth_of(SETTINGS).studies(), 200, 203)]
    with tab(browser, base, viewport=NARROWEST, locale="de-CH", java_script_enabled=False) as person:
        page = person.open("/crawls?way=rows")
        person.check()
        page.get_by_label("oder die Liste einfügen").fill("Name;Station\na;b")
        person.expected_statuses = {422}
        page.get_by_role("button", name="Liste lesen").click()
        expect(page.get_by_role("alert")).to_contain_text("no heading that is understood")
        person.check()
        page.get_by_label("oder die Liste einfügen").fill("\n".join(filter(None, numbers)))
        page.get_by_role("button", name="Liste lesen").click()
        expect(page.get_by_role("heading", name=re.compile("Liste mit [23] Zeilen"))).to_be_visible()
        person.check()
        page.get_by_role("button", name=re.compile("^Mit diesen [23] Zeilen starten")).click()
        page.wait_for_url(re.compile(r"/crawls/[0-9a-f-]{36}$"))
        person.check()


def test_a_crawl_is_cancelled_and_goes_on_by_keyboard(browser: Browser, radquarry: Radquarry, base: str) -> None:
    with tab(browser, base) as person:
        page = person.open("/crawls")
        page.get_by_label("First day").fill("2025-04-02")
        page.get_by_label("Last day").fill("2025-05-31")
        page.get_by_role("button", name="Start").press("Enter")
        page.wait_for_url(re.compile(r"/crawls/[0-9a-f-]{36}$"))
        page.get_by_role("button", name="Cancel").press("Enter")
        expect(page.locator(STATE)).to_have_text("cancelled", timeout=PATIENCE)
        person.check()
        person.shoot("crawl-cancelled")

        page.get_by_role("button", name="Go on").press("Enter")

        expect(page.locator(STATE)).to_have_text("complete", timeout=PATIENCE)
        expect(page.locator("#progress")).to_contain_text("Days asked60 / 60")
        expect(page.get_by_role("button", name="Go on")).to_have_count(0)
        crawl = radquarry.rest.get("/crawls")["items"][0]
        assert crawl["studies_found"] == len(list(truth_of(SETTINGS).studies()))


def test_queries_are_written_down_and_each_has_its_result(
    browser: Browser, base: str, wanted: list[StudyTruth]
) -> None:
    patient = wanted[0].patient_id
    with tab(browser, base) as person:
        page = person.open("/crawls?way=queries")
        page.get_by_label("Queries (JSON)").fill('[{"PatientID": "1"')
        person.expected_statuses = {422}
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("alert")).to_contain_text("Line 1, column 19: this is no JSON.")
        page.get_by_label("Queries (JSON)").fill(f'[{{"QueryRetrieveLevel": "PATIENT", "PatientID": "{patient}"}}]')
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(re.compile(r"/crawls/[0-9a-f-]{36}$"))
        expect(page.locator(STATE)).to_have_text("complete", timeout=PATIENCE)
        expect(page.locator("#rows tbody")).to_contain_text("found")
        expect(page.locator("#rows .row-line").first).to_be_visible()
        person.check()
        person.shoot("queries-complete")
