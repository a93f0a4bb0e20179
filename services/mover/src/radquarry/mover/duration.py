"""When so much work is done, if it goes on only in windows."""

from datetime import datetime, timedelta

from radquarry.configuration.week import Hours

HORIZON = timedelta(days=92)
"""Further ahead nothing is foretold."""


class Both:
    """Hours that are open when two others are."""

    def __init__(self, one: Hours, other: Hours) -> None:
        self._hours = (one, other)

    def is_open(self, now: datetime) -> bool:
        """Whether both are."""
        return all(hours.is_open(now) for hours in self._hours)

    def next_change(self, now: datetime) -> datetime | None:
        """When the first of them changes, which need not change both."""
        changes = [change for hours in self._hours if (change := hours.next_change(now)) is not None]
        return min(changes, default=None)


def end_of(work: timedelta, begin: datetime, hours: Hours | Both) -> datetime | None:
    """When `work` that begins at `begin` ends; None when it does not within three months."""
    moment, left, last = begin, work, begin + HORIZON
    while moment < last:
        change = hours.next_change(moment) or last
        if hours.is_open(moment):
            if moment + left <= change:
                return moment + left
            left -= change - moment
        moment = change
    return None
