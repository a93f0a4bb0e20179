"""What a PACS may get and what it can do, whatever the order of the news; on both stores."""

import asyncio
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete

from radquarry.api.archive_views import HeldLimits
from radquarry.api.peer_tables import archive_facts
from radquarry.api.tables import archives
from radquarry.configuration.week import WeekWindows
from radquarry.messages import (
    LimitPacs,
    LoadLimits,
    Message,
    PacsContradicted,
    PacsEchoed,
    PacsLimited,
    PacsProbed,
    PacsProfile,
    PacsStarted,
    PacsStopped,
    ProbePacs,
)
from radquarry.state.store import State
from tests.api.one_pacs import ago, view
from tests.api.projecting import Projections
from tests.api.stories import mixtures


def limited(limits: LoadLimits, sent_at: datetime, order: LimitPacs | None = None, **more: object) -> PacsLimited:
    cause = {"cause": order.id, "requested_by": order.requested_by} if order else {}
    about = {"pacs": "main", "limits": limits, "is_configured": False, "sent_at": sent_at}
    return PacsLimited(**(about | cause | more))


async def test_limits_wait_until_they_are_confirmed(api: Projections) -> None:
    assert (await view(api)).load == HeldLimits(LoadLimits())

    ordered = await api.archives.limit("main", LoadLimits(associations=5), "ada")
    order = api.said.published[-1]
    assert isinstance(order, LimitPacs)
    assert (ordered.load.limits.associations, ordered.load.ordered_at) == (2, order.sent_at)

    await api.hear(limited(LoadLimits(associations=5), order.sent_at + timedelta(seconds=1), order))
    load = (await view(api)).load
    assert (load.limits.associations, load.changed_by, load.ordered_at) == (5, "ada", None)


async def test_an_answer_of_a_clock_that_is_behind_confirms_all_the_same(api: Projections) -> None:
    await api.archives.limit("main", LoadLimits(associations=5))
    order = api.said.published[-1]
    assert isinstance(order, LimitPacs)

    await api.hear(limited(LoadLimits(associations=5), order.sent_at - timedelta(minutes=3), order))

    assert (await view(api)).load.ordered_at is None


async def test_limits_that_are_said_again_at_a_start_were_not_changed_then(api: Projections) -> None:
    order, limits = LimitPacs(pacs="main", requested_by="ada"), LoadLimits(associations=5)
    changed, again = limited(limits, ago(90), order), limited(limits, ago(1), requested_by="ada")

    await api.hear(again, changed)

    assert (await view(api)).load.changed_at == changed.sent_at


async def test_limits_of_the_configuration_are_no_change(api: Projections) -> None:
    await api.hear(limited(LoadLimits(associations=5), ago(9)))
    await api.hear(limited(LoadLimits(associations=2), ago(1), is_configured=True))

    assert (await view(api)).load == HeldLimits(LoadLimits())


async def test_a_stop_is_told_with_its_hour_and_person(api: Projections) -> None:
    stopped, started = PacsStopped(pacs="main", requested_by="ada", sent_at=ago(5)), PacsStarted(pacs="main")
    await api.hear(stopped)
    shown = await view(api)
    assert (shown.state, shown.stopped_by, shown.stopped_at) == ("stopped", "ada", stopped.sent_at)

    await api.hear(started, stopped)
    shown = await view(api)
    assert (shown.state, shown.stopped_at, shown.started_at) == ("unknown", None, started.sent_at)


PROFILE = PacsProfile(probed_at=ago(60), find_limit=200, keys={"StudyComments": "ignored"}, charset="ISO_IR 192")


async def test_a_probing_is_awaited_until_its_profile_is_there(api: Projections) -> None:
    awaited = (await api.archives.probe("main", "ada")).probing
    order = api.said.published[-1]
    assert isinstance(order, ProbePacs)
    assert (awaited.ordered_by, awaited.ordered_at, awaited.profile) == ("ada", order.sent_at, None)

    await api.hear(PacsProbed(pacs="main", cause=order.id, profile=PROFILE))

    probing = (await view(api)).probing
    assert (probing.profile, probing.ordered_at, probing.problem) == (PROFILE, None, "")


async def test_a_failed_probing_takes_no_profile_away(api: Projections) -> None:
    await api.hear(PacsProbed(pacs="main", profile=PROFILE, sent_at=ago(60)))
    await api.archives.probe("main")
    failed = PacsProbed(pacs="main", cause=api.said.published[-1].id, problem="it refuses our AE title")
    await api.hear(failed)

    probing = (await view(api)).probing
    assert (probing.profile, probing.ordered_at) == (PROFILE, None)
    assert (probing.problem, probing.problem_at) == ("it refuses our AE title", failed.sent_at)

    await api.hear(PacsProbed(pacs="main", profile=PROFILE))
    assert (await view(api)).probing.problem == ""


async def test_a_contradiction_stands_until_the_next_profile(api: Projections) -> None:
    cut = PacsContradicted(pacs="main", reason="it cut an answer at 50, its profile says 200", seen_at=ago(5))
    await api.hear(cut, PacsProbed(pacs="main", profile=PROFILE, sent_at=PROFILE.probed_at))
    probing = (await view(api)).probing
    assert (probing.contradiction, probing.contradicted_at) == (cut.reason, cut.seen_at)

    fresh = PROFILE.model_copy(update={"probed_at": ago(1), "find_limit": 50})
    await api.hear(PacsProbed(pacs="main", profile=fresh), cut)
    assert (await view(api)).probing.contradiction == ""


EVENTFUL: list[Message] = [
    PacsEchoed(pacs="main", answered=True, milliseconds=4.0, sent_at=ago(50)),
    PacsEchoed(pacs="main", answered=False, problem="no answer", sent_at=ago(40)),
    PacsStopped(pacs="main", requested_by="ada", sent_at=ago(30)),
    PacsStarted(pacs="main", requested_by="bob", sent_at=ago(20)),
    limited(LoadLimits(associations=9), ago(45), LimitPacs(pacs="main", requested_by="ada")),
    limited(LoadLimits(associations=3, windows=["mon 20:00-24:00"]), ago(35), LimitPacs(pacs="main")),
    limited(LoadLimits(associations=3, windows=["mon 20:00-24:00"]), ago(5)),
    PacsProbed(pacs="main", profile=PROFILE, sent_at=ago(60)),
    PacsProbed(pacs="main", problem="it refuses us", sent_at=ago(25)),
    PacsContradicted(pacs="main", reason="an old one", seen_at=ago(70)),
    PacsContradicted(pacs="main", reason="a new one", seen_at=ago(8)),
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures(len(EVENTFUL)))
async def test_any_order_and_repetition_of_facts_ends_in_the_same_view(
    api: Projections, state: State, mixture: list[list[int]]
) -> None:
    async with state.writing() as connection:
        await connection.execute(delete(archives))
        await connection.execute(delete(archive_facts))

    for together in mixture:
        await asyncio.gather(*(api.hear(EVENTFUL[place]) for place in together))

    shown = await view(api)
    assert (shown.state, shown.problem, shown.started_at) == ("down", "no answer", EVENTFUL[3].sent_at)
    assert (shown.load.limits.associations, shown.load.limits.windows) == (3, WeekWindows(["mon 20:00-24:00"]))
    assert shown.load.changed_at == EVENTFUL[5].sent_at
    assert (shown.probing.profile, shown.probing.problem) == (PROFILE, "it refuses us")
    assert shown.probing.contradiction == "a new one"
