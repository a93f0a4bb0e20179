"""The address of a search: every state of the search page is a URL with the names of `GET /api/v1/studies`."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from radquarry.index.document import Filters, Query

Sort = Literal["relevance", "newest", "oldest"]
SORTS: tuple[Sort, ...] = get_args(Sort)
MANY = ("modality", "body_part_examined", "institution_name", "patient_sex", "language", "pacs")
EITHER_WAY = ("has_report", "is_gone")
"""Filters that are true, false, or not there."""
HITS_ON_A_PAGE = 20


@dataclass(frozen=True)
class Asked:
    """What the reader asked: words, filters, order, page; `last` is the query whose results were on the screen."""

    q: str = ""
    filters: Filters = field(default_factory=Filters)
    sort: Sort = "relevance"
    after: str | None = None
    last: str | None = None
    unread: tuple[str, ...] = ()

    def query(self) -> Query:
        """As the index is asked. Without words there is no relevance: the newest come first."""
        sort = "newest" if self.sort == "relevance" and not self.q.strip() else self.sort
        return Query(q=self.q, filters=self.filters, sort=sort, limit=HITS_ON_A_PAGE, after=self.after)

    def href(self, path: str = "/") -> str:
        """The address of this search."""
        pairs = list(self.pairs())
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values of the address, without what is as usual."""
        if self.q:
            yield "q", self.q
        yield from self.filter_pairs()
        if self.sort != "relevance":
            yield "sort", self.sort
        if self.after:
            yield "after", self.after

    def filter_pairs(self) -> Iterator[tuple[str, str]]:
        """The filters alone."""
        for name in (*MANY, "exclude_modality"):
            yield from ((name, value) for value in getattr(self.filters, name))
        begin, end = self.filters.study_date_from, self.filters.study_date_to
        if begin or end:
            yield "study_date", f"{begin or ''}..{end or ''}"
        for name in EITHER_WAY:
            if (wanted := getattr(self.filters, name)) is not None:
                yield name, str(wanted).lower()

    def filtered(self, **changes: object) -> "Asked":
        """The first page of this search with other filters."""
        return replace(self, filters=self.filters.model_copy(update=changes), after=None, last=None)

    def having(self, name: str, value: str) -> "Asked":
        """This search with one more value of a filter (and not its opposite)."""
        values = tuple(dict.fromkeys((*getattr(self.filters, name), value)))
        return self.without(f"exclude_{name}", value).filtered(**{name: values})

    def without(self, name: str, value: str) -> "Asked":
        """This search with one value of a filter less."""
        return self.filtered(**{name: tuple(have for have in getattr(self.filters, name, ()) if have != value)})

    def denying(self, name: str, value: str) -> "Asked":
        """This search without the studies that have `value`: by a filter where there is one, else by words."""
        if name == "modality":
            return self.without(name, value).filtered(
                exclude_modality=tuple(dict.fromkeys((*self.filters.exclude_modality, value)))
            )
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        q = f"({self.q})" if " OR " in self.q else self.q
        return replace(self.without(name, value), q=f'{q} -{name}:"{quoted}"'.strip())


def asked(params: QueryParams) -> Asked:
    """What an address asks; a parameter that cannot be read is named in `unread` and left out."""
    unread: list[str] = []
    changes: dict[str, object] = {
        name: tuple(dict.fromkeys(value for value in params.getlist(name) if value))
        for name in (*MANY, "exclude_modality")
    }
    changes["study_date_from"], changes["study_date_to"] = _dates(params, unread)
    changes |= {name: {"true": True, "false": False}.get(params.get(name, "")) for name in EITHER_WAY}
    return Asked(
        q=params.get("q", "").strip(),
        filters=Filters().model_copy(update=changes),
        sort=next((sort for sort in SORTS if sort == params.get("sort")), "relevance"),
        after=params.get("after") or None,
        last=params.get("last"),
        unread=tuple(unread),
    )


def _dates(params: QueryParams, unread: list[str]) -> tuple[date | None, date | None]:
    begin, dots, end = params.get("study_date", "").partition("..")
    first = _date(params.get("study_date_from") or begin, "study_date_from", unread)
    last = _date(params.get("study_date_to") or (end if dots else begin), "study_date_to", unread)
    return first, last


def _date(text: str, name: str, unread: list[str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        unread.append(name)
        return None
