"""Whole answers to questions as people write them, from a PACS that may give only some rows and not say so.

An answer that is not known to be whole is asked for again in halves of its days, down to one; of a day that is still
not, all studies are listed as a crawl lists them, and asked for one by one. What has no days is believed, unless the
PACS says otherwise or gives as many rows as it is known to give at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from radquarry.finder.answers import Answered, AnswerRow
from radquarry.finder.pacs import Pacs
from radquarry.finder.queries import Model
from radquarry.standalone.foreign.clock import day_of

MOST_QUERIES = 5000
FEW = 5
"""Shorter answers are believed: hardly an archive has so low a limit, and most questions have such an answer."""
EARLIEST = date(1970, 1, 1)
"""Where a range of days without a begin is cut into halves; what is older stays in the first."""
UNIQUE = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}


@dataclass
class Answer:
    """Rows by the key that tells them apart; `problems` say why they may not be all."""

    rows: dict[str, AnswerRow] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    queries: int = 0


class WholeAnswers:
    """What is learnt of the PACS's limit holds for all questions that are asked through this."""

    def __init__(self, pacs: Pacs) -> None:
        self._pacs = pacs
        self._longest = 0
        self._limit: int | None = None

    async def of(self, query: Mapping[str, str], model: Model) -> Answer:
        """Raises `QueryRefused`, `PacsAway`, `PacsRefuses`, `PacsStopped`."""
        answer = Answer()
        await self._gather({UNIQUE[query["QueryRetrieveLevel"]]: "", **query}, model, answer)
        return answer

    async def _gather(self, query: Mapping[str, str], model: Model, answer: Answer) -> None:
        answered = await self._ask(query, model, answer)
        if not answered.cut and self._is_whole(answered.received):
            return
        before, days = len(answer.rows), query.get("StudyDate", "")
        halves = _halves(days)
        if answer.queries > MOST_QUERIES:
            answer.problems.append(f"it would take more than {MOST_QUERIES} queries")
        elif halves is not None:
            for half in halves:
                await self._gather({**query, "StudyDate": half}, model, answer)
        elif (day := _one_day(days)) and query["QueryRetrieveLevel"] != "PATIENT" and not query.get("StudyInstanceUID"):
            await self._study_by_study(query, day, model, answer)
        elif answered.cut or (self._limit is not None and answered.received >= self._limit):
            answer.problems.append(answered.cut or f"the PACS gives {answered.received} answers at once")
        if len(answer.rows) > before and not answered.cut:
            self._limit = answered.received

    async def _study_by_study(self, query: Mapping[str, str], day: date, model: Model, answer: Answer) -> None:
        listed = await self._pacs.studies(day, "")
        answer.queries += listed.queries
        answer.problems += (f"{day} {gap.begin} to {gap.end}: {gap.reason}" for gap in listed.gaps)
        for study in listed.studies:
            if study.study_instance_uid not in answer.rows:
                answered = await self._ask({**query, "StudyInstanceUID": study.study_instance_uid}, model, answer)
                if answered.cut:
                    answer.problems.append(f"study {study.study_instance_uid}: {answered.cut}")

    async def _ask(self, query: Mapping[str, str], model: Model, answer: Answer) -> Answered:
        answered = await self._pacs.answers(query, model)
        answer.queries += answered.queries
        unique = UNIQUE[query["QueryRetrieveLevel"]]
        for row in answered.rows:
            name = row.get(unique, "")
            answer.rows[name if isinstance(name, str) and name else str(sorted(row.items()))] = row
        return answered

    def _is_whole(self, received: int) -> bool:
        """Shorter than an answer that was longer, so that no limit cut it."""
        is_proven = received < max(self._longest, FEW) and (self._limit is None or received < self._limit)
        self._longest = max(self._longest, received)
        return is_proven


def _halves(days: str) -> tuple[str, str] | None:
    """The two halves of a range of days; None for one day, and for no day."""
    first, dash, last = (part.strip() for part in days.partition("-"))
    if not dash or not (first or last):
        return None
    try:
        begin = day_of(first)[0] if first else EARLIEST
        end = day_of(last)[0] if last else datetime.now(UTC).date()
    except ValueError:
        return None
    if end <= begin:
        return None
    middle = begin + (end - begin) // 2
    return f"{first}-{_digits(middle)}", f"{_digits(middle + timedelta(days=1))}-{last}"


def _one_day(days: str) -> date | None:
    first, _, last = (part.strip() for part in days.partition("-"))
    try:
        return day_of(first)[0] if first and last in ("", first) else None
    except ValueError:
        return None


def _digits(day: date) -> str:
    return day.isoformat().replace("-", "")
