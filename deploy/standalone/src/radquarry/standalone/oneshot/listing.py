"""Which studies a move is about: as they are named, or as the PACS lists them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from rich.console import Console

from radquarry.dicom.uids import is_uid
from radquarry.errors import Permanent, Postponed, Transient
from radquarry.finder.pacs import Pacs
from radquarry.finder.queries import Model
from radquarry.standalone.oneshot.days import Days, Wanted
from radquarry.standalone.oneshot.notebook import Notebook
from radquarry.standalone.oneshot.progress import Pace, shown
from radquarry.standalone.oneshot.whole_answers import Answer, WholeAnswers

WAITS = (1.0, 3.0, 10.0)
"""Seconds before a PACS that is away is asked again."""


@dataclass
class Listing:
    """Studies, each once, and in words why there may be more; of those in `only` just these instances are wanted."""

    studies: dict[str, None] = field(default_factory=dict)
    only: dict[str, dict[str, None]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, studies: Sequence[str]) -> None:
        """These too; what is no UID is a problem."""
        for study in studies:
            if is_uid(study):
                self.studies.setdefault(study)
                self.only.pop(study, None)
        if strange := sum(not is_uid(study) for study in studies):
            self.problems.append(f"{strange} of the list are no Study Instance UIDs")

    def add_some(self, study: str, instances: Iterable[str]) -> None:
        """These instances of a study too, unless it is wanted whole."""
        if study not in self.studies or study in self.only:
            self.studies.setdefault(study)
            self.only.setdefault(study, {}).update(dict.fromkeys(instances))


@dataclass(frozen=True)
class Place:
    """What a listing needs: where it may keep notes, whom they are about, and where it says how far it is."""

    folder: Path
    address: str
    screen: Console


class Source(Protocol):
    """Where the studies come from."""

    async def listed(self, pacs: Pacs, place: Place) -> Listing:
        """Raises `PacsAway`, `PacsRefuses`, `PacsStopped`, `Permanent`."""


@dataclass(frozen=True)
class Named:
    """Studies by their UIDs; `problems` say what of the list could not be read."""

    studies: tuple[str, ...]
    problems: tuple[str, ...] = ()

    async def listed(self, pacs: Pacs, place: Place) -> Listing:
        """See `Source`."""
        del pacs, place
        listing = Listing(problems=list(self.problems))
        listing.add(self.studies)
        return listing


@dataclass(frozen=True)
class Patients:
    """All studies of some patients."""

    patient_ids: tuple[str, ...]
    problems: tuple[str, ...] = ()

    async def listed(self, pacs: Pacs, place: Place) -> Listing:
        """See `Source`."""
        listing, whole = Listing(problems=list(self.problems)), WholeAnswers(pacs)
        with shown(place.screen, Pace(len(self.patient_ids), 0, 0), "studies", "patients") as counted:
            for number, patient_id in enumerate(self.patient_ids, 1):
                studies = await studies_of(whole, patient_id, partial(_tell, listing, number))
                listing.add(studies)
                counted.step(len(studies))
        return listing


@dataclass(frozen=True)
class ByDays:
    """All studies of the days, in one or several modalities."""

    wanted: Wanted

    async def listed(self, pacs: Pacs, place: Place) -> Listing:
        """See `Source`."""
        wanted = self.wanted
        days = (wanted.first.isoformat(), wanted.last.isoformat())
        question = (place.address, *days, *wanted.modalities)
        with Notebook(place.folder / "days", question) as notebook:
            pace = Pace(sum(1 for _ in wanted.days()), len(notebook.whole_days()), notebook.count())
            with shown(place.screen, pace, "studies", "days") as counted:
                found = await Days(pacs, wanted, notebook).find(1, counted)
            listing = Listing(problems=[str(problem) for problem in found])
            listing.add([cells[0] for cells in notebook.entries()])
        return listing


async def studies_of(whole: WholeAnswers, patient_id: str, tell: Callable[[str], None]) -> list[str]:
    """The UIDs of a patient's studies; `tell` hears why they may not be all. Raises `PacsAway`, `PacsStopped`."""
    if any(letter in patient_id for letter in "*?\\"):
        tell("has an id that stands for several patients: it is not asked for")
        return []
    query = {"QueryRetrieveLevel": "STUDY", "PatientID": patient_id, "StudyInstanceUID": ""}
    try:
        answer = await patiently(whole, query, "study-root")
    except Permanent as refusal:
        tell(str(refusal))
        return []
    for problem in dict.fromkeys(answer.problems):
        tell(problem)
    rows = [row for row in answer.rows.values() if str(row.get("PatientID", "")).strip() in ("", patient_id)]
    if not rows:
        tell("has no studies in this PACS")
    return [str(row.get("StudyInstanceUID", "")) for row in rows]


async def patiently(whole: WholeAnswers, query: Mapping[str, str], model: Model) -> Answer:
    """A PACS that goes away for a moment is asked again; one that is stopped is not."""
    for wait in WAITS:
        try:
            return await whole.of(query, model)
        except Postponed:
            raise
        except Transient as away:
            await asyncio.sleep(max(wait, min(away.after, WAITS[-1])))
    return await whole.of(query, model)


def _tell(listing: Listing, number: int, words: str) -> None:
    listing.problems.append(f"patient {number} of the list: {words}")
