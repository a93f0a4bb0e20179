"""Lists that were read and are not ordered yet: shown to whoever brought them, for a day at most.

They hold a patient's data, as the rows of a crawl do: no line of the log does.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select

from radquarry.api.crawl_order import CrawlOrder
from radquarry.api.crawl_tables import crawl_drafts
from radquarry.api.lists.reading import Column, ReadList
from radquarry.api.lists.tables import Note
from radquarry.api.problems import unknown
from radquarry.messages import Row
from radquarry.state.store import State

KEPT = timedelta(hours=24)


class Draft(BaseModel):
    """An order by a list, and how the list was understood. `form` and `about` say in which form it was."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pacs: str
    modalities: tuple[str, ...]
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    has_headings: bool
    form: str
    about: dict[str, str]
    notes: tuple[Note, ...]

    @classmethod
    def of(cls, read: ReadList, pacs: str, modalities: tuple[str, ...]) -> Self:
        """Of a list as it was read."""
        return cls(
            pacs=pacs,
            modalities=modalities,
            rows=read.rows,
            columns=read.columns,
            has_headings=read.has_headings,
            form=read.table.form,
            about=dict(read.table.about),
            notes=read.notes,
        )

    def order(self) -> CrawlOrder:
        """What is ordered when it is taken as it is."""
        return CrawlOrder(self.pacs, modalities=self.modalities, rows=self.rows)


class Drafts:
    """Keeps them in the state store, so that every replica can show them."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock

    async def keep(self, draft: Draft, user: str) -> UUID:
        """Its id. What was kept for too long goes."""
        draft_id = uuid4()
        row = {"draft_id": draft_id, "made_by": user[:200], "made_at": self._clock()}
        async with self._state.writing() as connection:
            await connection.execute(delete(crawl_drafts).where(crawl_drafts.c.made_at < self._clock() - KEPT))
            await self._state.upsert(connection, crawl_drafts, [row | {"content": draft.model_dump_json()}])
        return draft_id

    async def get(self, draft_id: UUID, user: str) -> Draft:
        """A draft of this user; raises the problem to show when there is none."""
        chosen = select(crawl_drafts.c.content).where(
            crawl_drafts.c.draft_id == draft_id,
            crawl_drafts.c.made_by == user[:200],
            crawl_drafts.c.made_at >= self._clock() - KEPT,
        )
        async with self._state.reading() as connection:
            content = await connection.scalar(chosen)
        if content is None:
            raise unknown("list")
        return Draft.model_validate_json(content)
