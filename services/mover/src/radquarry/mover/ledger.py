"""The ledger: which instances a study consists of, and which of them are in the archive."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, null, select, union_all, update

from radquarry.dicom.moving import MoveOrder
from radquarry.messages import InstanceState, StoredInstance
from radquarry.mover.arriving import arrived, rows_of
from radquarry.mover.expectation import ExpectedSeries
from radquarry.mover.plan import SeriesStanding, Standing
from radquarry.mover.tables import as_utc, instances, series
from radquarry.state.store import State, Written, insert_rows

PORTION = 5000
"""Studies asked about in one statement."""
STATE = ["series_instance_uid", "sop_instance_uid", "expected", "bytes", "sha256", "stored_at", "ordered", "problem"]
"""Columns of an instance that say how it stands."""


class Ledger:
    """Rows keyed by study and SOP Instance UID: an instance that arrives in another study is another instance."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def expect(self, study_instance_uid: str, wanted: Sequence[ExpectedSeries], moved: int = 0) -> None:
        """Write down what these series consist of now; what they no longer name and never came is forgotten.

        Where only their numbers are known, what is known of names stays. What is named for the first time was part of
        the orders by number before, of which `moved` are not written down yet.
        """
        if not wanted:
            return
        rows = _series_rows(study_instance_uid, wanted)
        if not any(one.sop_instance_uids for one in wanted):
            async with self._state.writing() as connection:
                await self._state.upsert(connection, series, rows, "modality", "instances")
            return
        of_study = series.c.study_instance_uid == study_instance_uid
        of_series = (
            instances.c.study_instance_uid == study_instance_uid,
            instances.c.series_instance_uid.in_([one.series_instance_uid for one in wanted]),
        )
        never_came = (instances.c.stored_at.is_(None), instances.c.delivered_at.is_(None))
        forgotten = (*of_series, *never_came, instances.c.expected.is_(False))
        async with self._state.writing() as connection:
            moved += await connection.scalar(select(func.max(series.c.ordered)).where(of_study)) or 0
            if moved:
                unnamed = update(instances).where(*of_series, instances.c.expected.is_(False))
                await connection.execute(unnamed.values(ordered=instances.c.ordered + moved))
                await connection.execute(update(series).where(of_study).values(ordered=0))
            await connection.execute(update(instances).where(*of_series).values(expected=False))
            names = [{**row, "ordered": moved} for row in _instance_rows(study_instance_uid, wanted)]
            await self._state.upsert(connection, instances, names, "expected")
            await connection.execute(delete(instances).where(*forgotten))
            await self._state.upsert(connection, series, rows, "modality", "instances")

    async def store(self, stored: Sequence[StoredInstance]) -> None:
        """Write down what is in the archive, whether somebody ordered it or not. Twice is once, and late is nothing."""
        rows = rows_of(stored)
        async with self._state.writing() as connection:
            await insert_rows(connection, arrived(self._state.dialect), rows)

    async def order(self, order: MoveOrder, now: datetime) -> None:
        """Write down that the PACS is about to be asked for these: those that are named and not here."""
        of_order = _lacking(order.study_instance_uid)
        if order.series_instance_uid:
            of_order = (*of_order, instances.c.series_instance_uid == order.series_instance_uid)
        if order.sop_instance_uids:
            of_order = (*of_order, instances.c.sop_instance_uid.in_(order.sop_instance_uids))
        async with self._state.writing() as connection:
            counted = {"ordered": instances.c.ordered + 1, "ordered_at": now, "problem": ""}
            await connection.execute(update(instances).where(*of_order).values(counted))

    async def blame(self, study_instance_uid: str, sop_instance_uids: Collection[str], problem: str) -> None:
        """Write down what the PACS said of instances that it named as not sent."""
        if not sop_instance_uids:
            return
        named = (*_lacking(study_instance_uid), instances.c.sop_instance_uid.in_(sop_instance_uids))
        async with self._state.writing() as connection:
            await connection.execute(update(instances).where(*named).values(problem=problem))

    async def received(self, study_instance_uid: str, chosen: Collection[str], only: Collection[str] = ()) -> int:
        """Instances of the chosen series that are here; of them only the named ones, where any are."""
        asked = {"of_study": study_instance_uid, "of_series": list(chosen)}
        query = _RECEIVED.where(instances.c.sop_instance_uid.in_(only)) if only else _RECEIVED
        return int((await self._state.rows(query, asked))[0].here)

    async def here(self, study_instance_uids: Sequence[str]) -> dict[tuple[str, str], int]:
        """(study, series) → instances that are here; series "" is the whole study."""
        found: Counter[tuple[str, str]] = Counter()
        count = func.count().label("here")
        key = (instances.c.study_instance_uid, instances.c.series_instance_uid)
        async with self._state.reading() as connection:
            for start in range(0, len(study_instance_uids), PORTION):
                some = study_instance_uids[start : start + PORTION]
                mine = (instances.c.study_instance_uid.in_(some), instances.c.bytes.is_not(None))
                for row in await connection.execute(select(*key, count).where(*mine).group_by(*key)):
                    found[row.study_instance_uid, row.series_instance_uid] += row.here
                    found[row.study_instance_uid, ""] += row.here
        return found

    async def modalities(self, study_instance_uid: str) -> dict[str, str]:
        """By Series Instance UID."""
        query = select(series.c.series_instance_uid, series.c.modality)
        rows = await self._state.rows(query.where(series.c.study_instance_uid == study_instance_uid))
        return {row.series_instance_uid: row.modality for row in rows}

    async def weight(self, study_instance_uid: str, chosen: Collection[str]) -> int:
        """Bytes of the chosen series that are here."""
        query = select(func.coalesce(func.sum(instances.c.bytes), 0).label("weight")).where(
            instances.c.study_instance_uid == study_instance_uid, instances.c.series_instance_uid.in_(chosen)
        )
        return int((await self._state.rows(query))[0].weight)

    async def standing(self, study_instance_uid: str, chosen: Collection[str], only: Collection[str] = ()) -> Standing:
        """Where the chosen series of a study stand; of them only the named instances, where any are."""
        holds: dict[str, int] = {}
        by_series: dict[str, list[Any]] = {uid: [] for uid in chosen}
        for row in await self._state.rows(_STANDING, {"of_study": study_instance_uid}):
            if row.holds is not None:
                holds[row.series_instance_uid] = row.holds
            elif row.series_instance_uid in by_series and (not only or row.sop_instance_uid in only):
                by_series[row.series_instance_uid].append(row)
        found = []
        for uid, mine in by_series.items():
            mine.sort(key=_uid)
            here = tuple(row.sop_instance_uid for row in mine if row.bytes is not None)
            missing = tuple(row.sop_instance_uid for row in mine if row.bytes is None and row.expected)
            left = holds.get(uid, 0) - len(here) - len(missing)
            found.append(SeriesStanding(uid, here, missing, 0 if only else max(0, left), bool(only) and left == 0))
        rows = tuple(row for uid in sorted(by_series) for row in by_series[uid])
        return Standing(study_instance_uid, tuple(found), rows)

    async def states(
        self, study_instance_uid: str, chosen: Collection[str], only: Collection[str] = ()
    ) -> tuple[InstanceState, ...]:
        """Each instance of the chosen series, or each of the named ones, for the manifest."""
        return states_of(await self.standing(study_instance_uid, chosen, only))


