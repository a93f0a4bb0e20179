"""A PACS's profile: a sample of its studies, and some sixty small questions about it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.finder.lines import Line
from radquarry.finder.probing import keys, limits, services
from radquarry.finder.probing.questions import Asking, OutOfTimeError
from radquarry.finder.probing.samples import Sample, sample, studies
from radquarry.finder.probing.services import Access
from radquarry.finder.queries import Model
from radquarry.messages.profiles import PacsProfile, QueryLevel

MOST_SECONDS = 120.0
"""For all questions together; what was not asked by then stays unknown."""
LOOK_SECONDS = 45.0
"""For each look at what it takes at its door."""
TURN_SECONDS = 60.0
"""The probing is the next to get an association; when none is free by then, it is tried again later."""
MODELS: tuple[Model, ...] = ("patient-root", "study-root")


@dataclass
class Findings:
    """What is known so far."""

    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def profile(self) -> PacsProfile:
        """What came of it, as of now."""
        return PacsProfile(probed_at=datetime.now(UTC), notes=tuple(self.notes), **self.fields)


async def probe(access: Access, charset: str, today: date | None = None) -> PacsProfile:
    """Find out what a PACS can do, within its budget of traffic; `charset` is assumed where an answer names none.

    What could not be told is None or empty, with a note. Without a bus or tables of our own, as a command needs it:

        async with open_state(url) as state, opened_archives(settings, state) as (archives, load):
            profile = await archives["main"].probe()

    Raises `PacsAway`, `PacsRefuses` or `PacsStopped` when nothing can be asked at all, `LinesBusy` when it may later.
    """
    found = Findings()
    day = today or datetime.now(UTC).date()

    async def visit(line: Line) -> None:
        await _ask_all(found, charset, day, line)
        await _or_note(found, "associations at the same time", partial(_count_associations, access, line, found))

    await access.lines.use(visit, TURN_SECONDS)
    await _or_note(found, "services and objects", partial(_look_at_door, access, found))
    return found.profile()


async def _ask_all(found: Findings, charset: str, today: date, line: Line) -> None:
    asking = Asking(line, charset, time.monotonic() + MOST_SECONDS)
    try:
        some = await sample(asking, today)
        if some is None:
            found.notes.append("no study was found to try questions on")
            return
        await _ask_about(asking, some, found)
    except OutOfTimeError:
        found.notes.append(f"not everything was asked: the time for it, {MOST_SECONDS:.0f} s, was over")
    finally:
        found.fields["milliseconds"] = asking.milliseconds


async def _ask_about(asking: Asking, some: Sample, found: Findings) -> None:
    if some.day is None:
        found.notes.append("studies are only told of a patient that is named: crawls by date find nothing here")
    found.fields["charset"] = keys.charset(some)
    if found.fields["charset"] is None:
        found.notes.append("answers name different character sets")
    found.fields["date_ranges"] = await keys.date_ranges(asking, some)
    found.fields["time_ranges"] = await keys.time_ranges(asking, some)
    found.fields["keys"] = await keys.key_support(asking, some)
    working = await keys.wildcards(asking, some)
    found.fields["wildcards"] = working or ""
    if working is None:
        found.notes.append("wildcards could not be tried: no study has a number or a name that is long enough")
    found.fields["models"] = tuple([model for model in MODELS if await _answers_in(asking, some, model)])
    found.fields["levels"] = tuple(await _levels(asking, some))
    await _look_for_limit(asking, some, found)


async def _look_for_limit(asking: Asking, some: Sample, found: Findings) -> None:
    if some.day and not found.fields["date_ranges"]:
        found.notes.append("the answer limit could not be looked for: ranges of dates do not work")
        return
    widenings = limits.around(some.day) if some.day else limits.of_patients(some.row.first("PatientID"))
    limit = await limits.answer_limit(asking, widenings)
    found.fields |= {"find_limit": limit.most, "longest_answer": limit.longest}
    if limit.note:
        found.notes.append(limit.note)


async def _answers_in(asking: Asking, some: Sample, model: Model) -> bool:
    """In a model, a question with every unique key of that model above the study, and the study's own."""
    unique = {"StudyInstanceUID": some.row.first("StudyInstanceUID")} | (some.patient if model == MODELS[0] else {})
    return bool((await asking.ask(studies(**unique), model=model)).rows)


async def _levels(asking: Asking, some: Sample) -> list[QueryLevel]:
    """From the patient down to the image, each below what the level above gave."""
    found: list[QueryLevel] = []
    if some.patient["PatientID"]:
        patients = await asking.ask(some.patient, level="PATIENT", model="patient-root")
        found += ["PATIENT"] if patients.rows else []
    found.append("STUDY")
    unique = {"StudyInstanceUID": some.row.first("StudyInstanceUID")}
    unique |= some.patient if asking.model == "patient-root" else {}
    series = await asking.ask({**unique, "SeriesInstanceUID": ""}, level="SERIES")
    if not series.rows:
        return found
    found.append("SERIES")
    unique["SeriesInstanceUID"] = series.rows[0].first("SeriesInstanceUID")
    images = await asking.ask({**unique, "SOPInstanceUID": ""}, level="IMAGE")
    return [*found, "IMAGE"] if images.rows else found


async def _look_at_door(access: Access, found: Findings) -> None:
    door = await services.door(access)
    found.fields |= {"c_get": door.c_get, "c_move": door.c_move, "storage_contexts": door.storage_contexts}


async def _count_associations(access: Access, line: Line, found: Findings) -> None:
    together = await services.associations_at_once(access, line)
    found.fields |= {"associations": together.open, "associations_tried": together.tried}
    if together.tried < min(access.width, services.MOST_ASSOCIATIONS) and together.open == together.tried:
        found.notes.append("other work held associations meanwhile: not all that are allowed were tried")


async def _or_note(found: Findings, what: str, look: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await look()
    except (PacsAway, PacsRefuses) as error:
        found.notes.append(f"{what} could not be told: {error}")
    except TimeoutError:
        found.notes.append(f"{what} could not be told within {LOOK_SECONDS:.0f} s")
