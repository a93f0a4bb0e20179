"""States of PACS, of what is known of days, and of studies that changed, that a healthy hospital hardly shows."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from radquarry.api.archive_views import HeldLimits, Probing
from radquarry.api.coverage import CoverageDay, CoverageWindow
from radquarry.api.security.rights import Rights
from radquarry.api.study_changes import ChangeView
from radquarry.api.traffic import Recent
from radquarry.configuration.week import WeekWindows
from radquarry.index.document import GonePart
from radquarry.messages import Gap, LoadLimits
from tests.doubles.shown_archives import NIGHTS, NOW, PROFILE, a_day, archive
from tests.doubles.shown_desk import ShownDesk
from tests.doubles.written_studies import CHEST, THEN, study_part, written_studies
from tests.journeys.browsing import NARROWEST, tab
from tests.journeys.served_pages import Serve, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ONE = UUID(int=1)
ENDLESS = "Lungenarterienembolieausschlussuntersuchung" * 12
SLOW = "1 of 4 associations for now: answers take 4 times as long as usual"
LIMITS = LoadLimits(
    associations=4, requests_per_hour=3600, studies_per_hour=600, holidays=(date(2025, 12, 25), date(2026, 1, 1))
)


def held(*lines: str, **changes: object) -> HeldLimits:
    return HeldLimits(LIMITS.model_copy(update={"windows": WeekWindows(lines)}), **changes)  # type: ignore[arg-type]


def test_a_pacs_in_each_of_its_conditions(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        changed = {"is_configured": False, "changed_by": "a.meier", "changed_at": NOW - timedelta(hours=5)}
        cut = "it cut an answer at 50 answers, its profile says 200"
        desk.archives.views = [
            archive("main", load=held(**changed), probing=Probing(profile=PROFILE)),
            archive("slow", load=held(), probing=Probing(profile=PROFILE, contradiction=cut, contradicted_at=NOW)),
            archive("night", load=held(*NIGHTS.lines, ordered_at=NOW), probing=Probing(ordered_at=NOW)),
            archive("stopped", state="stopped", stopped_by="a.meier", stopped_at=NOW, load=held("mon-fri 20:30-07:15")),
            archive("down", state="down", problem="nobody listens at 127.0.0.1:4242: is the PACS running?"),
            archive("new", state="unknown", echoed_at=None, milliseconds=None),
            archive("mute", probing=Probing(problem="the PACS refuses our AE title RADQUARRY", problem_at=NOW)),
        ]
        desk.archives.spans = {name: a_day() for name in ("main", "slow", "stopped")}
        desk.archives.recent = {"main": Recent(90, 0, 4, "", NOW), "slow": Recent(12, 0, 1, SLOW, NOW)}

    with serve(furnish) as base:
        looked_at(browser, base, "peers", "/pacs")
        for name in ("main", "slow", "night", "stopped", "new", "mute"):
            looked_at(browser, base, f"peer-{name}", f"/pacs/{name}")
        looked_at(browser, base, "peer-did-stop", "/pacs/stopped?done=stop")
        looked_at(browser, base, "peer-not-yet", "/pacs/main?done=stop")


def test_a_pacs_with_words_without_end(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        lines = tuple(f"{day} {hour:02}:10-{hour:02}:50" for day in ("mon", "wed", "sun") for hour in range(24))
        endless = PROFILE.model_copy(
            update={
                "charset": ENDLESS,
                "keys": {f"{ENDLESS[:60]}{i}": "ignored" for i in range(30)},
                "storage_contexts": tuple(f"1.2.840.10008.5.1.4.1.1.{i}.{'1' * 40}" for i in range(60)),
                "notes": (ENDLESS, ENDLESS),
            }
        )
        desk.archives.views = [
            archive(
                "p" * 64,
                host="h" * 250,
                state="down",
                problem=ENDLESS,
                load=held(*lines, is_configured=False, changed_by=ENDLESS, changed_at=NOW),
                probing=Probing(endless, "", None, ENDLESS, NOW, ENDLESS, NOW),
            )
        ]
        desk.archives.spans = {"p" * 64: a_day(10_000_000)}

    with serve(furnish) as base:
        looked_at(browser, base, "peer-long", f"/pacs/{'p' * 64}")
        looked_at(browser, base, "peers-long", "/pacs")


def test_a_pacs_for_somebody_who_may_not_change_it(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        desk.rights = Rights(["ada"])
        desk.archives.views = [archive(load=held(*NIGHTS.lines), probing=Probing(profile=PROFILE))]

    with serve(furnish) as base:
        looked_at(browser, base, "peer-no-rights", "/pacs/main")
        looked_at(browser, base, "peer-refused", "/pacs/main/stop", status=403)


def test_what_is_known_of_days(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        days = [date(2024, 1, 1) + timedelta(days=i) for i in range(519)]
        desk.coverage.known = {day: CoverageDay(day, "complete", day.day * 9, (), ONE) for day in days if day.day != 17}
        cut = date(2025, 5, 14)
        reasons = ("CT: the PACS cut its answer even within one second", "MR: it was asked before the day was over")
        states = (("CT", "gap"), ("MR", "gap"), ("US", "complete"))
        desk.coverage.known[cut] = CoverageDay(cut, "gap", 200, reasons, ONE, states, "unseen")  # type: ignore[arg-type]
        gaps = tuple(Gap(begin=f"{hour:02}0000", end=f"{hour:02}5959", reason=reasons[0][4:]) for hour in (8, 9))
        desk.coverage.asked_windows[cut] = (
            CoverageWindow("CT", 200, gaps, asked=True, early=False, decided_at=NOW, crawl_id=ONE),
            CoverageWindow("MR", 12, (), asked=True, early=True, decided_at=NOW, crawl_id=ONE),
            CoverageWindow("US", 0, (), asked=False, early=False, decided_at=NOW, crawl_id=ONE),
        )
        desk.coverage.asked_modalities = ("CT", "MR", "US")
        desk.archives.views = [archive("main"), archive("old")]
        desk.coverage.names, desk.coverage.never_asked = ("main", "old"), ("old",)

    with serve(furnish, written_studies()) as base:
        looked_at(browser, base, "coverage-years", "/coverage/main")
        looked_at(browser, base, "coverage-day", "/coverage/main/2025-05-14?modality=CT")
        looked_at(browser, base, "coverage-range", "/coverage/main?start_date=2025-05-10&end_date=2025-05-20")
        looked_at(browser, base, "search-with-gaps", "/?study_date=2024-03-01..2025-05-20")
        looked_at(browser, base, "search-nothing-in-gaps", "/?q=xylophone&study_date=2025-05-10..2025-05-20")


def test_a_study_with_a_past(browser: Browser, serve: Serve) -> None:
    before = study_part(CHEST, patient_id="0815", accession_number="OLD1", patient_name=f"Keller^{ENDLESS}").study
    fewer = study_part(CHEST, number_of_study_related_instances=80, series=(), study_description="CT").study
    later = THEN + timedelta(days=30)

    def furnish(desk: ShownDesk) -> None:
        desk.changes.known[CHEST] = (
            ChangeView("gone", later + timedelta(days=9), "main", ONE, study_part(CHEST).study),
            ChangeView("merged-patient", later, "main", ONE, before),
            ChangeView("re-identified", later, "main", ONE, before),
            ChangeView("late-series", THEN + timedelta(days=7), "main", ONE, fewer),
        )

    gone = GonePart(study_instance_uid=CHEST, pacs="main", gone_at=later + timedelta(days=9))
    with serve(furnish, [*written_studies(), gone]) as base:
        looked_at(browser, base, "study-changed", f"/studies/{CHEST}")
        looked_at(browser, base, "hits-gone", "/?q=thorax")


def test_hours_are_painted_by_dragging_and_by_keys(browser: Browser, serve: Serve) -> None:
    with serve() as base, tab(browser, base) as person:
        page = person.open("/pacs/main")
        boxes, shut = page.locator(".week input"), page.locator(".week input:not(:checked)")

        def drag(begin: tuple[int, int], end: tuple[int, int], beyond: int = 0) -> None:
            first, last = (boxes.nth(day * 24 + hour).bounding_box() for day, hour in (begin, end))
            assert first is not None
            assert last is not None
            page.mouse.move(first["x"] + 4, first["y"] + 4)
            page.mouse.down()
            page.mouse.move(last["x"] + 4 + beyond, last["y"] + 4, steps=12)
            page.mouse.up()

        boxes.nth(0).scroll_into_view_if_needed()
        drag((0, 8), (4, 17))
        expect(shut).to_have_count(5 * 10)
        drag((6, 21), (6, 23), beyond=120)
        expect(shut).to_have_count(5 * 10 + 3)
        boxes.nth(0).focus()
        page.keyboard.press("Space")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
        expect(shut).to_have_count(5 * 10 + 3 + 3)
        person.check()
        person.shoot("state-week-painted")


def test_hours_are_tapped_on_a_phone(browser: Browser, serve: Serve) -> None:
    with serve() as base, tab(browser, base, viewport=NARROWEST, has_touch=True) as person:
        page = person.open("/pacs/main")
        page.locator(".week input").nth(30).tap()
        expect(page.locator(".week input:not(:checked)")).to_have_count(1)
        assert page.locator(".week input:not(:checked)").get_attribute("value") == "30"
