"""Language, theme, and notices that were dismissed: kept in cookies, nothing else is."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from radquarry.api.pages.routes.shown import gone_to
from radquarry.api.pages.visit import DISMISSED_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, local, visit
from radquarry.api.pages.wording import LANGUAGES

YEAR = 365 * 24 * 3600
MOST_DISMISSED = 40


def preferences_routes() -> APIRouter:
    """One form's address for all of them."""
    routes = APIRouter()

    @routes.post("/preferences")
    async def _keep(
        request: Request,
        here: Annotated[str, Form()] = "/",
        language: Annotated[str, Form()] = "",
        theme: Annotated[str, Form()] = "",
        dismiss: Annotated[str, Form(max_length=600, pattern="^[0-9a-f.]*$")] = "",
    ) -> RedirectResponse:
        answer = gone_to(local(here))
        if language in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR, httponly=True, samesite="lax")
        if theme in THEMES:
            answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR, httponly=True, samesite="lax")
        if dismiss:
            earlier = sorted(visit(request).dismissed - {"", *dismiss.split(".")})
            marks = ".".join([*earlier[:MOST_DISMISSED], dismiss])
            answer.set_cookie(DISMISSED_COOKIE, marks, httponly=True, samesite="lax")
        return answer

    return routes
