"""How often each file of a delivery was tried in vain, when it is tried again, and when it is given up."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from radquarry.exporter.delivery.ledger import is_due, of_studies, portions
from radquarry.exporter.patience import Patience
from radquarry.exporter.tables import as_utc, instances
from radquarry.state.store import State


class Attempts:
    """Of the ledger's rows: one bad file is no other's fault."""

    def __init__(self, state: State, clock: Callable[[], datetime], patience: Patience) -> None:
        self._state = state
        self._clock = clock
        self._patience = patience

    async def tried(self, delivery_id: UUID, study: str, among: Collection[str] = ()) -> None:
        """What was due of a study has not left, for its own sake: it is due again later, the later the more often.

        With `among` only these instances.
        """
        one = of_studies(delivery_id, [study]) & (instances.c.state == "expected") & is_due(self._clock())
        if among:
            one &= instances.c.sop_instance_uid.in_(among)
        async with self._state.writing() as connection:
            counts = await connection.scalars(select(instances.c.attempts).where(one).distinct())
            for attempts in sorted(counts, reverse=True):  # who is counted is due no more
                due = self._clock() + timedelta(seconds=self._patience.wait(attempts + 1))
                counted = update(instances).where(one, instances.c.attempts == attempts)
                await connection.execute(counted.values(attempts=attempts + 1, due=due))

    async def due_at(self, delivery_id: UUID, study: str) -> datetime | None:
        """When something of a study is to leave again; None when all of it has its end."""
        query = select(instances.c.due).where(of_studies(delivery_id, [study]), instances.c.state == "expected")
        async with self._state.reading() as connection:
            moments = list(await connection.scalars(query.distinct()))
        now = self._clock()
        return min((max(now, as_utc(due)) if due else now for due in moments), default=None)

    async def fail(self, delivery_id: UUID, studies: Sequence[str], problem: str) -> None:
        """Nothing more of these studies is tried; where an instance has a reason of its own, that one stays."""
        await self._fail(delivery_id, studies, problem, 0)

    async def fail_exhausted(self, delivery_id: UUID, study: str, problem: str) -> None:
        """What was tried as often as it may be is tried no more."""
        await self._fail(delivery_id, [study], problem, self._patience.attempts)

    async def _fail(self, delivery_id: UUID, studies: Sequence[str], problem: str, attempts: int) -> None:
        for some in portions(studies):
            one = of_studies(delivery_id, some) & (instances.c.state == "expected") & (instances.c.attempts >= attempts)
            async with self._state.writing() as connection:
                own = update(instances).where(one, instances.c.problem != "").values(state="failed", is_taken=False)
                await connection.execute(own)
                rest = update(instances).where(one).values(state="failed", problem=problem, is_taken=False)
                await connection.execute(rest)
