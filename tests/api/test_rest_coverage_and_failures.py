"""Coverage, a PACS that is echoed, stopped and started, and failures over HTTP."""

from pathlib import Path

from radquarry.bus.port import Publish
from radquarry.errors import Permanent
from radquarry.messages import EchoPacs, FindWindow, PacsEchoed, PacsStarted, PacsStopped, StartPacs, StopPacs
from radquarry.service import Service
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes
from tests.api.stories import crawl_story


async def test_coverage_wants_a_known_pacs_and_a_range_in_order(gateway: Gateway) -> None:
    wrong = [
        {"pacs": "mian"},
        {},
        {"pacs": "main", "start_date": "2024-02-01", "end_date": "2024-01-01"},
        {"pacs": "main", "end_date": "0001-01-01"},
        {"pacs": "main", "start_date": "0001-01-01", "end_date": "9999-12-31"},
    ]

    statuses = [(await gateway.client.get("/api/v1/coverage", params=query)).status_code for query in wrong]

    assert statuses == [422, 422, 422, 422, 422]


class Finder:
    """What finder does with a PACS."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    async def echo(self, order: EchoPacs) -> None:
        await self._publish(PacsEchoed.after(order, pacs=order.pacs, answered=True, milliseconds=2.0))

    async def stop(self, order: StopPacs) -> None:
        await self._publish(PacsStopped.after(order, pacs=order.pacs, requested_by=order.requested_by))

    async def start(self, order: StartPacs) -> None:
        await self._publish(PacsStarted.after(order, pacs=order.pacs))


async def test_a_pacs_is_echoed_stopped_and_started(gateway: Gateway) -> None:
    finder = Finder(gateway.bus.publish)
    await gateway.bus.subscribe("finder", EchoPacs, finder.echo)
    await gateway.bus.subscribe("finder", StopPacs, finder.stop)
    await gateway.bus.subscribe("finder", StartPacs, finder.start)
    assert [(each["name"], each["state"]) for each in (await gateway.get("/pacs"))["items"]] == [
        ("main", "unknown"),
        ("old", "unknown"),
    ]

    echoed, stopped, started = [await gateway.post(f"/pacs/main/{what}") for what in ("echo", "stop", "start")]

    assert (echoed.status_code, echoed.json()["state"], echoed.json()["milliseconds"]) == (200, "up", 2.0)
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert (started.status_code, started.json()["state"]) == (200, "up")
    unknown = a_problem(await gateway.post("/pacs/mian/echo"), 404, "unknown-pacs")
    assert (unknown["known"], "'main'" in unknown["detail"]) == (["main", "old"], True)


async def test_a_parked_message_is_listed_and_replayed(tmp_path: Path) -> None:
    story = crawl_story()
    mended: list[FindWindow] = []

    async def find(order: FindWindow) -> None:
        mended.append(order)
        if len(mended) == 1:
            raise Permanent("the PACS refuses our AE title RADQUARRY")

    async with a_gateway(tmp_path, Service("finder", {FindWindow: find})) as gateway:
        order = FindWindow(trail=story.crawl_id, crawl_id=story.crawl_id, pacs="main", day=story.days()[0])
        await gateway.bus.publish(order)

        async def reasons() -> list[str]:
            return [each["reason"] for each in (await gateway.get("/failures"))["items"]]

        await becomes(reasons, ["the PACS refuses our AE title RADQUARRY"])
        (failure,) = (await gateway.get("/failures"))["items"]
        assert failure["what"] == "A day could not be asked for: 2024-06-01."
        assert (failure["trail"], failure["service"]) == (str(story.crawl_id), "finder")

        assert (await gateway.post(f"/failures/{failure['id']}/replay")).status_code == 202

        async def heard() -> int:
            return len(mended)

        await becomes(heard, 2)
        assert await reasons() == []
        a_problem(await gateway.post(f"/failures/{failure['id']}/discard"), 404, "unknown-failure")
