"""`/pacs` over HTTP: limits, probing, traffic, and who may order them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from radquarry.api.passwords import hashed
from radquarry.bus.port import Publish
from radquarry.messages import (
    LimitPacs,
    LoadLimits,
    PacsContradicted,
    PacsLimited,
    PacsProbed,
    PacsProfile,
    PacsTraffic,
    ProbePacs,
    StopPacs,
)
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes

LOAD = {
    "associations": 3,
    "requests_per_hour": 3600,
    "studies_per_hour": None,
    "windows": ["mon-fri 20:00-08:00", "sat-sun 00:00-24:00"],
    "holidays": ["2026-01-01", "2025-12-25", "2025-12-25"],
}
HELD = LOAD | {"holidays": ["2025-12-25", "2026-01-01"]}
CONFIGURED = {
    "associations": 2,
    "requests_per_hour": None,
    "studies_per_hour": None,
    "windows": [],
    "holidays": [],
    "is_configured": True,
    "changed_by": "",
    "changed_at": None,
    "ordered_at": None,
}
PASSWORD = "correct horse"


class Finder:
    """What finder does about the limits and the profile of a PACS."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self.fails = ""

    async def limit(self, order: LimitPacs) -> None:
        about = {"limits": order.limits or LoadLimits(), "is_configured": order.limits is None}
        await self._publish(PacsLimited.after(order, pacs=order.pacs, requested_by=order.requested_by, **about))

    async def probe(self, order: ProbePacs) -> None:
        profile = None if self.fails else PacsProfile(probed_at=datetime.now(UTC), find_limit=200, c_get=False)
        await self._publish(PacsProbed.after(order, pacs=order.pacs, profile=profile, problem=self.fails))


async def finder_of(gateway: Gateway) -> Finder:
    finder = Finder(gateway.bus.publish)
    await gateway.bus.subscribe("finder", LimitPacs, finder.limit)
    await gateway.bus.subscribe("finder", ProbePacs, finder.probe)
    return finder


async def put(gateway: Gateway, body: Any, name: str = "main", **how: Any) -> Any:
    return await gateway.client.put(f"/api/v1/pacs/{name}/load", json=body, **how)


async def test_limits_are_changed_confirmed_and_taken_back(gateway: Gateway) -> None:
    await finder_of(gateway)
    assert (await gateway.get("/pacs/main"))["load"] == CONFIGURED

    changed = await put(gateway, LOAD)

    assert changed.status_code == 200
    load = changed.json()["load"]
    assert {name: load[name] for name in HELD} == HELD
    assert (load["is_configured"], load["ordered_at"]) == (False, None)
    assert load["changed_at"] is not None

    back = await gateway.client.delete("/api/v1/pacs/main/load")

    assert (back.status_code, back.json()["load"]) == (200, CONFIGURED)
    assert [order.limits for order in gateway.bus.orders(LimitPacs)] == [LoadLimits.model_validate(HELD), None]


async def test_limits_nobody_confirms_are_accepted_and_no_more(gateway: Gateway) -> None:
    answer = await put(gateway, LOAD)

    load = answer.json()["load"]
    assert (answer.status_code, load["associations"], load["is_configured"]) == (202, 2, True)
    assert load["ordered_at"] is not None


@pytest.mark.parametrize(
    "slip",
    [
        {"associations": 0},
        {"associations": 65},
        {"associations": None},
        {"requests_per_hour": 0},
        {"studies_per_hour": -1},
        {"windows": ["at night"]},
        {"windows": ["mon 25:00-26:00"]},
        {"windows": ["mon 20:00-24:00"] * 201},
        {"holidays": ["soon"]},
        {"speed": "fast"},
    ],
)
async def test_limits_that_do_not_fit_are_refused_and_order_nothing(gateway: Gateway, slip: dict[str, object]) -> None:
    document = a_problem(await put(gateway, LOAD | slip), 422)

    assert next(iter(slip)) in document["detail"]
    assert gateway.bus.orders(LimitPacs) == []


async def test_a_probe_is_taken_and_its_profile_shown_when_it_is_there(gateway: Gateway) -> None:
    asked = await gateway.post("/pacs/main/probe")
    assert (asked.status_code, asked.json()["profile"]) == (202, None)
    assert asked.json()["probe"]["ordered_at"] is not None

    await finder_of(gateway)

    async def limit() -> object:
        profile = (await gateway.get("/pacs/main"))["profile"]
        return profile and (profile["find_limit"], profile["c_get"], profile["date_ranges"])

    await becomes(limit, (200, False, None))
    assert (await gateway.get("/pacs/main"))["probe"]["ordered_at"] is None


