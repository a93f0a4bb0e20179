"""By which way a PACS sends its images: as configured, else by what works."""

from collections.abc import Iterator, Sequence
from typing import Literal

import structlog

from radquarry.configuration.sections import Pacs
from radquarry.dicom.moving import MoveEnd
from radquarry.mover.verdicts import Verdict, verdict

log = structlog.get_logger(__name__)

Way = Literal["c-move", "c-get", "wado-rs"]
DOES_NOT_REACH_US = (Verdict.UNKNOWN_DESTINATION, Verdict.UNABLE)


class Ways:
    """Of one PACS; what one study's visit finds out holds for the next ones of this process."""

    def __init__(self, pacs: str, ways: Sequence[Way] = ("c-move",)) -> None:
        self._pacs = pacs
        self._ways = list(ways)

    @classmethod
    def configured(cls, name: str, pacs: Pacs) -> "Ways":
        """`auto` is C-MOVE, then C-GET, then WADO-RS where its address is known."""
        if pacs.retrieve != "auto":
            return cls(name, (pacs.retrieve,))
        return cls(name, ("c-move", "c-get", "wado-rs") if pacs.wado_url is not None else ("c-move", "c-get"))

    def __iter__(self) -> Iterator[Way]:
        """The one to go first, then those to try when it leads nowhere."""
        return iter(tuple(self._ways))

    def drop(self, way: Way, reason: str) -> None:
        """It is not there; the last one is kept, so that it can be said of it."""
        if way in self._ways and len(self._ways) > 1:
            self._ways.remove(way)
            log.info("a way to fetch images is not there", pacs=self._pacs, way=way, reason=reason)

    def prefer(self, way: Way) -> None:
        """It works where another did not."""
        if self._ways[0] != way and way in self._ways:
            self._ways.remove(way)
            self._ways.insert(0, way)
            log.warning("images are fetched by another way from now on", pacs=self._pacs, way=way)


def leads_nowhere(end: MoveEnd) -> bool:
    """Whether it looks as if the PACS did not know us, or did not reach us: another way may."""
    sent = (end.counts.completed or 0) + (end.counts.warning or 0)
    return end.status is not None and verdict(end.status) in DOES_NOT_REACH_US and not sent
