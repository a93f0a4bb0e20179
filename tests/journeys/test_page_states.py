"""States that a healthy hospital hardly shows: nothing, one, very many, very long, refused, away."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from radquarry.api.coverage import CoverageDay
from radquarry.api.crawl_problems import CrawlProblem
from radquarry.api.problems import Problem
from radquarry.api.retrieval_views import RetrievalStudy
from tests.doubles.shown_archives import NOW, archive
from tests.doubles.shown_crawls import crawl
from tests.doubles.shown_desk import ShownDesk, failure, retrieval
from tests.doubles.written_studies import CHEST, report_part, study_part, written_studies
from tests.journeys.browsing import NARROW, tab
from tests.journeys.served_pages import Serve, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ONE = UUID(int=1)
ENDLESS = "Lungenarterienembolieausschlussuntersuchung" * 12


def test_an_empty_installation_says_on_each_page_how_to_begin(browser: Browser, serve: Serve) -> None:
    with serve() as base:
        for name in ("crawls", "retrievals", "failures", "pacs"):
            looked_at(browser, base, f"empty-{name}", f"/{name}")
        looked_at(browser, base, "empty-search", "/")
        looked_at(browser, base, "empty-coverage", "/coverage/main")


def test_one_study_and_no_hit_look_as_calm_as_many(browser: Browser, serve: Serve) -> None:
    with serve(parts=written_studies()[:2]) as base:
        looked_at(browser, base, "one", "/")
        looked_at(browser, base, "none", "/?q=xylophone&modality=MR")
        looked_at(browser, base, "query-error", "/?q=thorax+AND+%28effusion&last=thorax")


def test_what_is_refused_or_away_is_said_in_words(browser: Browser, serve: Serve) -> None:
    def refuse(desk: ShownDesk) -> None:
        async def no_entry(*_: object) -> None:
            raise Problem(401, "unauthorised", "Sign in", "Name and password are needed here.")

        async def forbidden(*_: object) -> None:
            raise Problem(403, "forbidden", "Forbidden", "Only operators see this.")

        async def away(*_: object) -> None:
            raise Problem(503, "away", "Away", "The search store does not answer.")

        desk.crawls.list, desk.retrievals.list, desk.index.search = no_entry, forbidden, away

    with serve(refuse) as base:
        looked_at(browser, base, "no-entry", "/crawls", status=401)
        looked_at(browser, base, "no-rights", "/retrievals", status=403)
        looked_at(browser, base, "away", "/?q=thorax", status=503)
        looked_at(browser, base, "nowhere", "/nowhere", status=404)


def test_words_without_end_break_no_page(browser: Browser, serve: Serve) -> None:
    long_names = {
        "study_description": ENDLESS,
        "institution_name": ENDLESS,
        "patient_name": f"{ENDLESS}^{ENDLESS}",
        "accession_number": "9" * 300,
        "modalities_in_study": ("CT", "SR", "PR", "KO", "OT", "PT", "SEG"),
        "body_part_examined": ENDLESS,
    }
    hostile = (
        f"Findings:\n{ENDLESS * 20}\n\u202ethgir morf\u202c <script>alert(1)</script> שלום\nBeurteilung: {ENDLESS}"
    )
    parts = [study_part("1.2.6.1", **long_names), report_part("1.2.6.1", hostile), *written_studies()]

    def furnish(desk: ShownDesk) -> None:
        problem = CrawlProblem("gap", ENDLESS * 3, date(2025, 5, 2))
        lost = RetrievalStudy("1.2.6.1", "main", "incomplete", 9, 3, ENDLESS * 3)
        desk.crawls.views = [
            crawl(1, pacs="p" * 64, state="incomplete", requested_by=ENDLESS, problem_count=1, problems=(problem,))
        ]
        desk.retrievals.views = [retrieval(1, [lost], state="incomplete")]
        desk.failures.views = [failure(1, reason=ENDLESS * 3, what=ENDLESS)]
        desk.archives.views = [
            archive(state="down", problem=ENDLESS),
            archive("p" * 64, host="h" * 250, state="stopped", stopped_by=ENDLESS),
        ]

    with serve(furnish, parts) as base:
        for name, path in {
            "search": f"/?q={ENDLESS}&institution_name={ENDLESS}",
            "all": "/",
            "study": "/studies/1.2.6.1",
            "crawls": "/crawls",
            "crawl": f"/crawls/{ONE}",
            "retrieval": f"/retrievals/{ONE}",
            "failures": "/failures",
            "pacs": "/pacs",
        }.items():
            looked_at(browser, base, f"long-{name}", path)


def test_very_many_fit_on_a_page(browser: Browser, serve: Serve) -> None:
    studies = [
        RetrievalStudy(f"1.2.{i}", "main", "complete" if i < 1400 else "running" if i < 1402 else "waiting", 80, 80, "")
        for i in range(3000)
    ]
    lost = RetrievalStudy(CHEST, "main", "incomplete", 80, 77, "the PACS sent 3 images fewer than it names")

    def furnish(desk: ShownDesk) -> None:
        desk.retrievals.views = [retrieval(1, [lost, *studies], state="paused")]
        desk.failures.views = [failure(i) for i in range(1, 400)]
        days = [date(2015, 1, 1) + timedelta(days=i) for i in range(3800)]
        desk.coverage.known = {day: CoverageDay(day, "complete", day.day * 9) for day in days}
        desk.coverage.known |= {day: CoverageDay(day, "gap", 9, ("cut at one second",)) for day in days[::37]}
        problems = tuple(CrawlProblem("gap", "cut at one second", day) for day in days[:200])
        desk.crawls.views = [crawl(i, state="incomplete", problem_count=900, problems=problems) for i in range(1, 30)]
        desk.archives.views = [
            archive(f"pacs-{i}", state=("up", "down", "stopped", "unknown")[i % 4]) for i in range(12)
        ]

    with serve(furnish, written_studies()) as base:
        for name, path in {
            "retrieval": f"/retrievals/{ONE}",
            "failures": "/failures",
            "coverage": "/coverage/pacs-1",
            "crawl": f"/crawls/{ONE}",
            "pacs": "/pacs",
            "crawls": "/crawls",
        }.items():
            looked_at(browser, base, f"many-{name}", path, status=404)  # nobody tells of progress here


def test_a_server_that_goes_away_is_told_while_the_results_stay(browser: Browser, serve: Serve) -> None:
    with serve(parts=written_studies()) as base, tab(browser, base, viewport=NARROW) as person:
        page = person.open("/")
        page.context.set_offline(True)
        page.locator("#q").fill("thorax")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
        expect(page.locator(".hit")).to_have_count(3)
        person.shoot("state-offline-narrow")
        page.context.set_offline(False)
        page.keyboard.press("Enter")
        expect(page.locator(".hit")).to_have_count(2)
        expect(page.locator("[data-away]")).to_be_hidden()
        person.complaints[:] = [each for each in person.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_arrow_keys_walk_through_days_and_studies(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        days = [date(2025, 1, 1) + timedelta(days=i) for i in range(150)]
        desk.coverage.known = {day: CoverageDay(day, "complete", 3) for day in days}

    with serve(furnish) as base, tab(browser, base) as person:
        page = person.open("/coverage/main")
        first = page.locator("[data-squares] a").first
        first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url("**/coverage/main/2025-01-09")
        person.shoot("day-by-arrow-keys")


def test_a_preference_is_kept_from_page_to_page(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        desk.archives.views = [archive(state="stopped", stopped_at=NOW)]

    with serve(furnish) as base, tab(browser, base) as person:
        page = person.open("/help")
        page.get_by_role("button", name="Deutsch").click()
        page.get_by_role("button", name="Dunkel").click()
        page.get_by_role("button", name="Ausblenden").click()
        person.open("/crawls")
        expect(page.get_by_role("heading", name="Durchläufe", exact=True)).to_be_visible()
        expect(page.locator("form.strip")).to_have_count(0)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        person.check()
