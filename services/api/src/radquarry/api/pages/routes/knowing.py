"""Coverage: the calendar of what is known."""

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from radquarry.api.desk import Desk
from radquarry.api.pages.coverage import CalendarAsked, Choices, coverage_page, shown_years
from radquarry.api.pages.routes.shown import gone_to, shown
from radquarry.api.problems import unknown


class Wanted(BaseModel):
    """Which part of a calendar is shown."""

    year: int | None = Field(None, ge=1, le=9998)
    modality: str = Field("", max_length=16)
    start_date: date | None = None
    end_date: date | None = None


def coverage_routes(desk: Desk) -> APIRouter:
    """`/coverage/{pacs}`, at a range of days, and with one day of it."""
    routes = APIRouter()

    @routes.get("/coverage")
    async def _any() -> RedirectResponse:
        if not desk.archives.names:
            return gone_to("/pacs")
        return gone_to(f"/coverage/{quote(desk.archives.names[0], safe='')}")

    @routes.get("/coverage/{pacs}")
    async def _calendar(request: Request, pacs: str, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
        modality = wanted.modality.strip().upper()
        return await _shown(request, CalendarAsked(pacs, modality, wanted.year, wanted.start_date, wanted.end_date))

    @routes.get("/coverage/{pacs}/{day}")
    async def _day(
        request: Request, pacs: str, day: date, modality: Annotated[str, Query(max_length=16)] = ""
    ) -> HTMLResponse:
        return await _shown(request, CalendarAsked(pacs, modality.strip().upper(), day.year, day=day))

    async def _shown(request: Request, asked: CalendarAsked) -> HTMLResponse:
        if asked.pacs not in desk.archives.names:
            raise unknown("pacs")
        years = shown_years(await desk.coverage.seen(asked.pacs), asked, desk.today())
        view = await desk.coverage.days(asked.pacs, date(years.first, 1, 1), date(years.last, 12, 31), asked.modality)
        return await shown(desk, request, coverage_page(view, await _choices(asked), years, asked, desk.today()))

    async def _choices(asked: CalendarAsked) -> Choices:
        windows = await desk.coverage.windows(asked.pacs, asked.day) if asked.day else ()
        about = (asked.modality,) if asked.modality else ()
        reach = await desk.coverage.reach((asked.pacs,), asked.start_date, asked.end_date, about)
        return Choices(
            names=desk.archives.names,
            modalities=await desk.coverage.modalities(asked.pacs),
            windows=windows,
            reach=reach.pacs[0] if asked.is_range else None,
        )

    return routes
