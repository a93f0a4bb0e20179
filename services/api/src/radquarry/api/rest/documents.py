"""Problem documents (RFC 9457): the one shape of every error."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from radquarry.api.problems import Problem, invalid
from radquarry.errors import PeerAway
from radquarry.index.port import QueryRefused

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class ProblemDocument(BaseModel):
    """What went wrong and what to mend. Further members depend on `type`."""

    model_config = ConfigDict(
        json_schema_extra={
            "additionalProperties": True,
            "examples": [
                {
                    "type": "urn:radquarry:problem:unknown-pacs",
                    "title": "No PACS has this name",
                    "status": 422,
                    "detail": "Did you mean 'main'? Known: main.",
                    "known": ["main"],
                }
            ],
        }
    )

    type: str = Field(description="`urn:radquarry:problem:…`, stable.")
    title: str
    status: int
    detail: str
    position: int | None = Field(None, description="In `q`, where the query cannot be read (0-based).")


def problem_of(error: Exception) -> Problem:
    """What to answer when `error` ended the request."""
    match error:
        case Problem():
            return error
        case QueryRefused():
            return Problem(
                422, "query", "The query cannot be read", str(error), position=error.position, expected=str(error)
            )
        case PeerAway():
            problem = Problem(503, "away", "Not now", f"{error}. Nothing was ordered; try again in a moment.")
            problem.headers = {"Retry-After": str(RETRY_SECONDS)}
            return problem
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException(__cause__=Problem() as cause):  # FastAPI wraps what goes wrong while a body is read
            return cause
        case HTTPException():
            return _of_status(error)
        case _:
            return Problem(500, "fault", "A fault in radquarry", "The log says where. Nothing of it is shown here.")


def answer(problem: Problem) -> JSONResponse:
    """The problem as a response."""
    document = {
        "type": f"urn:radquarry:problem:{problem.kind}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(
        document | jsonable_encoder(problem.extra), problem.status, problem.headers, media_type=MEDIA_TYPE
    )


def _of_validation(error: RequestValidationError) -> Problem:
    """Which fields do not fit and why, without their values."""
    faults = error.errors()
    places = [_place(fault["loc"]) for fault in faults]
    if faults and all(fault["loc"][:1] == ("path",) for fault in faults):
        return Problem(404, "unknown", "No such thing", "Nothing has this id.")
    errors = [{"at": place, "why": fault["msg"]} for place, fault in zip(places, faults, strict=True)][:20]
    return invalid("; ".join(f"{each['at']}: {each['why']}" for each in errors[:5]), errors=errors)


def _place(loc: Sequence[Any]) -> str:
    return ".".join(str(part) for part in loc)[:200]


def _of_status(error: HTTPException) -> Problem:
    title = HTTPStatus(error.status_code).phrase
    detail = {
        404: "There is nothing at this address.",
        405: f"This address takes {', '.join(_allowed(error.headers)) or 'another method'}.",
    }.get(error.status_code, "The request cannot be read." if error.status_code < 500 else title)
    problem = Problem(error.status_code, title.lower().replace(" ", "-"), title, detail)
    problem.headers = dict(error.headers or {})
    return problem


def _allowed(headers: Mapping[str, str] | None) -> list[str]:
    return [method.strip() for method in (headers or {}).get("Allow", "").split(",") if method.strip()]