async def test_a_failed_probe_says_why_and_a_contradiction_what(gateway: Gateway) -> None:
    finder = await finder_of(gateway)
    finder.fails = "the PACS refuses our AE title"
    await gateway.post("/pacs/main/probe")

    async def problem() -> object:
        return (await gateway.get("/pacs/main"))["probe"]["problem"]

    await becomes(problem, "the PACS refuses our AE title")
    assert (await gateway.get("/pacs/main"))["contradiction"] is None

    seen_at = datetime(2030, 1, 1, 12, tzinfo=UTC)
    await gateway.bus.publish(PacsContradicted(pacs="main", reason="it cut an answer at 50", seen_at=seen_at))

    async def contradiction() -> object:
        return (await gateway.get("/pacs/main"))["contradiction"]

    await becomes(contradiction, {"reason": "it cut an answer at 50", "seen_at": "2030-01-01T12:00:00Z"})


async def test_traffic_is_given_by_the_minute_and_as_a_day(gateway: Gateway) -> None:
    begun_at = datetime.now(UTC).replace(second=10, microsecond=0) - timedelta(minutes=1)
    said = PacsTraffic(
        pacs="main",
        source="finder-1",
        begun_at=begun_at,
        seconds=60.0,
        requests=61,
        refused=2,
        milliseconds_median=84.5,
        milliseconds_slowest=310.0,
        associations_allowed=1,
        reason="1 of 2 associations for now: it refused 2",
    )
    await gateway.bus.publish(said, said)

    async def minutes() -> Any:
        return (await gateway.get("/pacs/main/traffic"))["minutes"]

    await becomes(
        minutes,
        [
            {
                "begun_at": f"{begun_at:%Y-%m-%dT%H:%M}:00Z",
                "requests": 61,
                "refused": 2,
                "failed": 0,
                "milliseconds": 84.5,
                "slowest": 310.0,
                "allowed": 1,
            }
        ],
    )
    shown = (await gateway.get("/pacs"))["items"][0]
    assert shown["traffic"] == {"requests": 61, "refused": 2, "failed": 0, "milliseconds": 84.5, "slowest": 310.0}
    assert (shown["state"], shown["now"]["condition"], shown["now"]["allowed"]) == ("up", "slowed", 1)
    assert shown["now"]["reason"] == "it refused 2"


@pytest.mark.parametrize("path", ["", "/traffic"])
async def test_a_pacs_nobody_configured_is_unknown(gateway: Gateway, path: str) -> None:
    unknown = a_problem(await gateway.client.get(f"/api/v1/pacs/mian{path}"), 404, "unknown-pacs")
    assert unknown["known"] == ["main", "old"]
    a_problem(await put(gateway, LOAD, "mian"), 404, "unknown-pacs")
    a_problem(await gateway.post("/pacs/mian/probe"), 404, "unknown-pacs")


async def test_an_order_while_the_bus_is_away_is_not_shown_as_ordered(gateway: Gateway) -> None:
    gateway.bus.away = True
    a_problem(await put(gateway, LOAD), 503)
    a_problem(await gateway.post("/pacs/main/probe"), 503)
    gateway.bus.away = False

    shown = await gateway.get("/pacs/main")
    assert (shown["load"], shown["probe"]["ordered_at"]) == (CONFIGURED, None)


async def test_only_administrators_touch_the_load_of_a_pacs(tmp_path: Path) -> None:
    users_file = tmp_path / "users"
    users_file.write_text("".join(f"{name}:{hashed(PASSWORD)}\n" for name in ("ada", "bob")))
    keys = {"authentication": {"users_file": users_file, "administrators": ["ada"]}}
    async with a_gateway(tmp_path, api=keys) as gateway:
        await finder_of(gateway)
        bob, ada = {"auth": ("bob", PASSWORD)}, {"auth": ("ada", PASSWORD)}

        for what in ("stop", "start", "probe"):
            refused = await gateway.client.post(f"/api/v1/pacs/main/{what}", **bob)
            assert "Only administrators" in a_problem(refused, 403, "not-an-administrator")["detail"]
        a_problem(await put(gateway, LOAD, **bob), 403, "not-an-administrator")
        a_problem(await gateway.client.delete("/api/v1/pacs/main/load", **bob), 403, "not-an-administrator")
        assert gateway.bus.orders(LimitPacs) + gateway.bus.orders(StopPacs) + gateway.bus.orders(ProbePacs) == []
        assert (await gateway.client.get("/api/v1/pacs/main/traffic", **bob)).status_code == 200

        changed = await put(gateway, LOAD, **ada)
        assert (changed.status_code, changed.json()["load"]["changed_by"]) == (200, "ada")
