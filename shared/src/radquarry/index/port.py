"""What services need of the search store."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from radquarry.errors import Permanent
from radquarry.index.document import Document, Page, Part, Query


class QueryRefused(Permanent):
    """The query's words cannot be read: `position` is the 0-based character, the text says what was expected."""

    def __init__(self, text: str, position: int) -> None:
        super().__init__(text)
        self.position = position


class Index(Protocol):
    """One document per StudyInstanceUID. Raises `PeerAway` when the store does not answer."""

    async def merge(self, parts: Sequence[Part]) -> None:
        """Merge parts into their documents; durable and searchable when it returns. See `Document.merged`."""

    async def search(self, query: Query) -> Page:
        """One page of hits; raises `QueryRefused`."""

    async def get(self, study_instance_uid: str) -> Document | None:
        """The document of one study, as it is now."""

    async def timeline(self, patient_id: str, pacs: str) -> Sequence[Document]:
        """All studies of one patient of one PACS, oldest first."""

    def scan(self, query: Query) -> AsyncIterator[Document]:
        """Every hit, in the query's order where the store can, for exports; flat memory."""

    async def count(self) -> int:
        """How many documents there are."""