def states_of(standing: Standing, *, is_counted: bool = False) -> tuple[InstanceState, ...]:
    """Each instance that is wanted or here, for the manifest.

    `is_counted`: what is not named came by an order by number that is not written down yet.
    """
    return tuple(
        InstanceState(
            series_instance_uid=row.series_instance_uid,
            sop_instance_uid=row.sop_instance_uid,
            received=row.bytes is not None,
            bytes=row.bytes or 0,
            sha256="" if row.bytes is None else row.sha256,
            stored_at=None if row.bytes is None else as_utc(row.stored_at),
            ordered=row.ordered + (is_counted and not row.expected),
            problem=row.problem if row.bytes is None else "",
        )
        for row in standing.rows
        if row.expected or row.bytes is not None
    )


_RECEIVED = select(func.count().label("here")).where(
    instances.c.study_instance_uid == bindparam("of_study"),
    instances.c.series_instance_uid.in_(bindparam("of_series", expanding=True)),
    instances.c.bytes.is_not(None),
)
_STANDING = union_all(
    select(*(instances.c[name] for name in STATE), null().label("holds")).where(
        instances.c.study_instance_uid == bindparam("of_study")
    ),
    select(series.c.series_instance_uid, *(null().label(name) for name in STATE[1:]), series.c.instances).where(
        series.c.study_instance_uid == bindparam("of_study")
    ),
)
"""A study's instances, and for each of its series one row that says how many it holds."""
_ORDERED = (
    update(series).where(series.c.study_instance_uid == bindparam("of_study")).values(ordered=series.c.ordered + 1)
)
_CONFIRMED = (
    update(instances)
    .where(
        instances.c.study_instance_uid == bindparam("of_study"),
        instances.c.bytes.is_not(None),
        instances.c.expected.is_(False),
    )
    .values(expected=True, ordered=instances.c.ordered + 1, ordered_at=bindparam("now"))
)


def ordered_by_number(study_instance_uid: str) -> Written:
    """What writes: all of a study was ordered, and its instances have no names yet."""
    return _ORDERED, {"of_study": study_instance_uid}


def confirmed(study_instance_uid: str, ordered_at: datetime) -> Written:
    """What writes: what is here of a study is what was ordered by its number, and all of it."""
    return _CONFIRMED, {"of_study": study_instance_uid, "now": ordered_at}


def _instance_rows(study: str, wanted: Sequence[ExpectedSeries]) -> list[dict[str, Any]]:
    return [
        {
            "study_instance_uid": study,
            "sop_instance_uid": uid,
            "series_instance_uid": one.series_instance_uid,
            "expected": True,
        }
        for one in wanted
        for uid in one.sop_instance_uids
    ]


def _series_rows(study: str, wanted: Sequence[ExpectedSeries]) -> list[dict[str, Any]]:
    return [
        {
            "study_instance_uid": study,
            "series_instance_uid": one.series_instance_uid,
            "modality": one.modality[:16],
            "instances": one.instances,
        }
        for one in wanted
    ]


def _lacking(study_instance_uid: str) -> tuple[ColumnElement[bool], ...]:
    return instances.c.study_instance_uid == study_instance_uid, instances.c.expected, instances.c.bytes.is_(None)


def _uid(row: Any) -> str:
    uid: str = row.sop_instance_uid
    return uid
