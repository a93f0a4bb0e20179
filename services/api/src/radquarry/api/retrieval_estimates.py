"""What a retrieval would bring: what the index knows of its studies, reckoned up by the mover."""

import asyncio
from functools import partial

from radquarry.api.audit import audit
from radquarry.api.holdings import held
from radquarry.api.live import Live
from radquarry.api.orders import Orders
from radquarry.api.problems import invalid
from radquarry.api.retrieval_views import RetrievalOrder
from radquarry.errors import PeerAway
from radquarry.index.document import Document
from radquarry.index.port import Index
from radquarry.messages import EstimateRetrieval, PlannedStudy, RetrievalEstimated, Series

MOST_SERIES = 40_000
"""Of one estimate: some 250 bytes each, in a message of at most 16 MiB (RabbitMQ's limit)."""


class Estimates:
    """The index says what is known of a study, the mover what that comes to."""

    def __init__(self, orders: Orders, live: Live, index: Index) -> None:
        self._orders = orders
        self._live = live
        self._index = index

    async def estimate(self, order: RetrievalOrder, user: str = "", wait: float = 0) -> RetrievalEstimated:
        """Ask, and wait so many seconds. Raises `Problem`, or `PeerAway` when no answer came."""
        order.check()
        plans = await held(self._index, order.studies, partial(_planned, order=order))
        if sum(len(plan.series) for plan in plans.values()) > MOST_SERIES:
            raise invalid(f"These studies have more than {MOST_SERIES} series: estimate them in parts.")
        question = EstimateRetrieval(
            sent_at=self._orders.clock(),
            studies=tuple(plans.values()),
            choice=order.series,
            priors=order.priors,
            not_before=order.not_before,
            windows=order.windows,
        )
        with self._live.estimates.answer_to(question.id) as answer:
            await self._orders.publish(question)
            audit(question.topic, user, studies=len(plans))
            try:
                async with asyncio.timeout(wait):
                    return await answer
            except TimeoutError:
                raise PeerAway("the mover does not answer") from None


def _planned(document: Document, order: RetrievalOrder) -> PlannedStudy:
    study, uid = document.study, document.study_instance_uid
    return PlannedStudy(
        study_instance_uid=uid,
        pacs=document.pacs,
        series=tuple(_telling(series, order) for series in study.series) if study else (),
        modalities_in_study=study.modalities_in_study if study else (),
        number_of_study_related_instances=study.number_of_study_related_instances if study else None,
        sop_instance_uids=order.instances.get(uid, ()),
    )


def _telling(series: Series, order: RetrievalOrder) -> Series:
    """Without the description where nothing is chosen by it: people write names into it."""
    is_chosen_by = order.series.include_description or order.series.exclude_description
    return series if is_chosen_by else series.model_copy(update={"series_description": ""})
