"""The page of what failed, gathered by cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from radquarry.api.failures import FailureView
from radquarry.api.listed import Listed

MOST_SHOWN = 50


@dataclass(frozen=True)
class FailureGroup:
    """Failures of the same work for the same reason, newest first."""

    what: str
    reason: str
    service: str
    first: datetime
    last: datetime
    failures: tuple[FailureView, ...]

    @property
    def shown(self) -> tuple[FailureView, ...]:
        """Those with a line of their own."""
        return self.failures[:MOST_SHOWN]


@dataclass(frozen=True)
class FailuresPage:
    """Groups, the one with the newest failure first. `count` are all that are open.

    `delayed` pieces of work are no failures yet: they are tried again by themselves.
    """

    groups: tuple[FailureGroup, ...]
    count: int
    next_href: str
    delayed: int


def failures_page(listed: Listed[FailureView], count: int, delayed: int) -> FailuresPage:
    """The failures from a cursor on, gathered by what failed and why."""
    grouped: dict[tuple[str, str, str], list[FailureView]] = {}
    for failure in listed.items:
        grouped.setdefault((failure.service, failure.topic, failure.reason), []).append(failure)
    groups = sorted((_group(same) for same in grouped.values()), key=lambda group: group.last, reverse=True)
    return FailuresPage(tuple(groups), count, f"/failures?after={listed.after}" if listed.after else "", delayed)


def _group(same: Sequence[FailureView]) -> FailureGroup:
    newest = sorted(same, key=lambda failure: failure.parked_at, reverse=True)
    head = newest[0]
    return FailureGroup(head.what, head.reason, head.service, newest[-1].parked_at, head.parked_at, tuple(newest))
