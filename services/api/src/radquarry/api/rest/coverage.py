"""`/coverage`: which days are known."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.coverage import DayState, When
from radquarry.api.problems import invalid
from radquarry.api.rest.asking import V1, OnDesk, problems

routes = APIRouter(prefix=f"{V1}/coverage", tags=["coverage"])

EXAMPLE: dict[str, Any] = {
    "pacs": "main",
    "start_date": "2024-03-04",
    "end_date": "2024-03-05",
    "modality": "",
    "complete": 1,
    "gaps": 1,
    "unseen": 0,
    "studies": 412,
    "days": [
        {
            "day": "2024-03-04",
            "state": "gap",
            "studies": 200,
            "reasons": ["CT: the PACS cut its answer even within one second"],
            "modalities": {"CT": "gap", "MR": "complete"},
            "others": "complete",
            "when": "past",
        },
        {
            "day": "2024-03-05",
            "state": "complete",
            "studies": 212,
            "reasons": [],
            "modalities": {},
            "others": "complete",
            "when": "past",
        },
    ],
}


class Day(BaseModel):
    """One day: `complete`, a `gap` (with reasons), or `unseen`.

    Every modality is `complete`, a `gap`, or `unseen`: the ones in `modalities` were asked for by themselves.
    """

    day: date
    state: DayState
    studies: int
    reasons: tuple[str, ...]
    modalities: dict[str, DayState] = Field(description="Those that were asked for by themselves.")
    others: DayState = Field(description="Every modality that is not in `modalities`.")
    when: When = Field(description="`today` and `future` may still grow.")


class CoverageAnswer(BaseModel):
    """Every day of the range, both ends included; with `modality`, states are of that one."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    pacs: str
    start_date: date
    end_date: date
    modality: str
    complete: int
    gaps: int
    unseen: int
    studies: int
    days: tuple[Day, ...]


@routes.get("", responses=problems(), summary="Which days are known")
async def get_coverage(
    desk: OnDesk,
    *,
    pacs: Annotated[str | None, Query(max_length=64, description="May be left out where there is only one.")] = None,
    start_date: Annotated[date | None, Query(description="A year before the end where it is left out.")] = None,
    end_date: Annotated[date | None, Query(description="Today where it is left out.")] = None,
    modality: Annotated[str, Query(max_length=16, examples=["CT"])] = "",
) -> CoverageAnswer:
    """The latest word about each day counts; a day of which only some modalities were asked is a gap."""
    names = desk.archives.names
    if pacs is None and len(names) != 1:
        raise invalid(f"pacs is missing; known: {', '.join(names) or 'none'}.", known=names)
    last = end_date or desk.today()
    first = start_date or max(date(1900, 1, 1), last) - timedelta(days=364)
    wanted = modality.strip().upper()
    view = await desk.coverage.days(names[0] if pacs is None else pacs, first, last, wanted)
    days = [vars(day) | {"modalities": dict(day.modalities)} for day in view.days]
    return CoverageAnswer.model_validate(vars(view) | {"days": days})
