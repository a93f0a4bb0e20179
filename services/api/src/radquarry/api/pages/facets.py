"""What narrows a search: facets with counts, and chips of the filters in force."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from radquarry.api.pages.address import MANY, Asked
from radquarry.api.pages.visible import shortened, visible
from radquarry.index.document import FacetValue

SHOWN = 8
LONGEST_LABEL = 120


@dataclass(frozen=True)
class FacetRow:
    """One value: how many have it, where a click leads, and where the click that excludes it leads."""

    value: str
    label: str
    count: int
    chosen: bool
    href: str
    deny_href: str


@dataclass(frozen=True)
class Facet:
    """A field and its values; `rest` is behind a disclosure."""

    name: str
    rows: tuple[FacetRow, ...]
    rest: tuple[FacetRow, ...]


@dataclass(frozen=True)
class Chip:
    """A filter in force and the address without it. `name` is its field, `denied` turns it round."""

    name: str
    value: str
    denied: bool
    href: str


def facets(counted: Mapping[str, Sequence[FacetValue]], asked: Asked) -> tuple[Facet, ...]:
    """The facets of a page of hits, in the order readers narrow by."""
    return tuple(facet for name in (*MANY, "has_report") if (facet := _facet(name, counted.get(name, ()), asked)).rows)


def _facet(name: str, values: Sequence[FacetValue], asked: Asked) -> Facet:
    rows = tuple(_row(name, value, asked) for value in values if value.value)
    first = tuple(row for i, row in enumerate(rows) if row.chosen or i < SHOWN)
    return Facet(name, first, tuple(row for row in rows if row not in first))


def _row(name: str, value: FacetValue, asked: Asked) -> FacetRow:
    if name == "has_report":
        return _report_row(value, asked)
    chosen = value.value in getattr(asked.filters, name)
    wanted = asked.without(name, value.value) if chosen else asked.having(name, value.value)
    return FacetRow(
        value=value.value,
        label=shortened(visible(value.value), LONGEST_LABEL)[0],
        count=value.count,
        chosen=chosen,
        href=wanted.href(),
        deny_href=asked.denying(name, value.value).href(),
    )


def _report_row(value: FacetValue, asked: Asked) -> FacetRow:
    """Its opposite is the other value, so that nothing is there to exclude."""
    having = value.value == "true"
    chosen = asked.filters.has_report == having
    href = asked.filtered(has_report=None if chosen else having).href()
    return FacetRow(value.value, value.value, value.count, chosen, href, "")


def chips(asked: Asked) -> tuple[Chip, ...]:
    """The filters in force, each with the address that drops it."""
    return tuple(_chips(asked))


def _chips(asked: Asked) -> Iterator[Chip]:
    filters = asked.filters
    for name in MANY:
        for value in getattr(filters, name):
            yield Chip(name, visible(value), denied=False, href=asked.without(name, value).href())
    for value in filters.exclude_modality:
        yield Chip("modality", visible(value), denied=True, href=asked.without("exclude_modality", value).href())
    if filters.study_date_from:
        href = asked.filtered(study_date_from=None).href()
        yield Chip("study_date_from", filters.study_date_from.isoformat(), denied=False, href=href)
    if filters.study_date_to:
        href = asked.filtered(study_date_to=None).href()
        yield Chip("study_date_to", filters.study_date_to.isoformat(), denied=False, href=href)
    if filters.has_report is not None:
        href = asked.filtered(has_report=None).href()
        yield Chip("has_report", str(filters.has_report).lower(), denied=False, href=href)
