"""When so much work is done, if it goes on only in windows."""

from datetime import datetime, timedelta

from radquarry.configuration.week import Hours

HORIZON = timedelta(days=92)
"""Further ahead nothing is foretold."""


def end_of(work: timedelta, begin: datetime, hours: Hours) -> datetime | None:
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
