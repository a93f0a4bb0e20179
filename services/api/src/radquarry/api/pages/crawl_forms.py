"""The forms that order a crawl, one for each way to ask, and what was typed into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self, get_args
from urllib.parse import urlencode
from uuid import uuid4

from starlette.datastructures import FormData

from radquarry.api.crawl_order import CrawlOrder, Way
from radquarry.api.listers import Lister
from radquarry.api.lists.columns import IDENTIFIERS
from radquarry.api.lists.queries import EXAMPLE, queries_in
from radquarry.api.lists.uploads import Upload, modalities_in
from radquarry.api.problems import Problem, invalid
from radquarry.configuration.ris import is_date

WAYS: tuple[Way, ...] = get_args(Way)
CHOSEN = "filter."
"""Begins the name of a field of `ris_filter`."""
TYPED = (
    "pacs", "start_date", "end_date", "modalities", "study_description", "institution_name", "single", "text",
    "queries", "ris",
)  # fmt: skip


def fresh_key() -> str:
    """Makes a second click on the same form the same order."""
    return str(uuid4())


@dataclass(frozen=True)
class CrawlForm:
    """What stands in the form of its `way`."""

    way: Way = "dates"
    pacs: str = ""
    start_date: str = ""
    end_date: str = ""
    modalities: str = ""
    study_description: str = ""
    institution_name: str = ""
    single: str = ""
    text: str = ""
    queries: str = ""
    ris: str = ""
    ris_filter: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default_factory=fresh_key)

    @classmethod
    def sent(cls, form: FormData) -> Self:
        """As it was typed."""
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        chosen = {name.removeprefix(CHOSEN): text for name, text in texts.items() if name.startswith(CHOSEN)}
        named = {name: texts[name] for name in TYPED if name in texts}
        key = texts.get("key") or fresh_key()
        return cls(way=way_named(texts.get("way", "")), ris_filter=chosen, key=key, **named)

    @classmethod
    def uploaded(cls, upload: Upload) -> Self:
        """The form of a list that does not fit: a file has to be chosen again."""
        return cls(way="rows", pacs=upload.pacs, modalities=upload.modalities, single=upload.single, text=upload.text)

    def again(self) -> "CrawlForm":
        """What was typed, for another try."""
        return replace(self, key=fresh_key())

    def order(self) -> CrawlOrder:
        """What was typed, as an order; raises the problem to show beside the form."""
        wanted = CrawlOrder(self.pacs, modalities=modalities_in(self.modalities))
        match self.way:
            case "queries":
                return replace(wanted, queries=queries_in(self.queries))
            case "ris":
                chosen = {name: text.strip() for name, text in self.ris_filter.items()}
                return replace(wanted, ris=self.ris, ris_filter=chosen)
            case "rows":
                raise invalid("Paste the list, or choose a file with it.")
            case "dates":
                first, last = self._days()
                description, institution = self.study_description.strip(), self.institution_name.strip()
                days = replace(wanted, start_date=first, end_date=last)
                return replace(days, study_description=description, institution_name=institution)

    def _days(self) -> tuple[date, date]:
        try:
            return date.fromisoformat(self.start_date), date.fromisoformat(self.end_date or self.start_date)
        except ValueError:
            raise _no_date() from None


def _no_date() -> Problem:
    return invalid("A date looks like 2023-05-17.")


def way_named(text: str) -> Way:
    """The way of this name; days where it is none."""
    return next((way for way in WAYS if way == text), "dates")


@dataclass(frozen=True)
class WayLink:
    """A way to ask, and the address of its form."""

    way: Way
    href: str
    is_current: bool


@dataclass(frozen=True)
class FilterField:
    """One parameter of the query of a RIS."""

    name: str
    value: str
    is_date: bool

    @property
    def field(self) -> str:
        """Its name in the form."""
        return f"{CHOSEN}{self.name}"


@dataclass(frozen=True)
class OrderForm:
    """The form of one way, with the ways beside it. `ris` are those that give lists; `problem` what does not fit."""

    form: CrawlForm
    names: tuple[str, ...]
    ways: tuple[WayLink, ...]
    ris: tuple[str, ...]
    fields: tuple[FilterField, ...]
    singles: tuple[str, ...]
    problem: str = ""

    @property
    def example(self) -> str:
        """Queries as they are written."""
        return EXAMPLE


def order_form(form: CrawlForm, names: tuple[str, ...], listing: Mapping[str, Lister], problem: str = "") -> OrderForm:
    """`names` are the PACS, `listing` the RIS that give lists."""
    about = {"pacs": form.pacs} if form.pacs else {}
    ways = tuple(
        WayLink(way, f"/crawls?{urlencode({'way': way, **about})}", is_current=way == form.way) for way in WAYS
    )
    chosen = form.ris if form.ris in listing else next(iter(listing), "")
    parameters = listing[chosen].parameters if chosen else ()
    fields = tuple(FilterField(name, form.ris_filter.get(name, ""), is_date(name)) for name in parameters)
    return OrderForm(replace(form, ris=chosen), names, ways, tuple(listing), fields, tuple(IDENTIFIERS), problem)
