"""What a step has put at a destination is told, though the delivery is cancelled while it works."""

import asyncio
import threading

import pytest

from radquarry.exporter.ways.told_steps import to_its_word


async def test_who_is_cancelled_meanwhile_hears_what_the_step_came_to() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def step() -> str:
        begun.set()
        assert go_on.wait(30)
        return "it lies there"

    task = asyncio.create_task(to_its_word(step))
    assert await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)

    assert await task == ("it lies there", True)


async def test_who_is_not_cancelled_hears_it_too() -> None:
    assert await to_its_word(lambda: 1) == (1, False)


async def test_who_is_cancelled_while_the_step_fails_stays_cancelled() -> None:
    begun, stopped = threading.Event(), threading.Event()

    def step() -> None:
        begun.set()
        assert stopped.wait(30)
        raise OSError("nothing lies there")

    task = asyncio.create_task(to_its_word(step, stopped.set))
    assert await asyncio.to_thread(begun.wait, 30)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
