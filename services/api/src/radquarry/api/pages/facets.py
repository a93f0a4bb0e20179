"""What narrows a search: facets with counts, and chips of the filters in force."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from radquarry.api.pages.address import EITHER_WAY, MANY, Asked
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
    names = [*MANY, *(name for name in EITHER_WAY if name != "is_gone" or _is_any_gone(counted, asked))]
    return tuple(facet for name in names if (facet := _facet(name, counted.get(name, ()), asked)).rows)


def _is_any_gone(counted: Mapping[str, Sequence[FacetValue]], asked: Asked) -> bool:
    """Where none is, nobody need be told that all are there."""
    return asked.filters.is_gone is not None or any(each.value == "true" for each in counted.get("is_gone", ()))


def _facet(name: str, values: Sequence[FacetValue], asked: Asked) -> Facet:
    rows = tuple(_row(name, value, asked) for value in values if value.value)
    first = tuple(row for i, row in enumerate(rows) if row.chosen or i < SHOWN)
    return Facet(name, first, tuple(row for row in rows if row not in first))


def _row(name: str, value: FacetValue, asked: Asked) -> FacetRow:
    if name in EITHER_WAY:
        return _either_way(name, value, asked)
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


def _either_way(name: str, value: FacetValue, asked: Asked) -> FacetRow:
    """Its opposite is the other value, so that nothing is there to exclude."""
    having = value.value == "true"
    chosen = getattr(asked.filters, name) == having
    href = asked.filtered(**{name: None if chosen else having}).href()
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
    for name in EITHER_WAY:
        if (wanted := getattr(filters, name)) is not None:
            yield Chip(name, str(wanted).lower(), denied=False, href=asked.filtered(**{name: None}).href())
