"""Day by day: the complete listing of each, its columns, and a word where something is missing."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, Protocol

from radquarry.errors import Permanent, Transient
from radquarry.finder.pacs import Pacs
from radquarry.messages import Study
from radquarry.standalone.oneshot.fields import cells_of, place_of, unlisted
from radquarry.standalone.oneshot.further import Further
from radquarry.standalone.oneshot.notebook import Entry, Notebook, Problem

WAITS = (1.0, 3.0, 10.0, 30.0)
"""Seconds before a PACS that has answered before, and is away, is asked again."""


@dataclass(frozen=True)
class Wanted:
    """The days from `first` to `last`, in one or several modalities (none: any), a line per `level`."""

    first: date
    last: date
    fields: tuple[str, ...]
    modalities: tuple[str, ...] = ()
    level: Literal["PATIENT", "STUDY"] = "STUDY"

    def days(self) -> Iterator[date]:
        """Every day, the first one first."""
        return (self.first + timedelta(days=ahead) for ahead in range((self.last - self.first).days + 1))


class Counted(Protocol):
    """Who shows how far it is."""

    def step(self, found: int) -> None:
        """One more day is done, and so many lines are new."""


@dataclass
class Gathering:
    """What a day gave so far."""

    studies: dict[str, tuple[Study, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Days:
    """One find; `ended` says why no further day is asked for."""

    def __init__(self, pacs: Pacs, wanted: Wanted, notebook: Notebook) -> None:
        self._pacs = pacs
        self._wanted = wanted
        self._notebook = notebook
        self._further_fields = unlisted(wanted.fields)
        self._further = Further(pacs, wanted.level, self._further_fields)
        self._has_answered = False
        self._unasked: list[date] = []
        self.ended = ""

    async def find(self, width: int, counted: Counted) -> list[Problem]:
        """Ask for every day that the notebook does not have, `width` at a time; what is missing in the end."""
        done = self._notebook.whole_days()
        waiting = (day for day in self._wanted.days() if day not in done)
        async with asyncio.TaskGroup() as workers:
            for _ in range(width):
                workers.create_task(self._work(waiting, counted))
        asked = [problem for problem in self._notebook.problems() if problem.day not in set(self._unasked)]
        return sorted((*asked, *self._not_asked()), key=lambda problem: (problem.day, problem.begin))

    async def _work(self, waiting: Iterator[date], counted: Counted) -> None:
        for day in waiting:
            if self.ended:
                self._unasked.append(day)
                continue
            try:
                gathered = await self._patiently(day)
                entries = await self._entries(gathered, day)
            except (Transient, Permanent) as error:
                self.ended = str(error)
                self._unasked.append(day)
                continue
            counted.step(self._notebook.note(day, entries, gathered.problems))

    async def _patiently(self, day: date) -> Gathering:
        """A PACS that was there comes back; one that never answered need not be waited for."""
        for wait in WAITS:
            try:
                return await self._listed(day)
            except Transient as error:
                if not self._has_answered or self.ended:
                    raise
                await asyncio.sleep(max(wait, min(error.after, WAITS[-1])))
        return await self._listed(day)

    async def _listed(self, day: date) -> Gathering:
        gathered = Gathering()
        for modality in self._wanted.modalities or ("",):
            listed = await self._pacs.studies(day, modality)
            self._has_answered = True
            gathered.problems += [Problem(day, gap.reason, gap.begin, gap.end) for gap in listed.gaps]
            for study in await self._of_modality(listed.studies, modality, gathered, day):
                gathered.studies.setdefault(study.study_instance_uid, (study, modality))
        return gathered

    async def _of_modality(
        self, studies: Sequence[Study], modality: str, gathered: Gathering, day: date
    ) -> Sequence[Study]:
        """A PACS without ModalitiesInStudy gives all studies of the day: their series tell."""
        unclear = [study for study in studies if modality and not study.modalities_in_study]
        if not unclear:
            return studies
        found = await self._pacs.with_series(unclear)
        gathered.problems += [Problem(day, gap.reason, gap.begin, gap.end) for gap in found.gaps]
        clear = [study for study in studies if study.modalities_in_study]
        return [*clear, *(study for study in found.studies if modality in study.modalities_in_study)]

    async def _entries(self, gathered: Gathering, day: date) -> list[Entry]:
        fields, level = self._wanted.fields, self._wanted.level
        made: dict[str, tuple[str, dict[str, str]]] = {}
        for study, modality in sorted(gathered.studies.values(), key=lambda found: place_of(found[0])):
            name = study.study_instance_uid if level == "STUDY" else study.patient_id or f"\0{study.study_instance_uid}"
            made.setdefault(name, (place_of(study), cells_of(study, fields, level, modality)))
        if self._further_fields:
            asked = [name for name in made if not name.startswith("\0")]
            answered = await self._further.of(asked)
            if missing := len(made) - len(answered):
                gathered.problems.append(Problem(day, self._why_missing(missing)))
            for name, values in answered.items():
                made[name][1].update({keyword: values[keyword] for keyword in self._further_fields})
        return [
            Entry(name, place, tuple(cells.get(keyword, "") for keyword in fields))
            for name, (place, cells) in made.items()
        ]

    def _why_missing(self, count: int) -> str:
        names = ", ".join(self._further_fields)
        rows = "patients" if self._wanted.level == "PATIENT" else "studies"
        why = self._further.refusal or "the PACS does not answer for them when they are asked for one by one"
        return f"{count} {rows} without {names}: {why}"

    def _not_asked(self) -> list[Problem]:
        """Days that follow each other as one."""
        runs: list[list[date]] = []
        for day in sorted(self._unasked):
            if runs and day - runs[-1][-1] == timedelta(days=1):
                runs[-1].append(day)
            else:
                runs.append([day])
        return [Problem(run[0], f"not asked for: {self.ended}", until=run[-1]) for run in runs]
