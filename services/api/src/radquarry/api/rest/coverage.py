"""`/coverage`: which days are known."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from radquarry.api.coverage import DayState
from radquarry.api.problems import invalid
from radquarry.api.rest.asking import V1, OnDesk, problems

routes = APIRouter(prefix=f"{V1}/coverage", tags=["coverage"])


class Day(BaseModel):
    """One day: `complete`, a `gap` (with reasons), or `unseen`."""

    day: date
    state: DayState
    studies: int
    reasons: tuple[str, ...]


class CoverageAnswer(BaseModel):
    """Every day of the range, both ends included."""

    pacs: str
    start_date: date
    end_date: date
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
    modality: Annotated[str, Query(max_length=16)] = "",
) -> CoverageAnswer:
    """The latest word about each day counts; a day of which only some modalities were asked is a gap."""
    names = desk.archives.names
    if pacs is None and len(names) != 1:
        raise invalid(f"pacs is missing; known: {', '.join(names) or 'none'}.", known=names)
    last = end_date or desk.today()
    first = start_date or max(date(1900, 1, 1), last) - timedelta(days=364)
    view = await desk.coverage.days(names[0] if pacs is None else pacs, first, last, modality)
    return CoverageAnswer.model_validate(vars(view) | {"days": [vars(day) for day in view.days]})
