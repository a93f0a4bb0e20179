"""The series of the studies that one portion finds, each study's asked for once."""

from collections.abc import Sequence

from radquarry.finder.handlers import TOGETHER, together, with_series
from radquarry.finder.pacs import Pacs
from radquarry.messages import Study


class SeriesDesk:
    """Remembers what it asked for."""

    def __init__(self, pacs: Pacs) -> None:
        self._pacs = pacs
        self._filled: dict[str, Study] = {}

    async def filled(self, studies: Sequence[Study]) -> tuple[list[Study], list[str], int]:
        """The studies with their series, why these may not be all, and the number of queries it took."""
        fresh = [study for study in studies if study.study_instance_uid not in self._filled]
        reasons, queries = [], 0
        for some in together(fresh, TOGETHER):
            found = await with_series(self._pacs, some)
            self._filled |= {study.study_instance_uid: study for study in found.studies}
            reasons += [gap.reason for gap in found.gaps]
            queries += found.queries
        return [self._filled[study.study_instance_uid] for study in studies], reasons, queries
