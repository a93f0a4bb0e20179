"""An order may have hours of its own, beside those of the PACS. On both state stores."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from radquarry.configuration.week import Hours, WeekWindows
from radquarry.messages import EstimateRetrieval, PlannedStudy, RetrievalRequested, Series
from radquarry.mover.duration import Both, end_of
from radquarry.mover.holding import say_why
from radquarry.mover.leases import Leases
from radquarry.mover.order_windows import OrderWindows
from tests.mover.desk import Desk
from tests.mover.ordering import BEGIN, LEASE, order, taken
from tests.mover.retrieving import small_hospital, ward

NIGHT = WeekWindows(["mon-fri 20:00-06:00"])
ZONE = ZoneInfo("Europe/Zurich")


def by_night(study: str, windows: WeekWindows = NIGHT) -> RetrievalRequested:
    """An order with hours of its own."""
    return order(study).model_copy(update={"windows": windows})


async def test_a_study_is_begun_within_the_orders_own_hours_across_midnight_and_not_outside(desk: Desk) -> None:
    windows = OrderWindows(desk.means.orders._state, desk.clock, ZONE)
    leases = Leases(desk.means.orders._state, desk.clock, LEASE, windows)
    desk.clock.now = BEGIN.replace(hour=1)
    await desk.means.orders.take(by_night("1.2"), 0)

    for local, may in (("19:59", False), ("20:00", True), ("23:59", True), ("05:59", True), ("06:00", False)):
        day = 3 if local < "12" else 2
        desk.clock.now = datetime.fromisoformat(f"2025-06-0{day}T{local}").replace(tzinfo=ZONE).astimezone(UTC)
        assert await leases.any_due("main") is may
        held = await leases.take("main")
        assert (held is not None) is may
        if held is not None:
            await leases.drop(held[1])


async def test_others_are_not_held_up_by_it(desk: Desk) -> None:
    desk.clock.now = BEGIN.replace(hour=12)
    await desk.means.orders.take(by_night("1.2"), 0)
    await desk.means.orders.take(order("1.3"), 0)

    assert [await taken(desk.means.leases) for _ in range(2)] == ["1.3", ""]


async def test_a_study_that_two_orders_want_waits_for_the_first_that_may(desk: Desk) -> None:
    desk.clock.now = BEGIN.replace(hour=12)
    await desk.means.orders.take(by_night("1.2"), 0)
    at_any_time = order("1.2")
    await desk.means.orders.take(at_any_time, 0)

    held = await desk.means.leases.take("main")

    assert held is not None
    assert held[0].retrieval_id == at_any_time.retrieval_id


async def test_it_is_said_once_until_when_it_waits(desk: Desk) -> None:
    desk.clock.now = BEGIN.replace(hour=12)
    await desk.means.orders.take(by_night("1.2"), 0)
    await desk.means.orders.take(order("1.3"), 0)

    for _ in range(2):
        await say_why(desk.means)

    (said,) = desk.said
    assert (said.study_instance_uid, said.state) == ("1.2", "waiting")
    assert said.problem == "waits until Mon 02 Jun 20:00, when the order's own hours begin"
    held = await desk.means.orders.idle_studies_of("main", "the PACS is closed", 10, await desk.means.windows.open())
    assert [one.study_instance_uid for one in held] == ["1.3"]


@pytest.mark.parametrize(
    ("pacs", "own", "hours"),
    [
        ((), (), 12),
        (("mon-sun 00:00-24:00",), ("mon-fri 20:00-06:00",), 24 + 2),
        (("mon-fri 22:00-02:00",), ("mon-fri 20:00-06:00",), 2 * 24 + 6),
        (("mon-fri 08:00-10:00",), ("mon-fri 20:00-06:00",), None),
    ],
)
def test_an_estimate_ends_when_both_were_open_for_long_enough(
    pacs: tuple[str, ...], own: tuple[str, ...], hours: int | None
) -> None:
    both = Both(Hours(WeekWindows(pacs), (), UTC), Hours(WeekWindows(own), (), UTC))

    end = end_of(timedelta(hours=12), BEGIN, both)

    assert end == (None if hours is None else BEGIN + timedelta(hours=hours))


async def test_the_estimate_of_an_order_with_hours_of_its_own_ends_in_them(tmp_path: Path) -> None:
    series = Series(series_instance_uid="1.2.1", modality="CT", number_of_series_related_instances=10)
    study = PlannedStudy(study_instance_uid="1.2", pacs="main", series=(series,))
    questions = [EstimateRetrieval(studies=(study,)), EstimateRetrieval(studies=(study,), windows=NIGHT.lines)]
    async with ward(small_hospital(1), tmp_path) as it:
        await it.tell(*questions)
        await it.heard.until(lambda: {one.id for one in questions} <= set(it.heard.estimates))
        now, by_night_only = (it.heard.estimates[one.id].ends_at for one in questions)

    assert now is not None
    assert by_night_only is not None
    assert Hours(NIGHT, (), UTC).is_open(by_night_only)
