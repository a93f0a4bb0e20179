"""What became different about a study is kept, each change once, whatever the order; on both stores, over REST."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from radquarry.dicom.uids import NotAUid
from radquarry.index.document import GonePart
from radquarry.messages import Change, Study, StudyChanged
from tests.api.gateway import a_gateway, a_problem, becomes, study
from tests.api.projecting import Projections
from tests.api.stories import NOON, mixtures, uid

CRAWL = uuid4()


def changed(kind: Change, hours: float = 0, former: Study | None = None, number: int = 0) -> StudyChanged:
    return StudyChanged(
        crawl_id=CRAWL,
        pacs="main",
        study_instance_uid=uid(number),
        kind=kind,
        seen_at=NOON + timedelta(hours=hours),
        former=former or study(number),
    )


LIFE = [
    changed("late-series", 1),
    changed("merged-patient", 24, study(0, patient_id="P0")),
    changed("re-identified", 24, study(0, patient_id="P0")),
    changed("gone", 48, study(0, patient_id="P9")),
    changed("returned", 72, study(0, patient_id="P9")),
    changed("gone", 2, number=1),
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(LIFE)), again=some.booleans())
async def test_each_change_is_there_once_newest_first_whatever_the_order(
    api: Projections, mixture: list[list[int]], again: bool
) -> None:
    for together in mixture * (1 + again):
        await asyncio.gather(*(api.hear(LIFE[place]) for place in together))

    kept = await api.changes.of(uid(0))

    assert [(each.kind, each.seen_at, each.pacs) for each in kept] == [
        (LIFE[place].kind, LIFE[place].seen_at, "main") for place in (4, 3, 1, 2, 0)
    ]
    assert [each.former for each in kept] == [LIFE[place].former for place in (4, 3, 1, 2, 0)]
    assert [each.kind for each in await api.changes.of(uid(1))] == ["gone"]
    assert await api.changes.of(uid(2)) == ()


async def test_a_former_state_with_any_text_is_kept(api: Projections) -> None:
    strange = study(0, patient_name="Nul\0^\ud7ff", study_description='"<b>\\u0000' * 50)
    await api.hear(changed("re-identified", former=strange))

    assert [each.former for each in await api.changes.of(uid(0))] == [strange]


async def test_a_hostile_uid_spoils_no_other_change(api: Projections) -> None:
    hostile = changed("gone").model_copy(update={"study_instance_uid": "../../etc\0"})

    outcomes = await asyncio.gather(api.hear(changed("gone")), api.hear(hostile), return_exceptions=True)

    assert [type(each) for each in outcomes if each is not None] == [NotAUid]
    assert len(await api.changes.of(uid(0))) == 1


async def test_rest_gives_the_changes_of_a_study_and_says_that_it_is_gone(tmp_path: Path) -> None:
    async with a_gateway(tmp_path) as gateway:
        await gateway.hold(2)
        assert (await gateway.get(f"/studies/{uid(0)}/changes"))["items"] == []
        assert (await gateway.get(f"/studies/{uid(0)}"))["gone_at"] is None

        await gateway.bus.publish(LIFE[2], LIFE[1], LIFE[3])

        async def kinds() -> list[str]:
            return [each["kind"] for each in (await gateway.get(f"/studies/{uid(0)}/changes"))["items"]]

        await becomes(kinds, ["gone", "merged-patient", "re-identified"])
        first = (await gateway.get(f"/studies/{uid(0)}/changes"))["items"][0]
        assert first["crawl_id"] == str(CRAWL)
        assert first["former"]["patient_id"] == "P9"

        gone_at = NOON + timedelta(days=400)
        await gateway.index.merge([GonePart(study_instance_uid=uid(0), pacs="main", gone_at=gone_at)])
        assert (await gateway.get(f"/studies/{uid(0)}"))["gone_at"] == "2025-08-02T12:00:00Z"
        hits = (await gateway.get("/studies", is_gone=True))["hits"]
        assert [hit["study_instance_uid"] for hit in hits] == [uid(0)]
        page = await gateway.client.get(f"/studies/{uid(0)}", headers={"Accept": "text/html"})
        assert "No longer in main" in page.text
        assert "What became different" in page.text

        for nobody in (uid(77), "1.2.3.", "x" * 80):
            a_problem(await gateway.client.get(f"/api/v1/studies/{nobody}/changes"), 404)


async def test_the_tombstone_of_a_study_that_was_never_searchable_is_given(tmp_path: Path) -> None:
    async with a_gateway(tmp_path) as gateway:
        await gateway.bus.publish(changed("gone", number=5))

        async def status() -> int:
            return (await gateway.client.get(f"/api/v1/studies/{uid(5)}/changes")).status_code

        await becomes(status, 200)
