"""When visits happen: busy weekdays, quiet weekends and holidays, a working day's hours."""

from bisect import bisect_right
from datetime import date, timedelta
from itertools import accumulate

from radquarry.hospital.dice import Dice, share

_WEEKDAYS = (1.05, 1.1, 1.0, 1.05, 0.95, 0.22, 0.16)
_HOLIDAYS = {(1, 1), (1, 2), (5, 1), (8, 1), (12, 25), (12, 26)}
_HOURS = (2, 1, 1, 1, 1, 2, 5, 22, 60, 75, 72, 60, 34, 52, 70, 66, 50, 30, 18, 13, 11, 8, 6, 4)


class Workload:
    """How `visits` numbered visits spread over `days` days ending with `end_date` (inclusive)."""

    def __init__(self, visits: int, end_date: date, days: int, seed: int) -> None:
        self.end_date = end_date
        self.days = days
        self.start_date = end_date - timedelta(days=days - 1)
        weights = [self._weight(self.start_date + timedelta(days=day), seed) for day in range(days)]
        total = sum(weights)
        self._starts = [0, *(round(visits * so_far / total) for so_far in accumulate(weights))]

    def visits_on(self, day: date) -> range:
        """The numbers of the visits of one day; empty outside the two years."""
        offset = (day - self.start_date).days
        if not 0 <= offset < self.days:
            return range(0)
        return range(self._starts[offset], self._starts[offset + 1])

    def visits_between(self, first: date, last: date) -> range:
        """The numbers of the visits from `first` to `last`, both included."""
        low = min(max((first - self.start_date).days, 0), self.days)
        high = min(max((last - self.start_date).days + 1, low), self.days)
        return range(self._starts[low], self._starts[high])

    def day_of(self, visit: int) -> date:
        """The day of a visit."""
        return self.start_date + timedelta(days=bisect_right(self._starts, visit) - 1)

    @staticmethod
    def _weight(day: date, seed: int) -> float:
        weight = _WEEKDAYS[6 if (day.month, day.day) in _HOLIDAYS else day.weekday()]
        return weight * (0.85 + 0.3 * share(seed, "day", day.toordinal()))


def second_of_day(dice: Dice) -> int:
    """A moment of a working day, in seconds since midnight."""
    return dice.weighted(range(24), _HOURS) * 3600 + dice.below(3600)
