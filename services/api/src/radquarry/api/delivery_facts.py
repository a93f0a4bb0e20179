"""The rules that make what is heard about a delivery a state."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from radquarry.messages import DeliveryCompleted, DeliveryProgressed, DeliveryRequested, DeliveryState, DeliveryWaits

SETTLED: tuple[DeliveryState, ...] = ("complete", "incomplete", "cancelled")
REOPENED = "reopened"
"""Instead of an end; it sorts after all of them, so that the same end said twice does not count again."""


@dataclass(frozen=True)
class DeliveryRefused:
    """The order was parked before anything was delivered; an empty `reason` when it is tried again."""

    delivery_id: UUID
    reason: str


DeliveryFact = DeliveryRequested | DeliveryProgressed | DeliveryWaits | DeliveryCompleted | DeliveryRefused


@dataclass(frozen=True)
class DeliveryStand:
    """Where one study of a delivery stands; `listed` counts its instances that were named to us."""

    position: int | None = None
    state: DeliveryState = "requested"
    expected: int | None = None
    delivered: int = 0
    held_back: int = 0
    problem: str = ""
    again_at: datetime | None = None
    revision: int = -1
    listed: int = 0

    @property
    def shown_state(self) -> DeliveryState:
        """`complete` only when the manifest can name every instance: it comes in several messages."""
        return "running" if self.state == "complete" and self.listed < (self.expected or 0) else self.state


@dataclass
class DeliverySum:
    """The counters of one delivery, as its row holds them."""

    states: Counter[str] = field(default_factory=Counter)
    expected: int = 0
    delivered: int = 0
    held_back: int = 0
    studies_failed: int = 0
    findings: int = 0
    ended: str | None = None
    ended_at: datetime | None = None
    problem: str = ""
    refused: str = ""

    def count(self, stand: DeliveryStand, sign: int) -> None:
        """Add (`sign` 1) or take away (-1) one study."""
        self.states[stand.shown_state] += sign
        self.expected += sign * (stand.expected or 0)
        self.delivered += sign * stand.delivered
        self.held_back += sign * stand.held_back
        self.studies_failed += sign * bool(stand.problem)

    def wait(self, problem: str) -> None:
        """As a whole, before any study of it was heard of; nothing stops one that goes on or has ended."""
        if self.ended is None:
            self.problem = problem if self.states["requested"] == self.states.total() else ""

    def end(self, fact: DeliveryCompleted, problem: str) -> None:
        """Take up an end; of several the latest counts."""
        if self.ended_at is None or (self.ended_at, self.ended or "") < (fact.sent_at, fact.state):
            self.ended, self.ended_at = fact.state, fact.sent_at
            self.problem, self.findings = problem, fact.findings

    def reopen(self, sent_at: datetime) -> None:
        """A study was at work then: an end that was said before is none any more."""
        if self.ended_at is not None and self.ended_at < sent_at:
            self.ended, self.problem = REOPENED, ""

    def state(self) -> DeliveryState:
        """The whole's state: what ended it once every study has settled, before that what is going on.

        A cancellation ends it whatever its studies were last heard to do; what stopped it as a whole, once none of
        them is at work.
        """
        if self.refused:
            return "incomplete"
        if self.ended and self.ended != REOPENED and (self._is_final or settled_of(self.states) == self.states.total()):
            return cast("DeliveryState", self.ended)
        if self.states["requested"] == self.states.total():
            return "requested"
        going_on: tuple[DeliveryState, ...] = ("running", "waiting")
        return next((state for state in going_on if self.states[state]), "running")

    @property
    def _is_final(self) -> bool:
        idle = not self.states["running"] + self.states["waiting"]
        return self.ended == "cancelled" or (bool(self.problem) and idle)


def settled_of(states: Counter[str]) -> int:
    """How many studies have ended, one way or another."""
    return sum(states[state] for state in SETTLED)
