"""A destination that breaks off at a file: the others go on; that one goes last, alone, with attempts of its own."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

from radquarry.exporter.ways.port import Answer, DestinationAway, Staged

MOST_BROKEN_OFF = 5
"""In a row, with nothing answered for between them: then it is not these files' fault."""
BROKE_OFF = "the destination broke off at this file: "
About = TypeVar("About")


async def around_breaks(
    loads: Sequence[tuple[Staged, About]],
    conversation: Callable[[Sequence[tuple[Staged, About]]], AsyncGenerator[Answer, None]],
    *,
    by_itself: bool = False,
) -> AsyncGenerator[Answer, None]:
    """The answers of as many conversations as it takes.

    One answers for its files in their order, to their end or to the one at which the destination breaks off. With
    `by_itself` the file after that one is tried alone first: where it costs much to find at which it was.
    Raises `DestinationAway` where it breaks off at every file.
    """
    waiting = [load for load in loads if not load[0].broke_off]
    alone = [load for load in loads if load[0].broke_off]
    in_a_row, words = 0, ""
    while waiting:
        done = 0
        async with aclosing(conversation(waiting[:1] if by_itself and in_a_row else waiting)) as answering:
            async for answer in answering:
                yield answer
                if answer.broke_off:
                    words = answer.problem.removeprefix(BROKE_OFF)
                    alone.append(waiting[done])
                in_a_row = in_a_row + 1 if answer.broke_off else 0
                done += 1
        waiting = waiting[done:]
        if in_a_row == MOST_BROKEN_OFF:
            raise DestinationAway(f"the destination breaks off at every file: {words}")
    for load in alone:
        async with aclosing(conversation([load])) as answering:
            async for answer in answering:
                yield answer


def broke_off(file: Staged, words: str) -> Answer:
    """At this very file; what it said, or what happened, in words."""
    return Answer(file, "later", f"{BROKE_OFF}{words}", broke_off=True)
