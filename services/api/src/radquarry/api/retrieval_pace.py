"""How fast the images of a retrieval come, and when it may end."""

from datetime import datetime
from typing import NamedTuple

from radquarry.api.pace import Pace, speeds, told


class Left(NamedTuple):
    """Of the studies that are not settled: images still to come, and studies of which the PACS has not said how many.

    `mean` is how many images a study has of which it has; None before the first one.
    """

    images: int
    uncounted: int
    mean: float | None


def pace(samples: str, now: datetime, received: int, left: Left) -> Pace:
    """Of a retrieval under way, in images received a minute."""
    of_late = speeds(samples, now, (received,))
    return Pace() if of_late is None else told(of_late[0], _minutes_left(left, of_late[0]), now)


def _minutes_left(left: Left, rate: float) -> float | None:
    """What is to come, and to be expected of studies that nobody has looked at, at the speed of late."""
    if not rate or (left.uncounted and left.mean is None):
        return None
    return (left.images + left.uncounted * (left.mean or 0)) / rate
