"""What a retrieval would bring, asked over HTTP and answered by the mover."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from radquarry.api.retrieval_estimates import MOST_SERIES
from radquarry.bus.port import Bus
from radquarry.index.document import Document, StudyPart
from radquarry.messages import (
    EstimateRetrieval,
    PlannedStudy,
    PriorsChoice,
    RetrievalEstimated,
    RetrievalRequested,
    Series,
    SeriesChoice,
)
from radquarry.mover.__main__ import opened as opened_mover
from radquarry.mover.settings import Settings as MoverSettings
from tests.api.gateway import PACS, Gateway, a_gateway, a_problem, study
from tests.api.stories import NOON, uid

SERIES = Series(
    series_instance_uid=f"{uid(0)}.1",
    modality="CT",
    series_number=2,
    series_description="Lung 1.0 for Dr. Muster",
    body_part_examined="CHEST",
    number_of_series_related_instances=300,
)
SAID: dict[str, Any] = {
    "studies": 2,
    "series": 5,
    "instances": 412,
    "bytes": 216_530_944,
    "instances_here": 300,
    "instances_to_fetch": 112,
    "bytes_to_fetch": 58_720_256,
    "free_bytes": 10**12,
    "hours": 0.5,
    "ends_at": NOON + timedelta(minutes=30),
    "problems": ("priors are not counted",),
}
ANSWERED = {
    "studies": 2,
    "series": 5,
    "images": 412,
    "bytes": 216_530_944,
    "already_here": 300,
    "bytes_to_fetch": 58_720_256,
    "hours": 0.5,
    "ends_at": "2024-06-28T12:30:00Z",
    "free_disk": 10**12,
    "fits": True,
    "problems": ["priors are not counted"],
}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as opened:
        await opened.index.merge(
            [
                StudyPart(pacs="main", study=study(0, series=(SERIES,)), answered_at=NOON),
                StudyPart(
                    pacs="old",
                    study=study(1, series=(), number_of_study_related_instances=112),
                    answered_at=NOON,
                ),
            ]
        )
        yield opened


async def mover_of(gateway: Gateway, **said: Any) -> list[EstimateRetrieval]:
    """What the mover is asked; it says the same each time, and first what somebody else asked for."""
    asked: list[EstimateRetrieval] = []

    async def estimate(order: EstimateRetrieval) -> None:
        asked.append(order)
        another = RetrievalEstimated.after(EstimateRetrieval(studies=()), **(SAID | {"studies": 77}))
        await gateway.bus.publish(another, RetrievalEstimated.after(order, **(SAID | said)))

    await gateway.bus.subscribe("mover", EstimateRetrieval, estimate)
    return asked


async def test_an_estimate_says_what_a_retrieval_would_bring_and_orders_nothing(gateway: Gateway) -> None:
    await mover_of(gateway)

    answer = await gateway.post("/retrievals/estimate", {"studies": [uid(0), uid(1)]})

    assert (answer.status_code, answer.json()) == (200, ANSWERED)
    assert gateway.bus.orders(RetrievalRequested) == []
    assert (await gateway.get("/retrievals"))["items"] == []


async def test_what_would_not_fit_says_why(gateway: Gateway) -> None:
    await mover_of(gateway, fits=False, free_bytes=1000, problems=("sizes are assumed", "it would not fit"))

    told = (await gateway.post("/retrievals/estimate", {"studies": [uid(0)]})).json()

    assert (told["fits"], told["free_disk"]) == (False, 1000)
    assert (told["reason"], told["problems"]) == ("it would not fit", ["sizes are assumed"])


async def test_what_the_mover_does_not_know_is_null(gateway: Gateway) -> None:
    await mover_of(gateway, hours=None, ends_at=None, free_bytes=None)

    told = (await gateway.post("/retrievals/estimate", {"studies": [uid(0)]})).json()

    assert (told["hours"], told["ends_at"], told["free_disk"], told["fits"]) == (None, None, None, True)


async def test_the_mover_is_told_what_the_index_knows_and_the_whole_choice(gateway: Gateway) -> None:
    asked = await mover_of(gateway)
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=8)
    body = {
        "studies": [uid(0), {"study_instance_uid": uid(1), "sop_instance_uids": ["1.2.3"]}, uid(0)],
        "series": {"modality": ["CT"], "include_description": ["lung"], "min_images": 2},
        "priors": {"newest": 1},
        "not_before": begin.isoformat(),
        "priority": 5,
    }

    assert (await gateway.post("/retrievals/estimate", body)).status_code == 200

    (order,) = asked
    assert order.studies == (
        PlannedStudy(study_instance_uid=uid(0), pacs="main", series=(SERIES,), modalities_in_study=("CT",)),
        PlannedStudy(
            study_instance_uid=uid(1),
            pacs="old",
            modalities_in_study=("CT",),
            number_of_study_related_instances=112,
            sop_instance_uids=("1.2.3",),
        ),
    )
    assert order.choice == SeriesChoice(modality=("CT",), include_description=("lung",), min_images=2)
    assert (order.priors, order.not_before) == (PriorsChoice(newest=1), begin)


async def test_a_description_by_which_nothing_is_chosen_stays_in_the_index(gateway: Gateway) -> None:
    asked = await mover_of(gateway)

    await gateway.post("/retrievals/estimate", {"studies": [uid(0)], "series": {"body_part": ["CHEST"]}})

    assert "Muster" not in asked[0].model_dump_json()
    assert asked[0].studies[0].series[0].body_part_examined == "CHEST"


async def test_studies_the_index_does_not_hold_are_named_by_position(gateway: Gateway) -> None:
    document = a_problem(
        await gateway.post("/retrievals/estimate", {"studies": [uid(0), uid(77)]}), 422, "unknown-studies"
    )

    assert document["positions"] == [1]
    assert gateway.bus.orders(EstimateRetrieval) == []


async def test_more_series_than_a_message_takes_are_refused(gateway: Gateway) -> None:
    crowd = Document(study_instance_uid=uid(0), pacs="main", study=study(0, series=(SERIES,) * (MOST_SERIES + 1)))

    async def crowded(_uid: str) -> Document:
        return crowd

    gateway.index.get = crowded  # type: ignore[assignment,method-assign]  # no index is filled for it

    answer = await gateway.post("/retrievals/estimate", {"studies": [uid(0)]})

    assert "in parts" in a_problem(answer, 422, "invalid")["detail"]
    assert gateway.bus.orders(EstimateRetrieval) == []


async def test_while_the_bus_is_away_there_is_no_estimate(gateway: Gateway) -> None:
    gateway.bus.away = True

    a_problem(await gateway.post("/retrievals/estimate", {"studies": [uid(0)]}), 503, "away")


async def test_a_mover_that_does_not_answer_in_time_is_said_to_be_away(gateway: Gateway) -> None:
    answer = await gateway.post("/retrievals/estimate", {"studies": [uid(0)]})

    assert "the mover does not answer" in a_problem(answer, 503, "away")["detail"]
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(("reserve", "fits"), [(0, True), (10**9, False)])
async def test_the_real_mover_answers_and_says_what_would_not_fit(
    gateway: Gateway, tmp_path: Path, reserve: int, fits: bool
) -> None:
    (tmp_path / "archive").mkdir()
    keys = {"data_dir": tmp_path, "pacs": PACS, "archive": {"reserve_gb": reserve}}
    async with opened_mover(MoverSettings.model_validate(keys), cast("Bus", gateway.bus), gateway.state) as mover:
        await gateway.bus.subscribe("mover", EstimateRetrieval, mover.handlers[EstimateRetrieval])
        some, none = [
            (await gateway.post("/retrievals/estimate", {"studies": [uid(0)], "series": {"min_images": least}})).json()
            for least in (300, 301)
        ]

    assert (some["studies"], some["series"], some["images"], some["already_here"]) == (1, 1, 300, 0)
    assert some["bytes_to_fetch"] == some["bytes"] > 0
    assert some["hours"] > 0
    assert (none["series"], none["images"], none["bytes_to_fetch"]) == (0, 0, 0)
    assert (some["fits"], "would not fit" in some.get("reason", "")) == (fits, not fits)
