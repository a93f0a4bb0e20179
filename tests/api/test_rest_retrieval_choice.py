"""What of its studies a retrieval brings, when, and how soon, over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from radquarry.api.passwords import hashed
from radquarry.index.parts import StudyPart
from radquarry.messages import ListedSeries, PriorsChoice, RetrievalRequested, Series, SeriesChoice
from tests.api.gateway import Gateway, a_gateway, a_problem, study
from tests.api.stories import NOON, uid

PASSWORD = "correct horse"
CHOICE = {
    "modality": ["ct"],
    "include_description": ["lung", "thx*1?0"],
    "exclude_description": ["scout"],
    "body_part": ["CHEST"],
    "min_images": 20,
    "max_images": 2000,
    "thinnest_axial": True,
}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as opened:
        await opened.hold(3)
        yield opened


def soon() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=8)


async def ordered(gateway: Gateway, body: dict[str, Any]) -> RetrievalRequested:
    answer = await gateway.post("/retrievals", body)
    assert answer.status_code == 202, answer.text
    order: RetrievalRequested = gateway.bus.orders(RetrievalRequested)[-1]
    return order


async def test_every_part_of_a_choice_of_series_is_ordered(gateway: Gateway) -> None:
    order = await ordered(gateway, {"studies": [uid(0)], "series": CHOICE})

    assert order.series == SeriesChoice.model_validate(CHOICE | {"modality": ["CT"]})


async def test_of_a_study_only_the_named_instances_are_ordered(gateway: Gateway) -> None:
    named = [f"{uid(1)}.1.{number}" for number in (3, 1, 3)]
    order = await ordered(gateway, {"studies": [uid(0), {"study_instance_uid": uid(1), "sop_instance_uids": named}]})

    assert [(each.study_instance_uid, each.pacs, each.sop_instance_uids) for each in order.studies] == [
        (uid(0), "main", ()),
        (uid(1), "main", (named[0], named[1])),
    ]


async def test_an_order_tells_the_series_of_whole_studies_where_all_are_counted(gateway: Gateway) -> None:
    counted, uncounted = (
        Series(
            series_instance_uid=f"{uid(7)}.{number}", modality="CT", number_of_series_related_instances=number or None
        )
        for number in (4, 0)
    )
    found = {
        7: study(7, series=(counted,)),
        8: study(8, series=(counted, uncounted)),
        9: study(9, series=(counted,), number_of_study_related_series=2),
    }
    await gateway.index.merge([StudyPart(pacs="main", study=each, answered_at=NOON) for each in found.values()])

    whole = await ordered(gateway, {"studies": [uid(7), uid(8), uid(9)]})
    chosen = await ordered(gateway, {"studies": [uid(7)], "series": {"modality": ["CT"]}})

    known = ListedSeries(series_instance_uid=f"{uid(7)}.4", modality="CT", number_of_series_related_instances=4)
    assert [each.series for each in whole.studies] == [(known,), (), ()]
    assert [each.series for each in chosen.studies] == [()]


async def test_a_study_named_in_parts_comes_with_all_of_them_and_named_whole_comes_whole(gateway: Gateway) -> None:
    first, second = ({"study_instance_uid": uid(1), "sop_instance_uids": [f"{uid(1)}.1.{n}"]} for n in (1, 2))

    parts = await ordered(gateway, {"studies": [first, second]})
    whole = await ordered(gateway, {"studies": [first, uid(1), second]})

    assert [each.sop_instance_uids for each in parts.studies] == [(f"{uid(1)}.1.1", f"{uid(1)}.1.2")]
    assert [each.sop_instance_uids for each in whole.studies] == [()]


@pytest.mark.parametrize(
    "rule",
    [{"newest": 2, "within_months": 24, "same_modality": True, "same_body_part": True}, {"newest": 1}, {}],
)
async def test_priors_are_ordered_by_rule(gateway: Gateway, rule: dict[str, Any]) -> None:
    order = await ordered(gateway, {"studies": [uid(0)], "priors": rule})

    assert order.priors == PriorsChoice.model_validate(rule)


async def test_without_a_rule_no_prior_is_ordered(gateway: Gateway) -> None:
    assert (await ordered(gateway, {"studies": [uid(0)]})).priors is None


async def test_a_time_and_an_estimate_go_with_the_order(gateway: Gateway) -> None:
    begin = soon()
    order = await ordered(
        gateway, {"studies": [uid(0)], "not_before": begin.isoformat(), "estimated_bytes": 5_000_000_000}
    )

    assert (order.not_before, order.estimated_bytes) == (begin, 5_000_000_000)


async def test_the_same_moment_in_another_zone_is_the_same_order(gateway: Gateway) -> None:
    begin, key = soon(), {"Idempotency-Key": "night"}
    answers = [
        await gateway.post("/retrievals", {"studies": [uid(0)], "not_before": moment.isoformat()}, **key)
        for moment in (begin, begin.astimezone(datetime.strptime("+0530", "%z").tzinfo))
    ]
    later = {"studies": [uid(0)], "not_before": (begin + timedelta(hours=1)).isoformat()}

    assert answers[0].json() == answers[1].json()
    assert len(gateway.bus.orders(RetrievalRequested)) == 1
    a_problem(await gateway.post("/retrievals", later, **key), 422, "key-reused")


async def test_another_choice_under_the_same_key_is_refused(gateway: Gateway) -> None:
    key = {"Idempotency-Key": "choice"}
    bodies: list[dict[str, Any]] = [
        {"series": {"min_images": 2}},
        {"priors": {}},
        {"priors": {"newest": 1}},
        {"studies": [{"study_instance_uid": uid(0), "sop_instance_uids": ["1.2.3"]}]},
    ]
    assert (await gateway.post("/retrievals", {"studies": [uid(0)]}, **key)).status_code == 202

    for body in bodies:
        a_problem(await gateway.post("/retrievals", {"studies": [uid(0)]} | body, **key), 422, "key-reused")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"series": {"series_number": [1]}}, "series.series_number"),
    ({"series": {"min_images": 5, "max_images": 4}}, "min_images is more than max_images"),
    ({"series": {"min_images": -1}}, "series.min_images"),
    ({"series": {"include_description": ["lu\0ng"]}}, "series.include_description.0"),
    ({"series": {"body_part": [" "]}}, "series.body_part.0"),
    ({"series": {"thinnest_axial": "maybe"}}, "series.thinnest_axial"),
    ({"priors": {"newest": 0}}, "priors.newest"),
    ({"priors": {"within_months": 1.5}}, "priors.within_months"),
    ({"priors": {"oldest": 1}}, "priors.oldest"),
    ({"not_before": "2024-06-28T20:00:00"}, "not_before"),
    ({"not_before": "0001-01-01T00:00:00+14:00"}, "ten years"),
    ({"not_before": "9999-12-31T23:59:59-12:00"}, "ten years"),
    ({"estimated_bytes": -1}, "estimated_bytes"),
    ({"studies": [{"study_instance_uid": uid(0)}]}, "studies.0.images.sop_instance_uids"),
    ({"studies": [{"study_instance_uid": uid(0), "sop_instance_uids": []}]}, "sop_instance_uids"),
    ({"studies": [{"study_instance_uid": uid(0), "sop_instance_uids": ["../x"]}]}, "sop_instance_uids.0"),
    ({"studies": [7]}, "studies.0"),
    ({"series": {"modality": "CT"}}, "series.modality"),
]


@pytest.mark.parametrize("path", ["/retrievals", "/retrievals/estimate"])
async def test_what_does_not_fit_is_named_and_orders_nothing(gateway: Gateway, path: str) -> None:
    for body, words in WRONG:
        document = a_problem(await gateway.post(path, {"studies": [uid(0)]} | body), 422, "invalid")
        assert words in document["detail"]
        assert "../x" not in document["detail"]
    assert gateway.bus.published == []


@pytest.mark.parametrize("path", ["/retrievals", "/retrievals/estimate"])
async def test_more_single_instances_than_a_message_takes_are_refused(gateway: Gateway, path: str) -> None:
    many = [
        {"study_instance_uid": uid(n), "sop_instance_uids": [f"1.2.{n}.{m}" for m in range(25_001)]} for n in range(2)
    ]

    assert "50000" in a_problem(await gateway.post(path, {"studies": many}), 422, "invalid")["detail"]
    assert gateway.bus.published == []


async def test_only_administrators_order_what_is_urgent(tmp_path: Path) -> None:
    users_file = tmp_path / "users"
    users_file.write_text("".join(f"{name}:{hashed(PASSWORD)}\n" for name in ("ada", "bob")))
    keys = {"authentication": {"users_file": users_file, "administrators": ["ada"]}}
    async with a_gateway(tmp_path, api=keys) as gateway:
        await gateway.hold(1)

        async def order(user: str, priority: int) -> Any:
            body = {"studies": [uid(0)], "priority": priority}
            return await gateway.client.post("/api/v1/retrievals", json=body, auth=(user, PASSWORD))

        assert "above 0" in a_problem(await order("bob", 1), 403, "not-an-administrator")["detail"]
        assert gateway.bus.orders(RetrievalRequested) == []

        taken = [await order("bob", 0), await order("bob", -5), await order("ada", 100)]

    assert [answer.status_code for answer in taken] == [202] * 3
    orders = gateway.bus.orders(RetrievalRequested)
    assert [(each.requested_by, each.priority) for each in orders] == [("bob", 0), ("bob", -5), ("ada", 100)]
