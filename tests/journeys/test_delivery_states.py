"""The pages of deliveries in every state, in a real browser: ordered, under way, held back, stopped, refused."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Route, expect

from radquarry.api.delivery_views import Cause, DeliveryStudy
from radquarry.api.destinations import Destinations
from radquarry.api.retrieval_views import RetrievalStudy
from radquarry.api.security.rights import Rights
from radquarry.configuration.sections import Destination
from radquarry.messages import Deidentification
from tests.doubles.shown_archives import NOW
from tests.doubles.shown_deliveries import OUTSIDE, RESEARCH, delivery
from tests.doubles.shown_desk import ShownDesk, estimated, retrieval
from tests.doubles.written_studies import CHEST, KNEE, written_studies
from tests.journeys.browsing import tab
from tests.journeys.served_pages import Serve, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ONE = UUID(int=1)
ENDLESS = "Lungenarterienembolieausschlussuntersuchung" * 12
HELD = "text is likely in the pixels: secondary capture"
AWAY = "the destination refuses connections"
KNOWN = {"research": RESEARCH, "outside": OUTSIDE}


def going_to(desk: ShownDesk, known: dict[str, Destination] = KNOWN, administrators: tuple[str, ...] = ()) -> None:
    """Destinations and profiles of the configuration, and who is an administrator."""
    desk.rights = Rights(administrators)
    desk.deliveries.destinations = Destinations(known, ("keep-dates",), desk.rights)
    desk.retrievals.views = [retrieval(1, [RetrievalStudy(CHEST, "main", "complete", 10, 10, "")], state="complete")]


def on_its_way(desk: ShownDesk) -> None:
    """One delivery of each kind."""
    going_to(desk)
    studies = [
        DeliveryStudy(CHEST, "incomplete", 10, 7, 3, "3 images were held back"),
        DeliveryStudy(KNEE, "waiting", 240, 0, 0, AWAY, NOW + timedelta(minutes=5)),
        DeliveryStudy("1.2.826.0.1.3680043.8.498.77", "waiting", 100, 0, 0, AWAY),
        *(DeliveryStudy(f"1.2.826.{n}", "complete", 90, 90, 0, "") for n in range(40)),
        DeliveryStudy("1.2.826.55", "running", 300, 120, 0, ""),
        *(DeliveryStudy(f"1.2.826.9.{n}", "requested", None, 0, 0, "") for n in range(12)),
    ]
    identified = {"deidentify": None, "requested_by": "a-long-user-name@hospital.example"}
    lost = [
        DeliveryStudy(CHEST, "incomplete", 700, 380, 20, ENDLESS),
        DeliveryStudy(KNEE, "incomplete", 40, 0, 0, AWAY),
    ]
    causes = [
        Cause("held back", HELD, 17),
        *(Cause("held back", f"{ENDLESS} {n}", 1) for n in range(20)),
        Cause("failed", AWAY, 40),
        Cause("missing", "the retrieval did not bring it", 300),
    ]
    desk.deliveries.views = [
        delivery(1, studies, [Cause("held back", HELD, 3)], requested_by="anna", reports=True, mapping=True),
        delivery(2, lost, causes, state="incomplete", findings=2, **identified),
        delivery(3, studies[3:30], state="complete", destination="a-destination-with-a-name-that-does-not-end-soon"),
        delivery(4, state="incomplete", problem="no destination of the configuration is called research any more"),
        delivery(5, state="incomplete", refused=ENDLESS),
        delivery(
            6, studies[-12:], state="requested", deidentify=Deidentification(project="x" * 64, profile="keep-dates")
        ),
        delivery(7, [DeliveryStudy(CHEST, "cancelled", 10, 4, 0, "")], state="cancelled"),
    ]
    desk.deliveries.reported = {UUID(int=2)}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "under-way"),
        (2, "held-back"),
        (3, "complete"),
        (4, "stopped"),
        (5, "refused"),
        (6, "requested"),
        (7, "cancelled"),
    ],
)
def test_a_delivery_reads_well_in_every_state(browser: Browser, serve: Serve, number: int, name: str) -> None:
    with serve(on_its_way, written_studies()) as base:
        live = number in {1, 6}
        looked_at(browser, base, f"delivery-{name}", f"/deliveries/{UUID(int=number)}", status=404 if live else None)


def test_the_list_reads_well_empty_and_full(browser: Browser, serve: Serve) -> None:
    with serve(on_its_way) as base:
        looked_at(browser, base, "deliveries", "/deliveries")
    with serve(going_to) as base:
        looked_at(browser, base, "deliveries-none", "/deliveries")
    with serve(lambda desk: going_to(desk, {})) as base:
        looked_at(browser, base, "deliveries-no-destination", "/deliveries")
        looked_at(browser, base, "delivery-nowhere-to-go", f"/deliveries/new?retrieval={ONE}")


def test_a_retrieval_and_an_estimate_offer_where_to_go_on(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        on_its_way(desk)
        desk.estimates.said = estimated()

    with serve(furnish, written_studies()) as base:
        looked_at(browser, base, "retrieval-deliveries", f"/retrievals/{ONE}")
        looked_at(browser, base, "estimate-destination", f"/retrievals/new?study={CHEST}&study={KNEE}")
        looked_at(browser, base, "delivery-new", f"/deliveries/new?retrieval={ONE}")


def test_ordering_needs_no_script_and_images_leave_deidentified_unless_somebody_says_otherwise(
    browser: Browser, serve: Serve
) -> None:
    desks: list[ShownDesk] = []

    def furnish(desk: ShownDesk) -> None:
        on_its_way(desk)
        desks.append(desk)

    with serve(furnish, written_studies()) as base, tab(browser, base, java_script_enabled=False) as person:
        page = person.open(f"/retrievals/{ONE}")
        page.get_by_text("Deliver …").click()
        page.get_by_label("Project").fill("lung-2026")
        page.get_by_label("Profile").select_option("keep-dates")
        page.get_by_label("with their reports").check()
        page.get_by_label("Destination").select_option("research")
        page.get_by_role("button", name="Deliver").click()
        page.wait_for_url(f"**/deliveries/{ONE}")

        page = person.open(f"/deliveries/new?retrieval={ONE}")
        page.get_by_label("Destination").select_option("outside")
        page.get_by_label("Images leave").select_option("0")
        person.expected_statuses = {422}
        page.get_by_role("button", name="Deliver").click()
        expect(page.get_by_role("alert")).to_contain_text("Only de-identified images may go to outside")
        assert page.get_by_label("Destination").input_value() == "outside"

    ((of, order, _),) = desks[0].deliveries.orders
    assert (of, order.destination, order.reports, order.mapping) == (ONE, "research", True, False)
    assert order.deidentify == Deidentification(project="lung-2026", profile="keep-dates")


def test_who_is_no_administrator_is_offered_nothing_identified(browser: Browser, serve: Serve) -> None:
    with serve(lambda desk: going_to(desk, administrators=("ada",)), written_studies()) as base:
        looked_at(browser, base, "delivery-no-rights", f"/deliveries/new?retrieval={ONE}")
        with tab(browser, base) as person:
            page = person.open(f"/deliveries/new?retrieval={ONE}")
            expect(page.get_by_text("Images leave de-identified.")).to_be_visible()
            assert page.get_by_label("Images leave").count() == 0
            assert page.locator('input[name="mapping"]').count() == 0


def test_the_page_moves_on_while_somebody_looks_and_is_tried_again_by_hand(browser: Browser, serve: Serve) -> None:
    desks: list[ShownDesk] = []
    streams: list[Route] = []

    def furnish(desk: ShownDesk) -> None:
        on_its_way(desk)
        desks.append(desk)

    with serve(furnish, written_studies()) as base, tab(browser, base, locale="de-CH") as person:
        person.page.route("**/events", lambda stream: streams.append(stream))  # noqa: PLW0108 - a plain method cannot be marked
        page = person.open(f"/deliveries/{ONE}")
        expect(page.locator(".big-state")).to_contain_text("läuft")
        expect(page.locator("#problems")).to_contain_text(
            re.compile(r"Nächster Versuch: \d\d\.\d\d\.\d{4} \d\d:\d\d \(.+\)\.")
        )
        page.get_by_role("button", name="Nochmals versuchen").focus()
        done = [DeliveryStudy(CHEST, "incomplete", 10, 7, 3, "3 images were held back")]
        desks[0].deliveries.views = [delivery(1, done, [Cause("held back", HELD, 3)], state="incomplete")]
        streams[0].fulfill(body="event: end\ndata: {}\n\n", content_type="text/event-stream")
        expect(page.locator(".big-state")).to_contain_text("unvollständig")
        expect(page.get_by_text("3 Bilder wurden zurückgehalten.")).to_be_visible()
        assert page.get_by_role("button", name="Nochmals versuchen").count() == 0

        page = person.open("/deliveries")
    assert desks[0].deliveries.steered == []
