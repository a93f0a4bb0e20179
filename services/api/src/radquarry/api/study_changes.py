"""What became different in the archive about a study, and how it was known before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from radquarry.api import bulk
from radquarry.api.peer_tables import study_changes
from radquarry.messages import Change, Study, StudyChanged
from radquarry.state.store import State

MOST = 500
"""Of one study; the newest."""


@dataclass(frozen=True)
class ChangeView:
    """One change; `former` is the study as it was known before."""

    kind: Change
    seen_at: datetime
    pacs: str
    crawl_id: UUID
    former: Study


class StudyChanges:
    """One row per change, keyed so that twice is once."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def write(self, facts: Sequence[StudyChanged]) -> None:
        """Take `facts` up in one transaction."""
        rows = [
            {
                "study_instance_uid": fact.study_instance_uid,
                "kind": fact.kind,
                "seen_at": fact.seen_at,
                "pacs": fact.pacs[:64],
                "crawl_id": fact.crawl_id,
                "former": fact.former.model_dump_json(exclude_defaults=True),
            }
            for fact in facts
        ]
        async with self._state.writing() as connection:
            await self._state.upsert(connection, study_changes, rows)

    async def of(self, study_instance_uid: str) -> tuple[ChangeView, ...]:
        """Newest first."""
        chosen = (
            select(study_changes)
            .where(study_changes.c.study_instance_uid == study_instance_uid)
            .order_by(study_changes.c.seen_at.desc(), study_changes.c.kind)
            .limit(MOST)
        )
        async with self._state.reading() as connection:
            rows = await bulk.fetch(connection, chosen)
        return tuple(
            ChangeView(row.kind, row.seen_at, row.pacs, row.crawl_id, Study.model_validate_json(row.former))
            for row in rows
        )
