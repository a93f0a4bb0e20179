"""Where deliveries may go, and who may order which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from radquarry.api.audit import audit
from radquarry.api.delivered_archives import DeliveredArchives
from radquarry.api.delivery_views import DeliveryOrder
from radquarry.api.problems import Problem, invalid
from radquarry.api.security.rights import Rights
from radquarry.configuration.sections import Destination


@dataclass(frozen=True)
class DestinationView:
    """A destination of the configuration, without its secrets; `is_identified`: images may go there as they are.

    `is_zip`: one archive is made for each delivery, when all of it has come.
    """

    name: str
    kind: str
    takes_reports: bool
    is_identified: bool
    is_zip: bool = False


class Destinations:
    """What the configuration names: `known` destinations, and `profiles` of de-identification.

    `archives` are the zip archives that lie there.
    """

    def __init__(self, known: Mapping[str, Destination], profiles: Collection[str], rights: Rights) -> None:
        self._known = known
        self._rights = rights
        self.profiles = tuple(sorted(profiles))
        self.archives = DeliveredArchives(known, rights)

    def list(self) -> tuple[DestinationView, ...]:
        """By name."""
        return tuple(_view(name, self._known[name]) for name in sorted(self._known))

    def check(self, order: DeliveryOrder, user: str) -> None:
        """Raises the problem to answer with where it names what is not there, or `user` may not order it."""
        destination = self._known.get(order.destination)
        if destination is None:
            raise self._unknown(order.destination)
        if order.reports and destination.kind != "directory":
            raise invalid(
                f"Reports leave to directories only, and {order.destination} is of kind {destination.kind}: "
                "leave reports out, or choose a directory."
            )
        if order.deidentify is not None:
            self.check_profile(order.deidentify.profile)
        elif order.mapping:
            raise invalid("mapping is the table of originals and pseudonyms: it needs deidentify.")
        else:
            self._check_identified(order, destination, user)
        if order.mapping:
            self.check_mapping(user)

    def check_profile(self, profile: str) -> None:
        """Raises the problem to answer with where no profile has this name; the empty one is the usual one."""
        if profile and profile not in self.profiles:
            listed = f"Known: {', '.join(self.profiles)}." if self.profiles else "None is configured."
            detail = f"No profile of deidentification.profiles has this name. {listed} Leave it out for the usual one."
            raise Problem(422, "unknown-profile", "No profile has this name", detail, known=list(self.profiles))

    def check_mapping(self, user: str) -> None:
        """Raises the problem to answer with where `user` may not have the table of originals written."""
        if not self._rights.administers(user):
            audit("mapping refused", user)
            raise not_for_you("The table of originals and pseudonyms is written for administrators only")

    def _check_identified(self, order: DeliveryOrder, destination: Destination, user: str) -> None:
        if not destination.identified:
            detail = f"Only de-identified images may go to {order.destination}: order with deidentify."
            raise Problem(422, "not-identified", "Not without de-identification", detail)
        if not self._rights.administers(user):
            audit("delivery.requested refused", user, destination=order.destination, deidentified=False)
            raise not_for_you("Images that are not de-identified leave by order of administrators only")

    def _unknown(self, name: str) -> Problem:
        names = sorted(self._known)
        nearest = get_close_matches(name, names, n=1)
        hint = f"Did you mean {nearest[0]!r}? " if nearest else ""
        listed = f"Known: {', '.join(names)}." if names else "None is configured: add one under destinations."
        return Problem(422, "unknown-destination", "No destination has this name", f"{hint}{listed}", known=names)


def _view(name: str, destination: Destination) -> DestinationView:
    is_folder = destination.kind == "directory"
    return DestinationView(name, destination.kind, is_folder, destination.identified, is_folder and destination.zip)


def not_for_you(sentence: str) -> Problem:
    """The problem to answer with where only administrators may."""
    detail = f"{sentence}; api.authentication.administrators names them."
    return Problem(403, "not-an-administrator", "Not for you", detail)
