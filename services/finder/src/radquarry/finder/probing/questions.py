"""Small, bounded questions to a PACS we do not know yet."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from pydicom.datadict import dictionary_VR, tag_for_keyword

from radquarry.dicom.association import Association
from radquarry.dicom.finding import AnswerLost, Question, find
from radquarry.dicom.peer import PacsRefuses
from radquarry.dicom.rows import Row
from radquarry.finder.answers import MODELS
from radquarry.finder.lines import Line
from radquarry.finder.matching import matches
from radquarry.finder.queries import Model, Query
from radquarry.messages.profiles import QueryLevel

ATTEMPTS = 3
MOST_ROWS = 5200
"""An answer is ended by us after so many rows: whether a PACS gives more matters to nobody."""


class OutOfTimeError(Exception):
    """The probing has taken as long as it may."""


@dataclass(frozen=True)
class HeardRow:
    """One row: keyword → values of what was asked for."""

    values: Mapping[str, tuple[str, ...]]
    charset: str

    @property
    def is_ascii(self) -> bool:
        """Whether its text says nothing about its character set."""
        return all(value.isascii() for values in self.values.values() for value in values)

    def first(self, keyword: str) -> str:
        """The first value, "" where there is none."""
        values = self.values.get(keyword, ())
        return values[0] if values else ""

    def fits(self, keyword: str, wanted: str) -> bool:
        """Whether the row has, under a key, a value that it matches."""
        vr = dictionary_VR(tag_for_keyword(keyword) or 0)
        return bool(self.values.get(keyword)) and matches(self.values[keyword], wanted, vr)


@dataclass
class Heard:
    """What one question gave. `cut`: why it is not all, `refusal`: why it is not answered; `is_ended`: by us."""

    rows: list[HeardRow] = field(default_factory=list)
    received: int = 0
    cut: str = ""
    refusal: str = ""
    is_ended: bool = False
    is_lost: bool = False

    @property
    def uids(self) -> set[str]:
        """Studies, or patients where there are none."""
        return {row.first("StudyInstanceUID") or row.first("PatientID") for row in self.rows}


@dataclass(frozen=True)
class Bound:
    """When an answer is ended by us."""

    rows: int
    at: float


class _EnoughError(Exception):
    """An answer is longer than we need it."""


class Asking:
    """Questions over one line until a moment on the monotonic clock; counts and times them."""

    def __init__(self, line: Line, charset: str, until: float) -> None:
        self._line = line
        self._charset = charset
        self._until = until
        self._milliseconds: list[float] = []
        self.model: Model = "study-root"

    async def ask(
        self, keys: Mapping[str, str], level: QueryLevel = "STUDY", model: Model | None = None, most: int = MOST_ROWS
    ) -> Heard:
        """The answer, or why there is none. Raises `OutOfTimeError`, and `PacsAway` where there is no association."""
        query = Query(level, model or self.model, dict(keys))
        heard = Heard()
        for _attempt in range(ATTEMPTS):
            if time.monotonic() > self._until:
                raise OutOfTimeError
            begun = time.perf_counter()
            heard = await self._line.run(partial(_heard, query, self._charset, Bound(most, self._until)))
            if not heard.is_lost:
                if heard.received <= 1:
                    self._milliseconds.append((time.perf_counter() - begun) * 1000)
                break
        return heard

    @property
    def milliseconds(self) -> float | None:
        """The median time of a question with one answer or none."""
        return round(median(self._milliseconds), 1) if self._milliseconds else None


def _heard(query: Query, charset: str, bound: Bound, association: Association) -> Heard:
    """Ask; blocking. What was not answered is told apart, the rest is kept."""
    heard = Heard()
    question = Question(query.identifier(), partial(_read, query, heard.rows, bound), charset, MODELS[query.model])
    try:
        answers = find(association, question)
    except _EnoughError:
        heard.is_ended = True
    except AnswerLost as lost:
        heard.cut, heard.is_lost = str(lost), True
    except PacsRefuses as refusal:
        heard.refusal = str(refusal)
    else:
        heard.cut, heard.is_lost, heard.received = answers.cut, answers.is_lost, answers.received
    heard.received = heard.received or len(heard.rows)
    return heard


def _read(query: Query, rows: list[HeardRow], bound: Bound, row: Row) -> None:
    rows.append(HeardRow({keyword: row.values(keyword) for keyword in query.keys}, row.charset))
    if len(rows) > bound.rows or time.monotonic() > bound.at:
        raise _EnoughError
