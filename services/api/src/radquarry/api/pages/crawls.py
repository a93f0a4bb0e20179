"""The pages of the crawls: all of them, a list before it is ordered, and one with its progress and its rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from radquarry.api.crawl_answers import SHOWS, RowView
from radquarry.api.crawl_drafts import Draft
from radquarry.api.crawls import CrawlProblem, CrawlView
from radquarry.api.listed import Listed
from radquarry.api.lists.columns import MEANINGS, Meaning
from radquarry.api.pages.crawl_forms import OrderForm
from radquarry.api.pages.study_line import StudyLine
from radquarry.messages import Row

ROWS_AT_ONCE = 50
PREVIEWED = 8
MOST_NAMED = 3
"""Studies of one row that are named; the others are counted."""


@dataclass(frozen=True)
class CrawlsPage:
    """Crawls, newest first, and the form that starts one."""

    crawls: tuple[CrawlView, ...]
    next_href: str
    order: OrderForm


@dataclass(frozen=True)
class ListPage:
    """A list as it was understood, before it is ordered. `meanings` are the columns that its rows fill."""

    draft_id: UUID
    draft: Draft
    meanings: tuple[Meaning, ...]
    rows: tuple[Row, ...]
    more: int
    back_href: str

    @property
    def sheet(self) -> str:
        """Of a workbook, the sheet that was read."""
        return self.draft.about.get("sheet", "")

    @property
    def delimiter(self) -> str:
        """Of a text with columns, what stands between them."""
        return self.draft.about.get("delimiter", "")

    @property
    def encoding(self) -> str:
        """Of a text."""
        return self.draft.about.get("encoding", "")


@dataclass(frozen=True)
class ProblemGroup:
    """Problems with the same reason: how many, and the days, rows or studies they are about."""

    kind: str
    reason: str
    count: int
    days: tuple[CrawlProblem, ...]
    more: int


@dataclass(frozen=True)
class RowFilter:
    """Rows of one kind, and the address that shows only them; `show` is empty for all."""

    show: str
    count: int
    href: str
    is_current: bool


@dataclass(frozen=True)
class RowShown:
    """A row with the studies that are named, each with its line where the index has one."""

    row: RowView
    studies: tuple[tuple[str, StudyLine | None], ...]
    more: int


@dataclass(frozen=True)
class RowsShown:
    """A page of the rows of a list, chosen by `show`."""

    rows: tuple[RowShown, ...]
    filters: tuple[RowFilter, ...]
    show: str
    first_href: str
    next_href: str
    csv_href: str
    xlsx_href: str


@dataclass(frozen=True)
class CrawlPage:
    """One crawl as it stands. `hidden` problems are not listed; `rows` is None for a crawl of days."""

    crawl: CrawlView
    groups: tuple[ProblemGroup, ...]
    hidden: int
    rows: RowsShown | None


def crawls_page(listed: Listed[CrawlView], order: OrderForm) -> CrawlsPage:
    """The list from its cursor on."""
    next_href = f"/crawls?after={listed.after}" if listed.after else ""
    return CrawlsPage(listed.items, next_href, order)


def list_page(draft_id: UUID, draft: Draft) -> ListPage:
    """The first rows, in the columns that any row fills."""
    meanings = tuple(name for name in MEANINGS if any(getattr(row, name) for row in draft.rows))
    asked = {"way": "rows", "pacs": draft.pacs}
    more = max(0, len(draft.rows) - PREVIEWED)
    return ListPage(draft_id, draft, meanings, draft.rows[:PREVIEWED], more, f"/crawls?{urlencode(asked)}")


def crawl_page(crawl: CrawlView, rows: RowsShown | None = None) -> CrawlPage:
    """One crawl with its problems gathered by reason, the most frequent first."""
    counted = Counter((problem.kind, problem.reason) for problem in crawl.problems)
    groups = []
    for (kind, reason), count in counted.most_common():
        same = [problem for problem in crawl.problems if (problem.kind, problem.reason) == (kind, reason)]
        named = [problem for problem in same if problem.day or problem.study_instance_uid or problem.row]
        groups.append(ProblemGroup(kind, reason, count, tuple(named[:30]), max(0, len(named) - 30)))
    return CrawlPage(crawl, tuple(groups), crawl.problem_count - len(crawl.problems), rows)


def named_in(listed: Listed[RowView]) -> tuple[str, ...]:
    """The studies whose lines the page shows."""
    return tuple(dict.fromkeys(uid for row in listed.items for uid in row.study_instance_uids[:MOST_NAMED]))


def rows_shown(
    crawl: CrawlView, show: str, after: str | None, listed: Listed[RowView], lines: Mapping[str, StudyLine]
) -> RowsShown:
    """The rows from their cursor on; `lines` are those of `named_in`, by StudyInstanceUID."""
    counts = crawl.rows.shows if crawl.rows else {}
    kinds = {"": crawl.rows.total if crawl.rows else 0}
    kinds |= {name: counts.get(name, 0) for name in SHOWS if counts.get(name) or name == show}
    filters = tuple(RowFilter(name, count, _href(crawl, name), name == show) for name, count in kinds.items())
    return RowsShown(
        rows=tuple(_shown(row, lines) for row in listed.items),
        filters=filters,
        show=show,
        first_href=_href(crawl, show) if after else "",
        next_href=_href(crawl, show, listed.after) if listed.after else "",
        csv_href=_table_href(crawl, show, "csv"),
        xlsx_href=_table_href(crawl, show, "xlsx"),
    )


def _table_href(crawl: CrawlView, show: str, form: str) -> str:
    return f"/api/v1/crawls/{crawl.id}/rows?{urlencode({'format': form, **_chosen(show)})}"


def _shown(row: RowView, lines: Mapping[str, StudyLine]) -> RowShown:
    named = row.study_instance_uids[:MOST_NAMED]
    return RowShown(row, tuple((uid, lines.get(uid)) for uid in named), max(0, row.studies - len(named)))


def _chosen(show: str) -> dict[str, str]:
    return {"show": show} if show else {}


def _href(crawl: CrawlView, show: str, after: str | None = None) -> str:
    asked = _chosen(show) | ({"after": after} if after else {})
    return f"/crawls/{crawl.id}{f'?{urlencode(asked)}' if asked else ''}#rows"
