"""pacs n pull's queries: each asked, its answers in a file of its own, and a table that says what became of each."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

from radquarry.dicom.peer import PacsStopped
from radquarry.errors import Permanent, Transient
from radquarry.finder.queries import Model
from radquarry.standalone.find_command import PAUSE_SECONDS
from radquarry.standalone.foreign.pacsnpull import Query, Settings, read_pacsnpull, read_queries
from radquarry.standalone.oneshot.notebook import KEPT_SECONDS
from radquarry.standalone.oneshot.peers import Asked, Called, of_address, opened_pacs
from radquarry.standalone.oneshot.progress import Pace, shown
from radquarry.standalone.oneshot.table_file import TableNotWritten, write_table
from radquarry.standalone.oneshot.whole_answers import WholeAnswers

WAITS = (1.0, 3.0, 10.0)
STATUS_FIELDS = ("query", "line", "level", "status", "answers", "problem")

Status = Literal["complete", "incomplete", "failed", "not asked"]


@dataclass(frozen=True)
class Questions:
    """What to ask whom, and the folder the answers go to."""

    asked: Asked
    settings: Settings
    queries: tuple[Query, ...]
    folder: Path
    notes: list[str]
    pause_seconds: float = PAUSE_SECONDS


@dataclass(frozen=True)
class Outcome:
    """What became of one query."""

    query: Query
    status: Status
    answers: int = 0
    problem: str = ""

    def line(self) -> tuple[str, ...]:
        """For the table."""
        query = self.query
        return str(query.number), str(query.line), query.level, self.status, str(self.answers), self.problem


def questions_of(config: Path, queries: Path, folder: Path | None, called: str | None, pause: float) -> Questions:
    """Both files understood. Raises `ConfigurationError`."""
    settings, mended = read_pacsnpull(config)
    found, mended_too = read_queries(queries)
    ae_title = called or settings.called
    notes = [*mended, *mended_too]
    if settings.query_model == "S" and any(query.level == "PATIENT" for query in found):
        notes.append("queries at PATIENT level are asked in the patient root: the study root has none")
    address = Called(ae_title, settings.host_ip, settings.host_port, settings.client_name)
    where = folder or queries.with_name(f"{queries.stem}-answers")
    return Questions(of_address(address), settings, found, where, notes, pause)


async def run_queries(questions: Questions, screen: Console) -> int:
    """0 when every query was answered to its end; 1 otherwise, and why is said."""
    try:
        questions.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableNotWritten(f"{questions.folder} cannot be made: {error.strerror}") from None
    asking = Asking(questions)
    pace = Pace(len(questions.queries), 0, 0)
    try:
        async with opened_pacs(questions.asked) as pacs:
            whole = WholeAnswers(pacs)
            with shown(screen, pace, "answers", "queries") as counted:
                for query in questions.queries:
                    outcome = await asking.outcome(query, whole)
                    counted.step(outcome.answers)
    finally:
        asking.write_status()
    return _concluded(questions, asking.outcomes, screen)


class Asking:
    """One query after the other; one that was answered to its end less than a day ago is not asked again."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._width = max(4, len(str(len(questions.queries))))
        self._asked = 0
        self._has_answered = False
        self._ended = ""
        self.outcomes: list[Outcome] = []

    async def outcome(self, query: Query, whole: WholeAnswers) -> Outcome:
        """Ask, and keep what came."""
        outcome = self._known(query)
        if outcome is None and self._ended:
            outcome = Outcome(query, "not asked", problem=self._ended)
        elif outcome is None:
            await self._pause()
            outcome = await self._patiently(query, whole)
        self.outcomes.append(outcome)
        return outcome

    async def _pause(self) -> None:
        often = self._questions.settings.query_break_count
        if often and self._asked and self._asked % often == 0:
            await asyncio.sleep(self._questions.pause_seconds)
        self._asked += 1

    async def _patiently(self, query: Query, whole: WholeAnswers) -> Outcome:
        for wait in (*WAITS, None):
            try:
                return await self._ask(query, whole)
            except Permanent as error:
                return self._written(Outcome(query, "failed", problem=str(error)), [])
            except Transient as error:
                if wait is None or not self._has_answered or isinstance(error, PacsStopped):
                    self._ended = str(error)
                    break
                await asyncio.sleep(wait)
        return Outcome(query, "not asked", problem=self._ended)

    async def _ask(self, query: Query, whole: WholeAnswers) -> Outcome:
        answer = await whole.of(query.keys, self._model(query))
        self._has_answered = True
        rows = [dict(row) for row in answer.rows.values()]
        problem = "; ".join(dict.fromkeys(answer.problems))
        return self._written(Outcome(query, "incomplete" if problem else "complete", len(rows), problem), rows)

    def _model(self, query: Query) -> Model:
        """The study root has no PATIENT level, whatever the configuration says."""
        if self._questions.settings.query_model == "P" or query.level == "PATIENT":
            return "patient-root"
        return "study-root"

    def _file(self, query: Query) -> Path:
        return self._questions.folder / f"{query.number:0{self._width}}.json"

    def _written(self, outcome: Outcome, rows: Sequence[dict[str, Any]]) -> Outcome:
        """As pacs n pull has it, with one status for the whole answer."""
        content = {
            "query_id": outcome.query.number - 1,
            "query": dict(outcome.query.keys),
            "query_response": {"status": [{"status": outcome.status, "problem": outcome.problem}], "data": list(rows)},
            "asked": self._questions.asked.address,
        }
        file = self._file(outcome.query)
        beside = file.with_name(f".{file.name}.{os.getpid()}.new")
        try:
            beside.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
            beside.replace(file)
        except OSError as error:
            raise TableNotWritten(f"{file} cannot be written: {error.strerror}") from None
        return outcome

    def _known(self, query: Query) -> Outcome | None:
        """The complete answer of an earlier run to the same query, to the same PACS."""
        file = self._file(query)
        with suppress(OSError, ValueError, KeyError, TypeError, IndexError):
            if time.time() - file.stat().st_mtime > KEPT_SECONDS:
                return None
            told = json.loads(file.read_text("utf-8"))
            same = told["query"] == dict(query.keys) and told["asked"] == self._questions.asked.address
            if same and told["query_response"]["status"][0]["status"] == "complete":
                return Outcome(query, "complete", len(told["query_response"]["data"]))
        return None

    def write_status(self) -> None:
        """The table of what became of each query; those that were not reached say so."""
        reached = {outcome.query.number for outcome in self.outcomes}
        rest = (Outcome(query, "not asked") for query in self._questions.queries if query.number not in reached)
        lines = [outcome.line() for outcome in (*self.outcomes, *rest)]
        write_table(self._questions.folder / "status.csv", STATUS_FIELDS, lines)


def _concluded(questions: Questions, outcomes: Sequence[Outcome], screen: Console) -> int:
    bad = [outcome for outcome in outcomes if outcome.status != "complete"]
    for outcome in bad[:20]:
        words = f"query {outcome.query.number}: {outcome.status}: {outcome.problem}"
        screen.print(Text(words, style="red"), soft_wrap=True)
    answers = sum(outcome.answers for outcome in outcomes)
    mark = "INCOMPLETE" if bad else "complete"
    counts = f"{len(outcomes) - len(bad)} of {len(outcomes)} queries, {answers} answers in {questions.folder}"
    screen.print(Text(f"{mark}: {counts}; each one's status: {questions.folder / 'status.csv'}"), soft_wrap=True)
    return 1 if bad else 0


def told(questions: Questions, screen: Console) -> None:
    """The last word when a signal ended it."""
    words = f"ended by a signal: what was answered is in {questions.folder}, and the same command goes on from there"
    screen.print(Text(words), soft_wrap=True)
