"""What is kept of a probing, on both state stores."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from radquarry.finder.__main__ import MIGRATIONS
from radquarry.finder.profiles import Outcome, Profiles
from radquarry.finder.watch import Contradiction
from radquarry.messages import PacsProfile
from radquarry.state.migration import migrate
from tests.contracts.states import KINDS, empty_state

pytestmark = pytest.mark.timeout(60)
NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)
FORTY = PacsProfile(probed_at=NOON, find_limit=40, levels=("STUDY",), keys={"StudyID": "matched"})
SIXTY = FORTY.model_copy(update={"probed_at": NOON + timedelta(days=1), "find_limit": 60})


@pytest.fixture(params=KINDS)
async def profiles(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Profiles]:
    async with empty_state(request.param, tmp_path) as state:
        await migrate(state, "finder", MIGRATIONS)
        yield Profiles(state)


def seen_of(
    profile: PacsProfile, kind: str = "longer", reason: str = "41 rows", crawl_id: UUID | None = None, hours: int = 1
) -> Contradiction:
    return Contradiction("main", kind, reason, profile.probed_at, NOON + timedelta(hours=hours), crawl_id)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_without_our_tables_or_with_others_knows_nothing(kind: str, tmp_path: Path) -> None:
    async with empty_state(kind, tmp_path) as state:
        assert await Profiles(state).at_hand() == {}
        await migrate(state, "finder", MIGRATIONS)
        await Profiles(state).keep("main", Outcome(FORTY))
        assert (await Profiles(state).at_hand())["main"].profile == FORTY
        async with state.writing() as connection:
            await connection.execute(text("ALTER TABLE finder_contradictions DROP COLUMN reason"))
        assert await Profiles(state).at_hand() == {}


async def test_a_problem_answers_its_order_and_leaves_the_profile(profiles: Profiles) -> None:
    first, second = uuid4(), uuid4()
    assert await profiles.outcome("main", first) is None
    await profiles.keep("main", Outcome(FORTY), first)
    assert await profiles.outcome("main", first) == Outcome(FORTY)
    await profiles.keep("main", Outcome(problem="main is away"), second)
    assert await profiles.outcome("main", second) == Outcome(problem="main is away")
    assert await profiles.outcome("main", first) is None
    assert (await profiles.known())["main"].profile == FORTY


async def test_a_problem_before_any_profile_is_none(profiles: Profiles) -> None:
    order = uuid4()
    await profiles.keep("main", Outcome(problem="main is away"), order)
    assert await profiles.known() == {}
    assert await profiles.outcome("main", order) == Outcome(problem="main is away")


async def test_what_nobody_ordered_is_unsaid_until_it_is_said(profiles: Profiles) -> None:
    await profiles.keep("main", Outcome(FORTY))
    assert not (await profiles.known())["main"].is_said
    await profiles.said("main", SIXTY)
    assert not (await profiles.known())["main"].is_said
    await profiles.said("main", FORTY)
    assert (await profiles.known())["main"].is_said


async def test_a_contradiction_is_said_once_and_goes_with_its_profile(profiles: Profiles) -> None:
    await profiles.keep("main", Outcome(FORTY), uuid4())
    await profiles.contradict(seen_of(FORTY))
    assert await profiles.unsaid() == [seen_of(FORTY)]
    await profiles.said_of(seen_of(FORTY))
    await profiles.contradict(seen_of(FORTY, reason="42 rows"))
    assert await profiles.unsaid() == []
    assert (await profiles.known())["main"].contradicted == {("longer", None)}
    await profiles.keep("main", Outcome(SIXTY), uuid4())
    assert (await profiles.known())["main"].contradicted == set()


async def test_a_contradiction_is_said_once_of_each_crawl_and_the_newest_is_kept(profiles: Profiles) -> None:
    first, second = uuid4(), uuid4()
    await profiles.keep("main", Outcome(FORTY), uuid4())
    for seen in (seen_of(FORTY, crawl_id=first), seen_of(FORTY, crawl_id=second, hours=2)):
        await profiles.contradict(seen)
        await profiles.contradict(replace(seen, reason="seen again"))
    unsaid = await profiles.unsaid()
    assert {(seen.crawl_id, seen.reason) for seen in unsaid} == {(first, "41 rows"), (second, "41 rows")}
    assert (await profiles.known())["main"].contradicted == {("longer", first), ("longer", second)}
    for seen in sorted(unsaid, key=lambda seen: seen.seen_at):
        await profiles.said_of(seen)
    assert await profiles.unsaid() == []
    assert (await profiles.known())["main"].contradicted == {("longer", second)}


async def test_what_was_known_before_crawls_were_kept_is_known_still(tmp_path: Path) -> None:
    before = tmp_path / "migrations"
    before.mkdir()
    for script in MIGRATIONS.glob("000[1-4]_*.py"):
        (before / script.name).write_text(script.read_text())
    values = {"profile": FORTY.model_dump_json(), "seen_at": NOON.isoformat(" ")}
    async with empty_state("sqlite", tmp_path) as state:
        await migrate(state, "finder", before)
        async with state.writing() as connection:
            await connection.execute(text("INSERT INTO finder_profiles VALUES ('main', :profile, NULL, '', 1)"), values)
            await connection.execute(
                text("INSERT INTO finder_contradictions VALUES ('main', 'longer', '41 rows', :seen_at, 0)"), values
            )
        await migrate(state, "finder", MIGRATIONS)
        assert await Profiles(state).unsaid() == [seen_of(FORTY, hours=0)]


async def test_a_contradiction_of_a_profile_that_is_no_more_is_not_kept(profiles: Profiles) -> None:
    await profiles.contradict(seen_of(FORTY))
    await profiles.keep("main", Outcome(SIXTY), uuid4())
    await profiles.contradict(seen_of(FORTY))
    assert await profiles.unsaid() == []
    await profiles.contradict(seen_of(SIXTY, "level SERIES"))
    assert [each.kind for each in await profiles.unsaid()] == ["level SERIES"]
