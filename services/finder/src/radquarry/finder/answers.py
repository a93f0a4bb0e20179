"""Any C-FIND, answered with plain rows: keyword → text."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import UID

from radquarry.dicom.accession import is_same
from radquarry.dicom.finding import PATIENT_ROOT, STUDY_ROOT, AnswerLost, Answers, Question, find
from radquarry.dicom.peer import PacsRefuses
from radquarry.dicom.rows import Row
from radquarry.finder.lines import Line
from radquarry.finder.matching import matches
from radquarry.finder.pages import Pages
from radquarry.finder.queries import Model, Query, checked

Item = TypeVar("Item")

AnswerRow = Mapping[str, str | list[str]]
"""DICOM keyword → the value, decoded and trimmed, "" where there is none; a list where there are several."""

ATTEMPTS = 2
FEW = 20
"""An answer shorter than this is believed when the PACS calls it complete, unless its limit is known."""
WIDER = (2, 30, 400)
"""Days back from today: a question without other keys that gets a longer answer proves a shorter one whole."""
MODELS: dict[Model, UID] = {"patient-root": PATIENT_ROOT, "study-root": STUDY_ROOT}


@dataclass(frozen=True)
class Answered:
    """What one query gave.

    `rows` have every keyword that was asked for and no other. `cut` says in plain words why the PACS may hold more
    (the status it ended with, or as many rows as it gives at once); "" means that these are all. `received` counts
    the rows as they came: of those that are not in `rows`, `unread` could not be read (`cut` says so), and the others
    contradict a key of the query, which the PACS then ignored. `is_lost`: the association ended before the end.
    `is_sure`: the answer is short, or known to be shorter than what the PACS gives at once.
    """

    rows: tuple[AnswerRow, ...]
    cut: str
    queries: int
    received: int = 0
    unread: int = 0
    is_lost: bool = False
    is_sure: bool = True

    @property
    def is_ignored(self) -> bool:
        """Whether the PACS gave rows that were not asked for."""
        return len(self.rows) + self.unread < self.received


class Answering:
    """Asks over one line; `pages` tells which answers are as long as the PACS's limit."""

    def __init__(self, line: Line, pages: Pages, charset: str) -> None:
        self._line = line
        self._pages = pages
        self._charset = charset
        self._queries = 0
        self.problems: Counter[str] = Counter()

    async def ask(self, query: Query, most: int = 0) -> Answered:
        """Raises `PacsAway` when there is no association, `PacsRefuses` when the PACS does not take the question."""
        read = partial(self._read, query)
        answers = await self._asked(Question(query.identifier(), read, self._charset, MODELS[query.model], most))
        rows = tuple(row for row in answers.items if row is not None)
        cut, received = self._why_cut(answers), answers.received
        is_sure = bool(cut) or received < FEW or self._pages.prove(received) or await self._is_more_known(received)
        unread = answers.malformed.total()
        return Answered(rows, cut, self._queries, received, unread, answers.is_lost, is_sure)

    async def _is_more_known(self, received: int) -> bool:
        """Whether the PACS gives a longer answer to a wider question; no more of it is heard than proves it."""
        today = datetime.now(UTC).date()
        for days in WIDER:
            if not self._pages.configured:
                since = f"{today - timedelta(days=days):%Y%m%d}-"
                query = checked({"QueryRetrieveLevel": "STUDY", "StudyDate": since, "StudyInstanceUID": ""})
                question: Question[None] = Question(query.identifier(), lambda _row: None, most=received)
                with suppress(PacsRefuses):
                    await self._asked(question)
            if self._pages.prove(received):
                return True
        return False

    async def _asked(self, question: Question[Item]) -> Answers[Item]:
        """Once more over a new association when it was lost; a question that always ends it gives a cut."""
        answers: Answers[Item] = Answers((), 0, Counter())
        for _attempt in range(ATTEMPTS):
            self._queries += 1
            try:
                answers = await self._line.run(partial(find, question=question))
            except AnswerLost as lost:
                answers = Answers((), 0, Counter(), str(lost), is_lost=True)
            if not answers.is_lost:
                break
        self._pages.saw(answers.received)
        return answers

    def _read(self, query: Query, row: Row) -> AnswerRow | None:
        """None for a row that was not asked for: there may be a million of them."""
        found = {keyword: row.values(keyword) for keyword in query.keys}
        self.problems.update(row.problems)
        answer = {keyword: _plain(values) for keyword, values in found.items()}
        return None if contradictions(answer, query) else answer

    def _why_cut(self, answers: Answers[AnswerRow | None]) -> str:
        if answers.cut:
            return answers.cut
        if self._pages.hit(answers.received):
            return f"the PACS gives {answers.received} answers at once"
        unread = answers.malformed.total()
        return f"{unread} rows could not be read: {next(iter(answers.malformed))}" if unread else ""


def contradictions(row: AnswerRow, query: Query) -> list[str]:
    """The keywords under which the row has another value than the query asks for."""
    return [
        keyword
        for keyword, wanted in query.narrowing.items()
        if not _is_matched(values_of(row, keyword), keyword, wanted)
    ]


def _is_matched(values: tuple[str, ...], keyword: str, wanted: str) -> bool:
    """Numbers of orders match in any spelling: a PACS may normalise them."""
    vr = dictionary_VR(tag_for_keyword(keyword) or 0)
    if matches(values, wanted, vr):
        return True
    return keyword == "AccessionNumber" and any(is_same(value, wanted) for value in values)


def values_of(row: AnswerRow, keyword: str) -> tuple[str, ...]:
    """One value, several, or none, as they are."""
    value = row.get(keyword, "")
    return (value,) if isinstance(value, str) else tuple(value)


def _plain(values: tuple[str, ...]) -> str | list[str]:
    return list(values) if len(values) > 1 else "".join(values)
