"""Who looked at whose images: an audit line for each study or series that is opened, not for each frame."""

import time
from collections import OrderedDict

from radquarry.api.audit import audit

AGAIN_SECONDS = 300.0
MOST = 10_000


class Openings:
    """The same user opening the same series again within five minutes is the same look."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def of(self, action: str, user: str, study: str, series: str = "") -> None:
        """Write it down, unless it was just now."""
        key, now = (action, user, study, series), time.monotonic()
        if now - self._last.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        self._last[key] = now
        self._last.move_to_end(key)
        while len(self._last) > MOST:
            self._last.popitem(last=False)
        about = {"series_instance_uid": series} if series else {}
        audit(action, user, study_instance_uid=study, **about)
