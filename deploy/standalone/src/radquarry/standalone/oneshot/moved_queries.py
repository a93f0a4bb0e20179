"""pacs n pull's queries as the list of a move: what each answers is fetched, and a table says what became of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from radquarry.errors import Permanent
from radquarry.finder.pacs import Pacs
from radquarry.messages import RetrievalProgressed
from radquarry.standalone.foreign.pacsnpull import Query
from radquarry.standalone.oneshot.listing import Listing, Place, patiently, studies_of
from radquarry.standalone.oneshot.moved_parts import Parts, PartsAsked
from radquarry.standalone.oneshot.progress import Pace, shown
from radquarry.standalone.oneshot.table_file import write_table
from radquarry.standalone.oneshot.whole_answers import WholeAnswers

STATUS_FIELDS = ("query", "line", "level", "status", "studies", "expected", "received", "problem")
TOLD = 3


@dataclass
class Answered:
    """What one query gave: its studies, or parts of them, and why there may be more."""

    query: Query
    studies: dict[str, None] = field(default_factory=dict)
    parts: Parts = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class MovedQueries:
    """After each `often` queries there is a pause."""

    def __init__(self, queries: tuple[Query, ...], status: Path, often: int, pause_seconds: float) -> None:
        self._queries = queries
        self._status = status
        self._often = often
        self._pause_seconds = pause_seconds
        self._answered: list[Answered] = []

    async def listed(self, pacs: Pacs, place: Place) -> Listing:
        """See `Source`."""
        listing, whole = Listing(), WholeAnswers(pacs)
        with shown(place.screen, Pace(len(self._queries), 0, 0), "studies", "queries") as counted:
            for number, query in enumerate(self._queries):
                if self._often and number and number % self._often == 0:
                    await asyncio.sleep(self._pause_seconds)
                answered = await self._ask(query, whole)
                self._answered.append(answered)
                listing.add(list(answered.studies))
                for study, instances in answered.parts.items():
                    listing.add_some(study, instances)
                listing.problems += [f"query {query.number}: {problem}" for problem in answered.problems]
                counted.step(len(answered.studies) + len(answered.parts))
        return listing

    async def _ask(self, query: Query, whole: WholeAnswers) -> Answered:
        answered = Answered(query)
        if query.level in ("SERIES", "IMAGE"):
            answered.parts = await PartsAsked(whole, query.keys, answered.problems.append).parts()
            answered.problems = list(dict.fromkeys(answered.problems))
            return answered
        wanted = "StudyInstanceUID" if query.level == "STUDY" else "PatientID"
        keys = {wanted: "", **query.keys}
        try:
            answer = await patiently(whole, keys, "study-root" if query.level == "STUDY" else "patient-root")
        except Permanent as refusal:
            answered.problems.append(str(refusal))
            return answered
        answered.problems += dict.fromkeys(answer.problems)
        values = [str(row.get(wanted, "")).strip() for row in answer.rows.values()]
        if query.level == "STUDY":
            answered.studies |= dict.fromkeys(values)
            return answered
        for patient_id in dict.fromkeys(values):
            if patient_id:
                answered.studies |= dict.fromkeys(await studies_of(whole, patient_id, answered.problems.append))
            else:
                answered.problems.append("a patient without an id cannot be asked for")
        return answered

    async def write_status(self, ends: Mapping[str, RetrievalProgressed], screen: Console) -> int:
        """What became of each query; 0, since the move itself says what is missing."""
        del screen
        lines = [_line(answered, ends) for answered in self._answered]
        write_table(self._status, STATUS_FIELDS, lines)
        return 0


def _own(answered: Answered, study: str, count: int) -> int:
    """Of what counts for the whole move, what this query asked for: others may want more of the same study."""
    return min(count, len(answered.parts[study])) if study in answered.parts else count


def _line(answered: Answered, ends: Mapping[str, RetrievalProgressed]) -> tuple[str, ...]:
    mine = [ends[study] for study in (*answered.studies, *answered.parts) if study in ends]
    bad = [f"{end.study_instance_uid}: {end.problem}" for end in mine if end.state != "complete"]
    problems = [*answered.problems, *bad[:TOLD]]
    query = answered.query
    return (
        *(str(query.number), str(query.line), query.level, "incomplete" if problems else "complete"),
        str(len(answered.studies) + len(answered.parts)),
        str(sum(_own(answered, end.study_instance_uid, end.expected or 0) for end in mine)),
        str(sum(_own(answered, end.study_instance_uid, end.received) for end in mine)),
        "; ".join(problems),
    )
