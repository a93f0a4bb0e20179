"""What is learnt from what came: the size of an instance by modality, and how fast a PACS sends."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update

from radquarry.mover.tables import instances, rates, series
from radquarry.state.store import State, Written

ASSUMED = {
    "CR": 9_000_000,
    "CT": 530_000,
    "DX": 15_000_000,
    "MG": 30_000_000,
    "MR": 300_000,
    "NM": 600_000,
    "PT": 60_000,
    "PX": 9_000_000,
    "RF": 4_000_000,
    "SR": 30_000,
    "US": 1_500_000,
    "XA": 12_000_000,
}
"""Bytes of an instance as such images usually are, until the first ones have come."""
ASSUMED_OTHER = 1_000_000
ASSUMED_RATE = 5_000_000
"""Bytes a second over one association, until a PACS has sent something."""
RECENT_SECONDS = 300
LEAST_BYTES = 1_000_000
"""A visit that brought less says how long a visit takes, not how fast images come."""
FORGETS = 0.95
"""How much a visit counts at the next one."""


@dataclass(frozen=True)
class Sizes:
    """Mean bytes of an instance, by modality, as far as they are learnt."""

    learnt: Mapping[str, float]

    def of(self, modality: str) -> float:
        """Of an instance of this modality."""
        return self.learnt.get(modality, ASSUMED.get(modality, ASSUMED_OTHER))


_mine = (
    instances.c.study_instance_uid == series.c.study_instance_uid,
    instances.c.series_instance_uid == series.c.series_instance_uid,
    instances.c.bytes.is_not(None),
)
_WEIGHED = (
    update(series)
    .where(series.c.study_instance_uid == bindparam("of_study"))
    .values(
        received=select(func.count()).select_from(instances).where(*_mine).scalar_subquery(),
        bytes=select(func.coalesce(func.sum(instances.c.bytes), 0)).where(*_mine).scalar_subquery(),
    )
)


def weighed(study_instance_uid: str) -> Written:
    """What sums up what is here of each series of a study. Twice is once."""
    return _WEIGHED, {"of_study": study_instance_uid}


class Experience:
    """Written when a study has settled, read for estimates."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sizes: Sizes | None = None
        self._read_at = 0.0

    async def recent_sizes(self) -> Sizes:
        """As `sizes`, at most some minutes old: it sums over every series there is."""
        if self._sizes is None or time.monotonic() - self._read_at > RECENT_SECONDS:
            self._sizes, self._read_at = await self.sizes(), time.monotonic()
        return self._sizes

    async def sizes(self) -> Sizes:
        """By modality."""
        sums = func.sum(series.c.bytes).label("bytes"), func.sum(series.c.received).label("received")
        query = select(series.c.modality, *sums).where(series.c.received > 0).group_by(series.c.modality)
        rows = await self._state.rows(query)
        return Sizes({row.modality: float(row.bytes) / int(row.received) for row in rows})

    async def time(self, pacs: str, sent_bytes: int, seconds: float) -> None:
        """So much came in one visit; what is little is not looked at.

        It is a running mean: a visit that is lost, or counted twice, hardly shows.
        """
        if sent_bytes < LEAST_BYTES:
            return
        async with self._state.writing() as connection:
            row = (await connection.execute(select(rates).where(rates.c.pacs == pacs))).first()
            before = (row.bytes * FORGETS, row.seconds * FORGETS) if row else (0.0, 0.0)
            fresh = {"pacs": pacs, "bytes": before[0] + sent_bytes, "seconds": before[1] + seconds}
            await self._state.upsert(connection, rates, [fresh], "bytes", "seconds")

    async def rates(self) -> dict[str, float]:
        """Bytes a second over one association, by PACS."""
        rows = await self._state.rows(select(rates).where(rates.c.seconds > 0))
        return {row.pacs: row.bytes / row.seconds for row in rows}
