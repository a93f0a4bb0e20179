"""The rules that make what is heard about a retrieval a state."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from radquarry.messages import RetrievalCompleted, RetrievalProgressed, RetrievalRequested, RetrievalState

SETTLED: tuple[RetrievalState, ...] = ("complete", "incomplete", "cancelled")
REOPENED = "reopened"
"""Instead of an end; it sorts after all of them, so that the same end said twice does not count again."""


@dataclass(frozen=True)
class RetrievalRefused:
    """The order was parked before anything was moved; an empty `reason` when it is tried again."""

    retrieval_id: UUID
    reason: str


RetrievalFact = RetrievalRequested | RetrievalProgressed | RetrievalCompleted | RetrievalRefused


@dataclass(frozen=True)
class StudyStand:
    """Where one study of a retrieval stands; `listed` counts its instances that were named to us."""

    position: int | None = None
    pacs: str = ""
    state: RetrievalState = "requested"
    expected: int | None = None
    received: int = 0
    problem: str = ""
    revision: int = -1
    listed: int = 0

    @property
    def to_come(self) -> int:
        """Images that are expected and not here yet, of a study that is not settled."""
        return 0 if self.shown_state in SETTLED else max(0, (self.expected or 0) - self.received)

    @property
    def is_uncounted(self) -> bool:
        """The PACS has not said yet how many images it has."""
        return self.expected is None and self.shown_state not in SETTLED

    @property
    def shown_state(self) -> RetrievalState:
        """`complete` only when the manifest can name every instance: it comes in several messages."""
        return "running" if self.state == "complete" and self.listed < (self.expected or 0) else self.state


@dataclass
class Sum:
    """The counters of one retrieval, as its row holds them."""

    states: Counter[str] = field(default_factory=Counter)
    expected: int = 0
    received: int = 0
    studies_failed: int = 0
    to_come: int = 0
    uncounted: int = 0
    ended: str | None = None
    ended_at: datetime | None = None
    refused: str = ""

    def count(self, stand: StudyStand, sign: int) -> None:
        """Add (`sign` 1) or take away (-1) one study."""
        self.states[stand.shown_state] += sign
        self.expected += sign * (stand.expected or 0)
        self.received += sign * stand.received
        self.studies_failed += sign * bool(stand.problem)
        self.to_come += sign * stand.to_come
        self.uncounted += sign * stand.is_uncounted

    def reopen(self, sent_at: datetime) -> None:
        """A study that had settled was taken up again then: an end that was said before is none any more."""
        if self.ended_at is not None and self.ended_at < sent_at:
            self.ended = REOPENED

    def state(self) -> RetrievalState:
        """The whole's state: what ended it once every study has settled, before that what is going on."""
        if self.refused:
            return "incomplete"
        if self.ended and self.ended != REOPENED and settled_of(self.states) == self.states.total():
            return cast("RetrievalState", self.ended)
        if self.states["requested"] == self.states.total():
            return "requested"
        if self.states["requested"]:  # nobody holds it up: of what takes a moment nothing is said before its end
            return "running"
        going_on: tuple[RetrievalState, ...] = ("running", "paused", "waiting")
        return next((state for state in going_on if self.states[state]), "running")


def settled_of(states: Counter[str]) -> int:
    """How many studies have ended, one way or another."""
    return sum(states[state] for state in SETTLED)
