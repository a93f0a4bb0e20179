"""Whether the servers we need answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from sqlalchemy import text

from radquarry.bus.port import Bus
from radquarry.errors import PeerAway
from radquarry.index.port import Index
from radquarry.state.store import State

ANSWER_SECONDS = 3.0
Probe = Callable[[], Awaitable[object]]


def probes(bus: Bus, state: State, index: Index) -> Mapping[str, Probe]:
    """One question for each."""
    return {"bus": bus.depths, "state": partial(_ask, state), "index": index.count}


async def readiness(asked: Mapping[str, Probe]) -> dict[str, str]:
    """Name → `ok`, or what is wrong with it; all at once, within three seconds."""
    answers = await asyncio.gather(*(_answer(probe) for probe in asked.values()))
    return dict(zip(asked, answers, strict=True))


async def _answer(probe: Probe) -> str:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await probe()
    except PeerAway as error:
        return str(error)
    except TimeoutError:
        return f"does not answer within {ANSWER_SECONDS:.0f} s"
    return "ok"


async def _ask(state: State) -> None:
    async with state.reading() as connection:
        await connection.execute(text("SELECT 1"))
