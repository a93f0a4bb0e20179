"""The pages of the deliveries: all of them, one as a grid of its studies, and the form for a new one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from radquarry.api.delivered_archives import ArchivesOf
from radquarry.api.delivery_views import Cause, DeliveryStudy, DeliveryView, Fate
from radquarry.api.listed import Listed
from radquarry.api.pages.delivery_form import DeliveryForm
from radquarry.api.pages.study_line import StudyLine
from radquarry.api.retrieval_views import RetrievalView
from radquarry.messages import DeliveryState

MOST_SQUARES = 600
MOST_NAMED = 60
MOST_CAUSES = 12
"""Of each fate: behind them a disclosure."""
_URGENCY: tuple[DeliveryState, ...] = ("incomplete", "running", "waiting", "requested", "cancelled", "complete")
_FATES: tuple[Fate, ...] = ("held back", "failed", "missing")


@dataclass(frozen=True)
class DeliveriesPage:
    """Deliveries, newest first. `has_destinations`: the configuration names some."""

    deliveries: tuple[DeliveryView, ...]
    next_href: str
    has_destinations: bool

    @property
    def is_moving(self) -> bool:
        """Whether any of them is under way."""
        return any(not delivery.is_settled for delivery in self.deliveries)


@dataclass(frozen=True)
class Parcel:
    """One study in the grid; `number` is its place in the delivery."""

    number: int
    study: DeliveryStudy
    href: str
    line: StudyLine | None = None


@dataclass(frozen=True)
class Lost:
    """Instances with one fate, by their causes; `more` are behind the first ones."""

    fate: str
    instances: int
    causes: tuple[Cause, ...]
    more: tuple[Cause, ...]


@dataclass(frozen=True)
class Trouble:
    """Studies that are not there yet, for the same reason; `again_at` is the next try of any of them."""

    problem: str
    studies: int
    again_at: datetime | None = None


@dataclass(frozen=True)
class DeliveryPage:
    """One delivery as it stands. `hidden` studies have no square; `named` are the ones worth a line.

    `has_report`: a release report can be fetched. `is_zip`: it leaves as one archive.
    `taken` is what of it can be downloaded, where it has ended.
    """

    delivery: DeliveryView
    squares: tuple[Parcel, ...]
    hidden: int
    states: tuple[tuple[str, int], ...]
    lost: tuple[Lost, ...]
    troubles: tuple[Trouble, ...]
    named: tuple[Parcel, ...]
    has_report: bool
    is_zip: bool
    taken: ArchivesOf


@dataclass(frozen=True)
class NewDeliveryPage:
    """The form for a delivery of this retrieval."""

    retrieval: RetrievalView
    form: DeliveryForm


def deliveries_page(listed: Listed[DeliveryView], *, has_destinations: bool) -> DeliveriesPage:
    """The list from its cursor on."""
    return DeliveriesPage(listed.items, f"/deliveries?after={listed.after}" if listed.after else "", has_destinations)


def worth_a_line(delivery: DeliveryView) -> tuple[str, ...]:
    """The studies whose names the page shows: those that need a look first."""
    return tuple(parcel.study.study_instance_uid for parcel in _by_urgency(delivery, {})[:MOST_NAMED])


def delivery_page(
    delivery: DeliveryView, lines: Mapping[str, StudyLine], *, has_report: bool, taken: ArchivesOf | None = None
) -> DeliveryPage:
    """`lines` are those of `worth_a_line`, by StudyInstanceUID; `taken` of one that leaves as an archive."""
    urgent = _by_urgency(delivery, lines)
    squares = sorted(urgent[:MOST_SQUARES], key=lambda parcel: parcel.number)
    states = Counter(study.state for study in delivery.studies)
    return DeliveryPage(
        delivery=delivery,
        squares=tuple(squares),
        hidden=len(urgent) - len(squares),
        states=tuple((state, states[state]) for state in _URGENCY if states[state]),
        lost=tuple(_lost(delivery, fate) for fate in _FATES if any(each.state == fate for each in delivery.causes)),
        troubles=_troubles(delivery),
        named=tuple(urgent[:MOST_NAMED]),
        has_report=has_report,
        is_zip=taken is not None,
        taken=taken or ArchivesOf(),
    )


_ENDED = ("complete", "incomplete", "cancelled")


def _troubles(delivery: DeliveryView) -> tuple[Trouble, ...]:
    waiting = [study for study in delivery.studies if study.problem and study.state not in _ENDED]
    return tuple(
        Trouble(
            problem,
            count,
            min((study.again_at for study in waiting if study.problem == problem and study.again_at), default=None),
        )
        for problem, count in Counter(study.problem for study in waiting).most_common(MOST_CAUSES)
    )


def _lost(delivery: DeliveryView, fate: Fate) -> Lost:
    causes = tuple(cause for cause in delivery.causes if cause.state == fate)
    name = fate.replace(" ", "_")
    return Lost(name, sum(each.instances for each in causes), causes[:MOST_CAUSES], causes[MOST_CAUSES:])


def _by_urgency(delivery: DeliveryView, lines: Mapping[str, StudyLine]) -> list[Parcel]:
    parcels = [
        Parcel(
            number, study, f"/studies/{quote(study.study_instance_uid, safe='')}", lines.get(study.study_instance_uid)
        )
        for number, study in enumerate(delivery.studies, 1)
    ]
    return sorted(parcels, key=_urgency)


def _urgency(parcel: Parcel) -> tuple[bool, int, int]:
    return not parcel.study.problem, _URGENCY.index(parcel.study.state), parcel.number
