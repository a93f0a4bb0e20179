"""The form for the limits of a PACS, as it was typed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from radquarry.api.archive_views import ArchiveView
from radquarry.api.pages.week import HourCell, cells, painted
from radquarry.api.rest.pacs_shapes import MOST_HOLIDAYS, LoadRequest
from radquarry.configuration.sections import MOST_ASSOCIATIONS
from radquarry.configuration.week import WeekWindows
from radquarry.messages import LoadLimits


class LoadForm(BaseModel):
    """What the browser sends; `hours` are those that are ticked, from 0 (Monday 00:00) to 167.

    `windows` are the same hours to the minute, as lines of the configuration.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    associations: str = Field("", max_length=20)
    requests_per_hour: str = Field("", max_length=20)
    studies_per_hour: str = Field("", max_length=20)
    hours: list[int] = Field([], max_length=7 * 24)
    windows: str = Field("", max_length=20_000)
    holidays: str = Field("", max_length=20_000)


@dataclass(frozen=True)
class LoadFields:
    """The fields as they are shown; `problem` is the key of the sentence that says what does not fit."""

    associations: str
    requests_per_hour: str
    studies_per_hour: str
    holidays: str
    windows: str
    week: tuple[HourCell, ...]
    problem: str = ""


class Unfit(Exception):  # noqa: N818 - a slip of the pen, told beside the form
    """Something typed does not fit; `problem` is the key of the sentence."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def fields_of(view: ArchiveView) -> LoadFields:
    """The limits in force."""
    limits = view.load.limits
    return LoadFields(
        associations=str(limits.associations),
        requests_per_hour=str(limits.requests_per_hour or ""),
        studies_per_hour=str(limits.studies_per_hour or ""),
        holidays="\n".join(day.isoformat() for day in limits.holidays),
        windows="\n".join(limits.windows.lines),
        week=cells(limits.windows),
    )


def typed(form: LoadForm, view: ArchiveView, problem: str) -> LoadFields:
    """The form again, with what does not fit."""
    return LoadFields(
        associations=form.associations,
        requests_per_hour=form.requests_per_hour,
        studies_per_hour=form.studies_per_hour,
        holidays=form.holidays,
        windows=form.windows,
        week=cells(view.load.limits.windows, set(form.hours)),
        problem=problem,
    )


def limits_of(form: LoadForm, view: ArchiveView) -> LoadLimits:
    """What was typed, as limits. Raises `Unfit`."""
    associations = _number(form.associations, "pacs.unfit_associations")
    if associations is None or associations > MOST_ASSOCIATIONS:
        raise Unfit("pacs.unfit_associations")
    fields = {
        "associations": associations,
        "requests_per_hour": _number(form.requests_per_hour, "pacs.unfit_number"),
        "studies_per_hour": _number(form.studies_per_hour, "pacs.unfit_number"),
        "windows": _windows(form, view.load.limits.windows).lines,
        "holidays": tuple(_days(form.holidays)),
    }
    try:
        return LoadRequest.model_validate(fields).limits()
    except ValidationError:
        raise Unfit("pacs.unfit_many") from None


def _windows(form: LoadForm, held: WeekWindows) -> WeekWindows:
    """What was written where that was changed, else what was painted."""
    try:
        by_hand = painted(held, {hour for hour in form.hours if 0 <= hour < 7 * 24})
    except ValueError:
        raise Unfit("pacs.unfit_hours") from None
    written = tuple(filter(None, (line.strip() for line in re.split(r"[\n,;]+", form.windows))))
    if written == held.lines:
        return by_hand
    if by_hand is not held:
        raise Unfit("pacs.unfit_both")
    try:
        return WeekWindows(written)
    except ValueError:
        raise Unfit("pacs.unfit_windows") from None


def _number(text: str, problem: str) -> int | None:
    """A whole number above zero, with spaces or apostrophes between its groups; None where nothing is written."""
    digits = re.sub(r"[\s'’\u202f]", "", text)
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", digits) or int(digits) == 0:
        raise Unfit(problem)
    return int(digits)


def _days(text: str) -> Iterator[date]:
    """Dates as 2025-12-25 or 25.12.2025, apart by spaces, commas or lines."""
    words = re.split(r"[\s,;]+", text.strip())
    if len(words) > MOST_HOLIDAYS:
        raise Unfit("pacs.unfit_holidays")
    for word in filter(None, words):
        found = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", word)
        try:
            yield date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(word)
        except ValueError:
            raise Unfit("pacs.unfit_holidays") from None
