"""What becomes of a message, decided in one place."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from radquarry.bus.delivery import Done, Park, Retry, Verdict, Waits, deliver, hand_over, hear
from radquarry.bus.port import Parked
from radquarry.errors import PeerAway, Permanent, Postponed, Transient
from radquarry.messages import CancelCrawl

WAITS = Waits((1, 5, 30), attempts=5)
MESSAGE = CancelCrawl(crawl_id=uuid4())
BODY = MESSAGE.model_dump_json().encode()

growing_steps = st.lists(
    st.floats(min_value=0.001, max_value=86_400, allow_nan=False), min_size=1, max_size=9, unique=True
).map(lambda steps: tuple(sorted(steps)))
waits = st.builds(Waits, growing_steps, st.integers(1, 50))
attempts = st.integers(2, 10_000)
seconds = st.floats(min_value=0, max_value=200_000, allow_nan=False)


async def delivered(failure: Exception | None, attempt: int = 1, body: bytes = BODY, waits: Waits = WAITS) -> Verdict:
    async def handler(_: CancelCrawl) -> None:
        if failure:
            raise failure

    return await deliver(handler, CancelCrawl, body, attempt, waits)


@given(waits, attempts, seconds)
def test_every_wait_is_a_step_for_which_a_delay_queue_exists(waits: Waits, attempt: int, at_least: float) -> None:
    assert waits.before(attempt, at_least) in waits.steps


@given(waits, attempts, seconds)
def test_a_wait_never_shrinks_with_the_attempts(waits: Waits, attempt: int, at_least: float) -> None:
    assert waits.before(attempt, at_least) <= waits.before(attempt + 1, at_least)


@given(waits, attempts, seconds)
def test_a_wait_is_as_long_as_the_peer_asked_or_the_longest_there_is(
    waits: Waits, attempt: int, at_least: float
) -> None:
    assert waits.before(attempt, at_least) >= min(at_least, waits.steps[-1])


@given(waits, attempts)
def test_a_wait_is_the_step_of_its_attempt_and_the_last_one_repeats(waits: Waits, attempt: int) -> None:
    assert waits.before(attempt) == waits.steps[min(attempt, len(waits.steps) + 1) - 2]


@pytest.mark.parametrize("steps", [(), (1, 1), (5, 1), (1, 2, 2)])
def test_waits_that_do_not_grow_are_refused(steps: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must grow"):
        Waits(steps)


def test_a_pacs_that_is_away_for_a_night_is_waited_for() -> None:
    waits = Waits()

    assert sum(waits.before(attempt) for attempt in range(2, waits.attempts + 1)) > 12 * 3600


async def test_what_is_handled_may_be_forgotten() -> None:
    assert await delivered(None) == Done()


async def test_a_transient_failure_counts_and_waits_longer_each_time() -> None:
    assert await delivered(Transient("busy"), 1) == Retry(1, 2, "busy")
    assert await delivered(PeerAway("away"), 3) == Retry(30, 4, "away")


async def test_a_peer_that_names_its_time_is_given_it() -> None:
    assert await delivered(Transient("near-line", after=20), 1) == Retry(30, 2, "near-line")


async def test_the_last_attempt_parks() -> None:
    assert await delivered(Transient("busy"), 5) == Park("gave up after 5 attempts: busy")


async def test_postponing_never_counts() -> None:
    assert await delivered(Postponed("stopped", after=4), 5) == Retry(5, 5, "stopped")


async def test_what_cannot_be_helped_is_parked_with_its_reason() -> None:
    assert await delivered(Permanent("no such PACS")) == Park("no such PACS")


async def test_a_bug_parks_by_its_place_and_not_by_its_text() -> None:
    verdict = await delivered(KeyError("MUSTERMANN^ERIKA"))

    assert isinstance(verdict, Park)
    assert verdict.reason.startswith("a fault in radquarry: KeyError at test_delivery.py:")
    assert "MUSTERMANN" not in verdict.reason


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_parked_and_raise_nothing(body: bytes) -> None:
    verdict = asyncio.run(delivered(None, body=body))

    assert isinstance(verdict, Park)


@given(st.text(min_size=6).filter(lambda text: text not in "the message does not fit its type: crawl_id"))
def test_an_unreadable_field_is_named_and_not_quoted(text: str) -> None:
    body = CancelCrawl.model_construct(**{**MESSAGE.model_dump(), "crawl_id": text}).model_dump_json(warnings=False)

    with structlog.testing.capture_logs() as logs:
        verdict = asyncio.run(delivered(None, body=body.encode("utf-8", "surrogatepass")))

    assert verdict == Park("the message does not fit its type: crawl_id")
    assert text not in str([line["reason"] for line in logs])


@pytest.mark.parametrize("failure", [Transient("busy"), Permanent("no"), KeyError("MUSTERMANN^ERIKA")])
async def test_a_broadcast_is_over_whatever_its_listener_raises(failure: Exception) -> None:
    async def listen(_: CancelCrawl) -> None:
        raise failure

    with structlog.testing.capture_logs() as logs:
        await hear(listen, CancelCrawl, BODY)
        await hear(listen, CancelCrawl, b"{}")

    assert [line["event"] for line in logs] == ["a broadcast went unheard"] * 2
    assert "MUSTERMANN" not in str(logs)


@pytest.mark.parametrize("failure", [PeerAway("away"), KeyError("MUSTERMANN^ERIKA")])
async def test_a_parked_message_is_handed_over_until_it_is_taken(failure: Exception) -> None:
    parked = Parked("finder", "crawl.cancel", BODY, "a reason", 1, datetime.now(UTC))
    failures, kept = [failure], []

    async def keep(offered: Parked) -> None:
        if failures:
            raise failures.pop()
        kept.append(offered)

    with structlog.testing.capture_logs() as logs:
        await hand_over(keep, parked)

    assert kept == [parked]
    assert "MUSTERMANN" not in str(logs)


async def test_a_handler_that_waited_for_something_cancelled_ends_no_worker() -> None:
    async def handler(_: CancelCrawl) -> None:
        raise asyncio.CancelledError

    verdict = await deliver(handler, CancelCrawl, BODY, 1, WAITS)

    assert isinstance(verdict, Retry)
    assert (verdict.attempt, verdict.wait) == (2, 1)


async def test_a_worker_that_is_cancelled_is_cancelled() -> None:
    begun = asyncio.Event()

    async def handler(_: CancelCrawl) -> None:
        begun.set()
        await asyncio.Event().wait()

    work = asyncio.create_task(deliver(handler, CancelCrawl, BODY, 1, WAITS))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
