"""The fields that say where images go and how, beside a retrieval or by themselves, and what was typed into them."""

from dataclasses import dataclass, field, replace
from typing import Self

from pydantic import ValidationError
from starlette.datastructures import FormData

from radquarry.api.delivery_views import DeliveryOrder
from radquarry.api.desk import Desk
from radquarry.api.destinations import DestinationView
from radquarry.api.pages.crawl_forms import fresh_key
from radquarry.api.problems import invalid
from radquarry.messages import Deidentification


@dataclass(frozen=True)
class DeliveryTyped:
    """What stands in the fields. Only who says so has images leave identified."""

    destination: str = ""
    is_identified: bool = False
    project: str = "default"
    profile: str = ""
    reports: bool = False
    mapping: bool = False
    key: str = field(default_factory=fresh_key)

    @classmethod
    def sent(cls, form: FormData) -> Self:
        """As it was typed."""
        texts = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        return cls(
            destination=texts.get("destination", ""),
            is_identified=texts.get("deidentify") == "0",
            project=texts.get("project", "") or "default",
            profile=texts.get("profile", ""),
            reports="reports" in texts,
            mapping="mapping" in texts,
            key=texts.get("key", "") or fresh_key(),
        )

    def order(self) -> DeliveryOrder | None:
        """None where nothing is to leave; raises the problem to show."""
        if not self.destination:
            return None
        how = None if self.is_identified else self._how()
        return DeliveryOrder(self.destination, how, reports=self.reports, mapping=self.mapping and how is not None)

    def _how(self) -> Deidentification:
        try:
            return Deidentification(project=self.project, profile=self.profile)
        except ValidationError:
            raise invalid(
                "A project has letters, digits, _ and -, at most 64 of them, and begins with none of both."
            ) from None


@dataclass(frozen=True)
class DeliveryForm:
    """The fields with what they offer to whom. `problem` says what does not fit."""

    typed: DeliveryTyped
    destinations: tuple[DestinationView, ...]
    profiles: tuple[str, ...]
    is_administrator: bool
    problem: str = ""

    @property
    def may_identify(self) -> bool:
        """Whether images can leave as they are, by order of this user."""
        return self.is_administrator and any(each.is_identified for each in self.destinations)

    @property
    def takes_reports(self) -> bool:
        """Whether reports can leave at all."""
        return any(each.takes_reports for each in self.destinations)


def delivery_form(desk: Desk, user: str, typed: DeliveryTyped | None = None, problem: str = "") -> DeliveryForm:
    """What `user` may choose from; empty, or as it was typed."""
    known = desk.deliveries.destinations
    shown = DeliveryTyped() if typed is None else replace(typed, key=fresh_key())
    return DeliveryForm(shown, known.list(), known.profiles, desk.rights.administers(user), problem)
