"""A study as one retrieval wants it, as its row says."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from radquarry.messages import PriorsChoice, RetrievalState, SeriesChoice
from radquarry.mover.tables import as_utc

UNSETTLED: tuple[RetrievalState, ...] = ("requested", "waiting", "running", "paused")


@dataclass(frozen=True)
class Wanted:
    """Columns of `mover_studies` with those of its retrieval that the work needs.

    `only` names the wanted instances, none is all; a prior has no `priors` of its own. `listed` are the study's series
    as the order knows them, by UID, modality and number of instances; empty where it does not. `given_up` says who
    gave it up, in words.
    """

    retrieval_id: UUID
    order_id: UUID
    trail: UUID
    choice: SeriesChoice
    study_instance_uid: str
    pacs: str
    state: RetrievalState
    attempts: int
    delays: int
    looked_at: datetime | None
    chosen: tuple[str, ...]
    whole: bool
    expected: int | None
    received: int
    problem: str
    revision: int
    only: frozenset[str] = frozenset()
    priors: PriorsChoice | None = None
    listed: tuple[tuple[str, str, int], ...] = ()
    given_up: str = ""

    @classmethod
    def of(cls, row: Any) -> "Wanted":
        """From a row of both tables."""
        return cls(
            retrieval_id=UUID(row.retrieval_id),
            order_id=UUID(row.order_id),
            trail=UUID(row.trail),
            choice=SeriesChoice.model_validate_json(row.choice),
            study_instance_uid=row.study_instance_uid,
            pacs=row.pacs,
            state=row.state,
            attempts=row.attempts,
            delays=row.delays,
            looked_at=as_utc(row.looked_at) if row.looked_at else None,
            chosen=tuple(row.chosen.split()),
            whole=row.whole,
            expected=row.expected,
            received=row.received,
            problem=row.problem,
            revision=row.revision,
            only=frozenset(row.sop_instance_uids.split()),
            listed=tuple((uid, modality, count) for uid, modality, count in json.loads(row.listed or "[]")),
            priors=PriorsChoice.model_validate_json(row.priors) if row.priors and not row.prior_of else None,
            given_up=row.given_up,
        )
