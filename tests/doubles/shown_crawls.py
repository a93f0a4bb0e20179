"""Crawls as a test puts them: views, rows and drafts in memory, every order written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from radquarry.api.crawl_answers import SHOWS, RowCounts, RowView
from radquarry.api.crawl_drafts import Draft
from radquarry.api.crawl_order import CrawlOrder, check
from radquarry.api.crawls import CrawlView
from radquarry.api.listed import Listed
from radquarry.api.listers import Lister
from radquarry.api.problems import already_settled, unknown
from tests.doubles.shown_archives import NOW


def crawl(number: int = 1, **changes: Any) -> CrawlView:
    """A finished crawl over May 2025."""
    usual: dict[str, Any] = {
        "id": UUID(int=number), "state": "complete", "pacs": "main", "start_date": date(2025, 5, 1),
        "end_date": date(2025, 5, 31), "modalities": (), "requested_by": "", "requested_at": NOW,
        "windows_planned": 31, "windows_closed": 31, "windows_with_gaps": 0, "studies_found": 412,
        "reports_fetched": 401, "reports_missing": 11, "documents_indexed": 412, "studies_settled": 412,
        "problem_count": 0, "problems": (),
    }  # fmt: skip
    return CrawlView(**(usual | changes))


def row(number: int, link: str = "exact", **changes: Any) -> RowView:
    """A row that was answered, with a study unless its link is `none`."""
    uids = () if link in {"none", ""} else (f"1.2.3.{number}",)
    usual: dict[str, Any] = {
        "number": number, "accession_number": f"A{number:04}", "study_instance_uid": "", "patient_id": "",
        "study_date": None, "modality": "", "query": {}, "link": link, "studies": len(uids),
        "study_instance_uids": uids, "problem": "", "is_gap": False, "is_answered": True,
    }  # fmt: skip
    return RowView(**(usual | changes))


def crawl_of_rows(rows: Sequence[RowView], **changes: Any) -> CrawlView:
    """A crawl by a list whose counts are those of its rows."""
    counted = {show: sum(is_shown(row, show) for row in rows) for show in SHOWS}
    counts = RowCounts(
        len(rows), len(rows) - counted["open"], {show: number for show, number in counted.items() if number}
    )
    return crawl(way="rows", start_date=None, end_date=None, rows_total=len(rows), rows=counts, **changes)


def is_shown(row: RowView, show: str) -> bool:
    """Whether the row is of this kind."""
    kinds = {"open": not row.is_answered, "gap": row.is_gap, "problem": bool(row.problem), "found": row.studies > 0}
    return kinds.get(show, not show or (row.is_answered and row.link == show))


@dataclass
class ListedRows:
    views: list[RowView] = field(default_factory=list)

    async def list(self, crawl_id: UUID, show: str = "", limit: int = 50, after: str | None = None) -> Listed[RowView]:
        chosen = [row for row in self.views if is_shown(row, show) and row.number > int(after or 0)]
        return Listed(tuple(chosen[:limit]), str(chosen[limit - 1].number) if len(chosen) > limit else None)


@dataclass
class ListedDrafts:
    kept: dict[UUID, tuple[Draft, str]] = field(default_factory=dict)

    async def keep(self, draft: Draft, user: str) -> UUID:
        draft_id = UUID(int=len(self.kept) + 1)
        self.kept[draft_id] = draft, user
        return draft_id

    async def get(self, draft_id: UUID, user: str) -> Draft:
        draft, made_by = self.kept.get(draft_id, (None, ""))
        if draft is None or made_by != user:
            raise unknown("list")
        return draft


@dataclass
class ListedCrawls:
    views: list[CrawlView] = field(default_factory=list)
    orders: list[tuple[CrawlOrder, str]] = field(default_factory=list)
    cancelled: list[UUID] = field(default_factory=list)
    resumed: list[UUID] = field(default_factory=list)
    rows: ListedRows = field(default_factory=ListedRows)
    drafts: ListedDrafts = field(default_factory=ListedDrafts)
    listing: Mapping[str, Lister] = field(default_factory=dict)
    known: Sequence[str] = ("main",)

    def check(self, order: CrawlOrder) -> None:
        check(order, self.known, self.listing)

    async def request(self, order: CrawlOrder, user: str = "", key: str | None = None) -> UUID:
        self.check(order)
        if (order, key or "") not in self.orders:
            self.orders.append((order, key or ""))
        return UUID(int=1)

    async def get(self, crawl_id: UUID) -> CrawlView:
        for view in self.views:
            if view.id == crawl_id:
                return view
        raise unknown("crawl", crawl_id)

    async def list(self, limit: int = 50, after: str | None = None) -> Listed[CrawlView]:
        return Listed(tuple(self.views[:limit]), "next" if len(self.views) > limit and not after else None)

    async def cancel(self, crawl_id: UUID, user: str = "") -> None:
        view = await self.get(crawl_id)
        if view.is_settled:
            raise already_settled("crawl", view.state)
        self.cancelled.append(crawl_id)

    async def resume(self, crawl_id: UUID, user: str = "", wait: float = 0) -> CrawlView:
        view = await self.get(crawl_id)
        if view.is_settled and view.state != "cancelled":
            raise already_settled("crawl", view.state)
        self.resumed.append(crawl_id)
        return view
