"""What people decide about studies of a retrieval that lack images: have them asked for again, or give them up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from radquarry.api.audit import audit
from radquarry.api.orders import Orders
from radquarry.api.problems import Problem, already_settled, invalid
from radquarry.api.retrieval_views import RetrievalStudy, RetrievalView
from radquarry.messages import GiveUpStudies, RetryStudies

LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Chosen:
    """Studies by their StudyInstanceUIDs, or those with this problem; neither is all."""

    studies: tuple[str, ...] = ()
    problem: str = ""

    def of(self, retrieval: RetrievalView) -> tuple[RetrievalStudy, ...]:
        """Those of a retrieval; raises the problem to show when it holds some of the named ones not."""
        if self.studies and self.problem:
            raise invalid("Name studies, or a problem that they share, not both.")
        known = {study.study_instance_uid for study in retrieval.studies}
        if strange := [place for place, uid in enumerate(self.studies) if uid not in known]:
            detail = f"{len(strange)} of these {len(self.studies)} studies are not in this retrieval."
            raise invalid(detail, positions=strange[:100])
        named = frozenset(self.studies)
        return tuple(
            study
            for study in retrieval.studies
            if (not named or study.study_instance_uid in named) and self.problem in ("", study.problem)
        )


class RetrievalDecisions:
    """`get` gives a retrieval with its studies. What nothing is left to do about is no error: twice is once."""

    def __init__(self, get: Callable[[UUID], Awaitable[RetrievalView]], orders: Orders) -> None:
        self._get = get
        self._orders = orders

    async def retry(self, retrieval_id: UUID, chosen: Chosen, user: str = "", wait: float = 0) -> None:
        """Ask again at once for what the chosen ones lack; at most `wait` seconds until that shows."""
        retrieval = await self._open(retrieval_id)
        if retrieval.state == "cancelled":
            raise already_settled("retrieval", retrieval.state)
        meant = [study for study in chosen.of(retrieval) if study.can_be_asked_again]
        if not meant:
            return
        uids = tuple(study.study_instance_uid for study in meant)
        about = {"trail": retrieval_id, "retrieval_id": retrieval_id, "studies": uids}
        await self._orders.publish(RetryStudies(sent_at=self._orders.clock(), **about))
        audit(RetryStudies.topic, user, retrieval_id=str(retrieval_id), studies=len(uids))
        await self._until_otherwise(retrieval_id, meant, wait)

    async def give_up(self, retrieval_id: UUID, chosen: Chosen, user: str = "", wait: float = 0) -> None:
        """Fetch no more of the chosen ones; at most `wait` seconds until that shows."""
        meant = [study for study in chosen.of(await self._open(retrieval_id)) if study.can_be_given_up]
        if not meant:
            return
        uids = tuple(study.study_instance_uid for study in meant)
        about = {"trail": retrieval_id, "retrieval_id": retrieval_id, "studies": uids, "requested_by": user}
        await self._orders.publish(GiveUpStudies(sent_at=self._orders.clock(), **about))
        audit(GiveUpStudies.topic, user, retrieval_id=str(retrieval_id), studies=len(uids))
        await self._until_otherwise(retrieval_id, meant, wait)

    async def _open(self, retrieval_id: UUID) -> RetrievalView:
        """Raises the problem to show of an order that was parked as a whole: nobody has taken it up."""
        retrieval = await self._get(retrieval_id)
        if retrieval.refused:
            detail = "The order itself could not be taken up: replay or discard it among the failures."
            raise Problem(409, "order-failed", "The order itself has failed", detail)
        return retrieval

    async def _until_otherwise(self, retrieval_id: UUID, meant: list[RetrievalStudy], wait: float) -> None:
        """Until the first of them stands otherwise, so that the page to come shows what was done."""
        before = {study.study_instance_uid: study for study in meant}
        until = asyncio.get_running_loop().time() + wait
        while asyncio.get_running_loop().time() < until:
            now = (await self._get(retrieval_id)).studies
            if any(before.get(study.study_instance_uid, study) != study for study in now):
                return
            await asyncio.sleep(LOOK_SECONDS)
