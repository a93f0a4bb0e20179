"""Any C-FIND, answered with plain rows: keyword → text."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import UID

from radquarry.dicom.finding import PATIENT_ROOT, STUDY_ROOT, AnswerLost, Answers, Question, find
from radquarry.dicom.rows import Row
from radquarry.finder.lines import Line
from radquarry.finder.matching import matches
from radquarry.finder.pages import Pages
from radquarry.finder.queries import Model, Query

AnswerRow = Mapping[str, str | list[str]]
"""DICOM keyword → the value, decoded and trimmed, "" where there is none; a list where there are several."""

ATTEMPTS = 2
MODELS: dict[Model, UID] = {"patient-root": PATIENT_ROOT, "study-root": STUDY_ROOT}


@dataclass(frozen=True)
class Answered:
    """What one query gave.

    `rows` have every keyword that was asked for and no other. `cut` says in plain words why the PACS may hold more
    (the status it ended with, or as many rows as it gives at once); "" means that these are all. `received` counts
    the rows as they came: of those that are not in `rows`, `unread` could not be read (`cut` says so), and the others
    contradict a key of the query, which the PACS then ignored. `is_lost`: the association ended before the end.
    """

    rows: tuple[AnswerRow, ...]
    cut: str
    queries: int
    received: int = 0
    unread: int = 0
    is_lost: bool = False

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

    async def ask(self, query: Query) -> Answered:
        """Raises `PacsAway` when there is no association, `PacsRefuses` when the PACS does not take the question."""
        answers = await self._asked(query)
        rows = tuple(row for row in answers.items if not contradictions(row, query))
        unread = answers.malformed.total()
        return Answered(rows, self._why_cut(answers), self._queries, answers.received, unread, answers.is_lost)

    async def _asked(self, query: Query) -> Answers[AnswerRow]:
        """Once more over a new association when it was lost; a question that always ends it gives a cut."""
        question = Question(query.identifier(), partial(self._read, query), self._charset, MODELS[query.model])
        answers: Answers[AnswerRow] = Answers((), 0, Counter())
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

    def _read(self, query: Query, row: Row) -> AnswerRow:
        found = {keyword: row.values(keyword) for keyword in query.keys}
        self.problems.update(row.problems)
        return {keyword: _plain(values) for keyword, values in found.items()}

    def _why_cut(self, answers: Answers[AnswerRow]) -> str:
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
        if not matches(values_of(row, keyword), wanted, dictionary_VR(tag_for_keyword(keyword) or 0))
    ]


def values_of(row: AnswerRow, keyword: str) -> tuple[str, ...]:
    """One value, several, or none, as they are."""
    value = row.get(keyword, "")
    return (value,) if isinstance(value, str) else tuple(value)


def _plain(values: tuple[str, ...]) -> str | list[str]:
    return list(values) if len(values) > 1 else "".join(values)
