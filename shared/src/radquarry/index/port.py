"""What services need of the search store."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from radquarry.errors import Permanent
from radquarry.index.document import Document, Page, Query
from radquarry.index.parts import Part


class QueryRefused(Permanent):
    """The query's words cannot be read: `position` is the 0-based character, the text says what was expected."""

    def __init__(self, text: str, position: int) -> None:
        super().__init__(text)
        self.position = position


class PartsRefused(Permanent):
    """The store will never take some of the parts; it holds all the others, durable and searchable.

    `reasons`: position in the merged sequence → why.
    """

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__(f"{len(reasons)} parts refused, the first: {next(iter(reasons.values()), '')}")
        self.reasons = dict(reasons)


class Index(Protocol):
    """One document per StudyInstanceUID. Raises `PeerAway` when the store does not answer."""

    async def merge(self, parts: Sequence[Part]) -> None:
        """Merge parts into their documents; durable and searchable when it returns. See `Document.merged`.

        Raises `PartsRefused` after it has merged all parts that can be.
        """

    async def search(self, query: Query) -> Page:
        """One page of hits; raises `QueryRefused`.

        Pages chained by `after` hold every hit once, also while studies are added. In the order of dates that
        holds for ever; by relevance for some minutes, after which a page may repeat or skip what has moved.
        """

    async def get(self, study_instance_uid: str) -> Document | None:
        """The document of one study, as it is now."""

    async def timeline(self, patient_id: str, pacs: str) -> Sequence[Document]:
        """All studies of one patient of one PACS, oldest first."""

    def scan(self, query: Query) -> AsyncIterator[Document]:
        """Every hit, for exports: newest or oldest first (by relevance makes no sense there); flat memory.

        `limit` and `after` of the query do not count.
        """

    async def count(self) -> int:
        """How many documents there are."""
