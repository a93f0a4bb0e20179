"""The pages of a retrieval that a healthy hospital hardly shows: before it is started, its pace, what it lacks."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Route, expect

from radquarry.api.pace import Pace
from radquarry.api.retrieval_decisions import Chosen
from radquarry.api.retrieval_views import RetrievalStudy
from radquarry.messages import PacsEstimate
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_desk import ShownDesk, estimated, measured, retrieval
from tests.doubles.written_studies import CHEST, KNEE, PRIOR, written_studies
from tests.journeys.browsing import tab
from tests.journeys.served_pages import Serve, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ONE = UUID(int=1)
ENDLESS = "Lungenarterienembolieausschlussuntersuchung" * 12
NEW = f"/retrievals/new?study={CHEST}&study={KNEE}"
STALLED = "3 of 10 instances have not come; the PACS sent nothing for 60 s and was stopped"
NEARLINE = "the images are not online: the PACS reports success and has sent nothing, as from long-term storage"
GIVEN_UP = f"given up by anna on 02 Jun 2025; before: {STALLED}"
DOUBTS = (
    "how fast main sends is not known yet: 5 MB a second are assumed",
    "no image of US has come yet: usual sizes are assumed",
)


def by_pacs(number: int, **changes: object) -> PacsEstimate:
    usual: dict[str, object] = {"studies": 12, "bytes_to_fetch": 9 * 10**9, "work_hours": 1.5 * number, "ends_at": NOW}
    return PacsEstimate.model_validate({"pacs": f"pacs-{number}", **usual, **changes})


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("fits", {"problems": DOUBTS}),
        ("too-large", {"fits": False, "bytes_to_fetch": 8 * 10**11, "bytes": 9 * 10**11, "problems": (*DOUBTS, "")}),
        ("all-here", {"instances_here": 1412, "instances_to_fetch": 0, "bytes_to_fetch": 0, "hours": 0.1}),
        ("no-end", {"hours": None, "ends_at": None, "free_bytes": None}),
        (
            "many",
            {
                "studies": 20_000,
                "series": 140_000,
                "instances": 31_000_000,
                "bytes": 15 * 10**12,
                "bytes_to_fetch": 14 * 10**12,
                "instances_to_fetch": 30_000_000,
                "free_bytes": 90 * 10**12,
                "hours": 1234.5,
                "of_pacs": tuple(by_pacs(n, **({"ends_at": None} if n == 3 else {})) for n in range(1, 7)),
                "problems": (ENDLESS,) * 3,
            },
        ),
    ],
)
def test_an_estimate_reads_well(browser: Browser, serve: Serve, name: str, changes: dict[str, object]) -> None:
    def furnish(desk: ShownDesk) -> None:
        desk.estimates.said = estimated(**changes)

    with serve(furnish, written_studies()) as base:
        path = f"{NEW}{''.join(f'&study=1.2.826.0.1.{n}' for n in range(70))}" if name == "many" else NEW
        looked_at(browser, base, f"estimate-{name}", path)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("empty", {"studies": 0, "instances": 0, "bytes": 0, "largest": (), "by_month": ()}),
        ("full", {"bytes": 15 * 10**11, "free_bytes": 0, "reserve_bytes": 2 * 10**11}),
        (
            "many",
            {
                "studies": 48_211,
                "instances": 21_400_312,
                "bytes": 9 * 10**12,
                "disk_bytes": 24 * 10**12,
                "free_bytes": 11 * 10**12,
                "reserve_bytes": 5 * 10**11,
                "largest": [
                    {"study_instance_uid": uid, "instances": 9000 - 70 * n, "bytes": 48 * 10**8 - 10**8 * n}
                    for n, uid in enumerate((CHEST, KNEE, *(f"1.2.826.0.1.3680043.8.498.{n}" for n in range(18))))
                ],
                "by_month": [
                    {"month": f"{2025 - n // 12}-{12 - n % 12:02}", "studies": 900, "instances": 10**6, "bytes": size}
                    for n, size in enumerate(10**11 * (1 + n * 7 % 11) for n in range(40))
                ],
            },
        ),
    ],
)
def test_the_storage_of_the_archive_reads_well(
    browser: Browser, serve: Serve, name: str, changes: dict[str, object]
) -> None:
    def furnish(desk: ShownDesk) -> None:
        desk.storage.said = measured(**changes)

    with serve(furnish, written_studies()) as base:
        looked_at(browser, base, f"storage-{name}", "/archive/storage")


def test_the_storage_that_nobody_can_count_says_so(browser: Browser, serve: Serve) -> None:
    with serve() as base:
        looked_at(browser, base, "storage-away", "/archive/storage")


def test_without_an_estimate_and_without_a_study_the_page_says_what_to_do(browser: Browser, serve: Serve) -> None:
    with serve(parts=written_studies()) as base:
        looked_at(browser, base, "estimate-away", NEW)
        looked_at(browser, base, "estimate-of-nothing", "/retrievals/new", status=422)


def test_choosing_reckoning_and_starting_needs_no_script(browser: Browser, serve: Serve) -> None:
    desks = []

    def furnish(desk: ShownDesk) -> None:
        desk.estimates.said = estimated()
        desk.retrievals.views = [retrieval(1, [RetrievalStudy(CHEST, "main", "running", 10, 4, "")])]
        desks.append(desk)

    with serve(furnish, written_studies()) as base, tab(browser, base, java_script_enabled=False) as person:
        page = person.open("/?q=thorax")
        page.locator('input[name="study"]').first.check()
        page.get_by_role("button", name="Retrieve").click()
        expect(page.locator(".verdict")).to_contain_text("It fits")
        page.get_by_role("button", name="Start the retrieval").click()
        page.wait_for_url(f"**/retrievals/{ONE}")
        (order,) = desks[0].retrievals.orders
        assert order.studies in {(CHEST,), (PRIOR,)}
        assert order.estimated_bytes == 583_000_000


def lacking(desk: ShownDesk) -> None:
    """A retrieval under way, and what it lacks."""
    studies = [
        RetrievalStudy(CHEST, "main", "incomplete", 10, 7, STALLED),
        RetrievalStudy(KNEE, "main", "waiting", 240, 0, NEARLINE),
        RetrievalStudy("1.2.826.0.1.3680043.8.498.77", "main", "waiting", 100, 0, NEARLINE),
        RetrievalStudy("1.2.826.0.1.3680043.8.498.78", "main", "incomplete", 10, 7, GIVEN_UP),
        *(RetrievalStudy(f"1.2.826.{n}", "main", "complete", 90, 90, "") for n in range(40)),
        RetrievalStudy("1.2.826.55", "main", "running", 300, 120, ""),
    ]
    pace = Pace(1240.0, NOW + timedelta(hours=5))
    desk.retrievals.views = [
        retrieval(1, studies, pace=pace, requested_by="anna"),
        retrieval(2, studies[:2], state="waiting", pace=Pace(0.0)),
        retrieval(3, studies[3:9], state="incomplete", requested_by="a-long-user-name@hospital.example"),
        retrieval(4, studies[4:20], state="complete"),
        retrieval(5, studies[1:3], state="paused"),
    ]


def test_what_is_lacking_is_gathered_by_cause_and_the_pace_is_told(browser: Browser, serve: Serve) -> None:
    with serve(lacking, written_studies()) as base:
        looked_at(browser, base, "retrieval-lacking", f"/retrievals/{ONE}", status=404)  # nobody tells of progress here
        looked_at(browser, base, "retrievals-pace", "/retrievals")
        looked_at(browser, base, "retrieval-ended", f"/retrievals/{UUID(int=3)}")


def test_an_order_that_failed_leads_to_the_failures(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        lost = RetrievalStudy(CHEST, "main", "incomplete", None, 0, ENDLESS)
        desk.retrievals.views = [retrieval(1, [lost], state="incomplete", refused=ENDLESS)]

    with serve(furnish, written_studies()) as base:
        looked_at(browser, base, "retrieval-failed", f"/retrievals/{ONE}")


def test_who_decides_by_keyboard_keeps_his_place_while_the_page_moves(browser: Browser, serve: Serve) -> None:
    desks: list[ShownDesk] = []
    streams: list[Route] = []

    def furnish(desk: ShownDesk) -> None:
        lacking(desk)
        desks.append(desk)

    with serve(furnish, written_studies()) as base, tab(browser, base, locale="de-CH") as person:
        person.page.route("**/events", lambda stream: streams.append(stream))  # noqa: PLW0108 - a plain method cannot be marked
        page = person.open(f"/retrievals/{ONE}")
        page.get_by_role("button", name="2 Studien nochmals anfordern").focus()
        first, *others = desks[0].retrievals.views
        more = RetrievalStudy("1.2.826.56", "main", "waiting", 5, 0, NEARLINE)
        desks[0].retrievals.views = [replace(first, studies=(*first.studies, more)), *others]
        moved = "event: progress\ndata: {}\n\nevent: end\ndata: {}\n\n"
        streams[0].fulfill(body=moved, content_type="text/event-stream")

        expect(page.get_by_role("button", name="3 Studien nochmals anfordern")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        page.get_by_role("button", name="Aufgeben 2").click()
        page.wait_for_load_state()

        taken = [(what, chosen) for what, _, chosen, _ in desks[0].decisions.taken]
        nearline = (KNEE, "1.2.826.0.1.3680043.8.498.77", "1.2.826.56")
        assert taken == [("retry", Chosen(studies=nearline)), ("give-up", Chosen(studies=(KNEE,)))]
