"""The one place that decides what becomes of a message. Adapters only carry the verdict out."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog
from pydantic import ValidationError
from structlog.typing import FilteringBoundLogger

from radquarry.bus.port import Parked
from radquarry.errors import Permanent, Postponed, Transient
from radquarry.messages import Message

log = structlog.get_logger(__name__)

WAITS_FOR_A_KEEPER = (0.1, 1.0, 5.0, 30.0)


@dataclass(frozen=True)
class Waits:
    """The growing waits between attempts, in seconds; the last one repeats until `attempts` are used up.

    The default tries for about a day: a PACS that is away for a night costs nothing.
    """

    steps: tuple[float, ...] = (1, 5, 30, 120, 600, 1800, 3600)
    attempts: int = 30

    def __post_init__(self) -> None:
        """Refuse steps that do not grow: a delay queue is found by the first step that is long enough."""
        if not self.steps or any(later <= earlier for earlier, later in pairwise(self.steps)):
            raise ValueError("the waits between attempts must grow")

    def before(self, attempt: int, at_least: float = 0.0) -> float:
        """Seconds to wait before `attempt` (2 is the first retry): a step, the first not below `at_least`."""
        step = self.steps[min(attempt - 2, len(self.steps) - 1)]
        return next((wait for wait in self.steps if wait >= max(step, at_least)), self.steps[-1])


@dataclass(frozen=True)
class Done:
    """The message may be forgotten."""


@dataclass(frozen=True)
class Retry:
    """Deliver it again in `wait` seconds, as attempt number `attempt`."""

    wait: float
    attempt: int
    reason: str


@dataclass(frozen=True)
class Park:
    """Keep it aside with its reason until a person decides."""

    reason: str


Verdict = Done | Retry | Park


async def deliver(
    handler: Callable[[Any], Awaitable[None]],
    message_type: type[Message],
    body: bytes,
    attempt: int,
    waits: Waits,
) -> Verdict:
    """Hand `body` to `handler` and say what becomes of it; raises nothing but cancellation."""
    topic = message_type.topic
    try:
        message = message_type.model_validate_json(body)
    except ValidationError as error:
        reason = _unreadable(error)
        log.error("parked: unreadable", topic=topic, reason=reason)
        return Park(reason)
    try:
        await _handled(handler, message)
    except Postponed as error:
        _about(message, attempt).info("postponed", reason=str(error))
        return Retry(waits.before(2, error.after), attempt, str(error))
    except Transient as error:
        if attempt >= waits.attempts:
            _about(message, attempt).error("parked: gave up", reason=str(error))
            return Park(f"gave up after {attempt} attempts: {error}")
        _about(message, attempt).warning("tried again later", reason=str(error))
        return Retry(waits.before(attempt + 1, error.after), attempt + 1, str(error))
    except Permanent as error:
        _about(message, attempt).error("parked", reason=str(error))
        return Park(str(error))
    except Exception as error:  # noqa: BLE001 - the only broad one: a handler's bug parks its message, not the service
        reason = _bug(error)
        _about(message, attempt).error("parked: the handler has a bug", reason=reason)
        return Park(reason)
    return Done()


def _about(message: Message, attempt: int) -> FilteringBoundLogger:
    """A log that names the message; made only when there is something to say, since most messages are silent."""
    bound: FilteringBoundLogger = log.bind(
        topic=message.topic, id=str(message.id), trail=str(message.trail), attempt=attempt
    )
    return bound


async def _handled(handler: Callable[[Any], Awaitable[None]], message: Message) -> None:
    try:
        await handler(message)
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        # nobody cancelled us: what the handler waited for was, and that must not end the worker in silence
        raise Transient("what the handler waited for was cancelled") from None


async def hear(handler: Callable[[Any], Awaitable[None]], message_type: type[Message], body: bytes) -> None:
    """Hand a broadcast to `handler`; it is over then, whatever became of it."""
    try:
        await _handled(handler, message_type.model_validate_json(body))
    except Exception as error:  # noqa: BLE001 - as in `deliver`
        log.error("a broadcast went unheard", topic=message_type.topic, reason=_reason(error))


async def hand_over(keep: Callable[[Parked], Awaitable[None]], parked: Parked) -> None:
    """Return when `keep` has taken the parked message, however often that fails: it may leave the bus only then."""
    waits = iter(WAITS_FOR_A_KEEPER)
    while True:
        try:
            return await keep(parked)
        except Exception as error:  # noqa: BLE001 - as in `deliver`
            log.error("a parked message stays on the bus", topic=parked.topic, reason=_reason(error))
        await asyncio.sleep(next(waits, WAITS_FOR_A_KEEPER[-1]))


def _reason(error: Exception) -> str:
    match error:
        case ValidationError():
            return _unreadable(error)
        case Transient() | Permanent():
            return str(error)
    return _bug(error)


def _unreadable(error: ValidationError) -> str:
    """Which fields did not fit, without the values: those may be a patient's."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    places = ", ".join(".".join(map(str, fault["loc"])) or "body" for fault in faults[:5])
    return f"the message does not fit its type: {places}"


def _bug(error: Exception) -> str:
    """The error's type and place; its text may hold a patient's data."""
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"a fault in radquarry: {type(error).__name__}{place}"
