"""Crawls by lists and queries, at a finder that works off what it orders of itself when it is told to."""

from collections.abc import Iterable
from uuid import uuid4

from radquarry.finder.handlers import cancel_crawl, find_window, plan_crawl, resume_crawl
from radquarry.finder.ledger import Ledger
from radquarry.finder.list_handlers import find_queries, find_rows, plan_rows
from radquarry.messages import (
    CancelCrawl,
    CrawlRequested,
    FindQueries,
    FindRows,
    FindWindow,
    Message,
    PortionClosed,
    ResumeCrawl,
    Row,
    RowsListed,
    StudyFound,
    WindowClosed,
)
from tests.finder.pacs_of_rows import PacsOfRows
from tests.finder.said import Said

CRAWL = uuid4()


class Desk:
    """A finder whose bus is a list: what it orders of itself is worked off when a test says so."""

    def __init__(self, ledger: Ledger, pacs: PacsOfRows) -> None:
        self.ledger = ledger
        self.pacs = pacs
        self.said = Said()

    async def hear(self, message: Message) -> None:
        """As the finder does."""
        here = {"ledger": self.ledger, "publish": self.said}
        asking = {**here, "archives": {"main": self.pacs}}
        match message:
            case CrawlRequested():
                await plan_crawl(message, **asking)
            case RowsListed():
                await plan_rows(message, **asking)
            case FindWindow():
                await find_window(message, **asking)
            case FindRows():
                await find_rows(message, **asking)
            case FindQueries():
                await find_queries(message, **asking)
            case CancelCrawl():
                await cancel_crawl(message, **here)
            case ResumeCrawl():
                await resume_crawl(message, **here)

    async def work_off(self, orders: Iterable[Message]) -> None:
        """Hear these, one after the other."""
        for order in orders:
            await self.hear(order)

    def orders(self) -> list[Message]:
        """What it ordered of itself."""
        return [each for each in self.said.messages if isinstance(each, FindRows | FindQueries | FindWindow)]

    def latest(self) -> dict[object, PortionClosed | WindowClosed]:
        """The last word about each piece, as the api keeps it."""
        closed = [each for each in self.said.messages if isinstance(each, PortionClosed | WindowClosed)]
        return {getattr(each, "portion", getattr(each, "day", None)): each for each in closed}

    def check_sums(self) -> None:
        """The pieces' studies are those that were announced."""
        announced = {found.study.study_instance_uid for found in self.said.all(StudyFound)}
        assert sum(each.studies for each in self.latest().values()) == len(announced)


def rows(count: int) -> tuple[Row, ...]:
    """Of a list, with accession numbers of their own."""
    return tuple(Row(number=n + 1, accession_number=f"ACC{n:06d}") for n in range(count))


def a_list(count: int, **fields) -> CrawlRequested:
    """The order for a crawl by so many rows."""
    return CrawlRequested(trail=CRAWL, crawl_id=CRAWL, pacs="main", **{"rows": rows(count), **fields})


def a_listing(portion: int, some: tuple[Row, ...], *, is_last: bool = False) -> RowsListed:
    """One part of what a RIS lists."""
    return RowsListed(trail=CRAWL, crawl_id=CRAWL, pacs="main", ris="ris", portion=portion, rows=some, is_last=is_last)
