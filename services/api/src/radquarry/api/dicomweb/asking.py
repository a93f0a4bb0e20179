"""What a request names: the place in the archive by its path, and the forms of answer by its Accept header."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from radquarry.api.problems import unknown

MOST_FRAMES = 10_000
_FRAMES = re.compile(r"[0-9]{1,7}(,[0-9]{1,7})*")


@dataclass(frozen=True)
class Place:
    """UIDs as they were given, empty where none is named; `frames` are 0-based; `bulk` is the way to a value."""

    study: str = ""
    series: str = ""
    sop: str = ""
    frames: tuple[int, ...] = ()
    bulk: str = ""


async def place_of(request: Request) -> Place:
    """Raises the problem to show where it cannot be one."""
    named = dict(request.path_params)
    frames = named.pop("frames", "")
    if frames and (not _FRAMES.fullmatch(frames) or frames.count(",") >= MOST_FRAMES):
        raise unknown("frame")
    return Place(**named, frames=tuple(int(number) - 1 for number in frames.split(",") if number))


async def accept_of(request: Request) -> str:
    """The Accept header, or the query parameter in its place (PS3.18 section 8.3.3.1)."""
    return request.query_params.get("accept") or request.headers.get("accept", "")


At = Annotated[Place, Depends(place_of)]
Accept = Annotated[str, Depends(accept_of)]
