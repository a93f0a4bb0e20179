"""The pages of the retrievals: all of them, and one as a grid of its studies."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import quote

from radquarry.api.delivery_views import DeliveryView
from radquarry.api.listed import Listed
from radquarry.api.pages.delivery_form import DeliveryForm
from radquarry.api.pages.plain_problems import kind_of_problem, without_numbers
from radquarry.api.pages.study_line import StudyLine
from radquarry.api.pages.viewer import viewer_href
from radquarry.api.retrievals import RetrievalStudy, RetrievalView
from radquarry.messages import RetrievalState

MOST_SQUARES = 600
MOST_NAMED = 60
MOST_DELIVERIES = 20
_URGENCY: tuple[RetrievalState, ...] = (
    "incomplete",
    "running",
    "paused",
    "waiting",
    "requested",
    "cancelled",
    "complete",
)


@dataclass(frozen=True)
class RetrievalsPage:
    """Retrievals, newest first."""

    retrievals: tuple[RetrievalView, ...]
    next_href: str

    @property
    def is_moving(self) -> bool:
        """Whether any of them is under way."""
        return any(not retrieval.is_settled for retrieval in self.retrievals)


@dataclass(frozen=True)
class Square:
    """One study in the grid; `number` is its place in the order."""

    number: int
    study: RetrievalStudy
    href: str


@dataclass(frozen=True)
class Cause:
    """Studies that lack images for the same reason.

    `key` stands for it in forms; `to_ask` of them can be asked for again, `to_give_up` given up.
    """

    key: str
    kind: str
    problem: str
    is_one_of_several: bool
    count: int
    missing: int
    waiting: bool
    to_ask: int
    to_give_up: int


@dataclass(frozen=True)
class Named:
    """A study of the retrieval with its line, where the index has one, and the way to its images that are here."""

    square: Square
    line: StudyLine | None
    viewer_href: str

    @property
    def kind(self) -> str:
        """Of its problem, where it is one that has plain words."""
        return kind_of_problem(self.square.study.problem)


@dataclass(frozen=True)
class Onward:
    """Where what came goes on to: deliveries that were ordered, and the form for another one."""

    deliveries: tuple[DeliveryView, ...]
    form: DeliveryForm

    @property
    def is_moving(self) -> bool:
        """Whether any of them is under way."""
        return any(not delivery.is_settled for delivery in self.deliveries)


@dataclass(frozen=True)
class RetrievalPage:
    """One retrieval as it stands. `hidden` studies have no square; `named` are the ones worth a line.

    `can_decide`: whether studies of it can still be asked for again, or be given up.
    """

    retrieval: RetrievalView
    squares: tuple[Square, ...]
    hidden: int
    states: tuple[tuple[str, int], ...]
    causes: tuple[Cause, ...]
    can_decide: bool
    named: tuple[Named, ...]
    onward: Onward


def retrievals_page(listed: Listed[RetrievalView]) -> RetrievalsPage:
    """The list from its cursor on."""
    return RetrievalsPage(listed.items, f"/retrievals?after={listed.after}" if listed.after else "")


def worth_a_line(retrieval: RetrievalView) -> tuple[str, ...]:
    """The studies whose names the page shows: those that need a look first."""
    return tuple(square.study.study_instance_uid for square in _by_urgency(retrieval)[:MOST_NAMED])


def retrieval_page(
    retrieval: RetrievalView, lines: Mapping[str, StudyLine], onward: Onward, viewable: Collection[str] = ()
) -> RetrievalPage:
    """`lines` are those of `worth_a_line`, by StudyInstanceUID; of `viewable` studies there are images here."""
    urgent = _by_urgency(retrieval)
    squares = sorted(urgent[:MOST_SQUARES], key=lambda square: square.number)
    states = Counter(study.state for study in retrieval.studies)
    return RetrievalPage(
        retrieval=retrieval,
        squares=tuple(squares),
        hidden=len(urgent) - len(squares),
        states=tuple((state, states[state]) for state in _URGENCY if states[state]),
        causes=tuple(_causes(retrieval.studies)),
        can_decide=not retrieval.refused and retrieval.state != "cancelled",
        named=tuple(_named(square, lines, viewable) for square in urgent[:MOST_NAMED]),
        onward=onward,
    )


def _named(square: Square, lines: Mapping[str, StudyLine], viewable: Collection[str]) -> Named:
    uid = square.study.study_instance_uid
    return Named(square, lines.get(uid), viewer_href(uid) if uid in viewable else "")


def cause_key(problem: str) -> str:
    """A short name of a problem: browsers do not give back long words letter for letter. Its numbers do not count."""
    return blake2b(without_numbers(problem).encode(), digest_size=8).hexdigest()


def _by_urgency(retrieval: RetrievalView) -> list[Square]:
    squares = [
        Square(number, study, f"/studies/{quote(study.study_instance_uid, safe='')}")
        for number, study in enumerate(retrieval.studies, 1)
    ]
    return sorted(squares, key=_urgency)


def _urgency(square: Square) -> tuple[bool, int, int]:
    return not square.study.problem, _URGENCY.index(square.study.state), square.number


def _causes(studies: Sequence[RetrievalStudy]) -> list[Cause]:
    """Reasons, the most frequent first; `waiting` where it is still being tried."""
    grouped: dict[str, list[RetrievalStudy]] = {}
    for study in studies:
        if study.problem:
            grouped.setdefault(cause_key(study.problem), []).append(study)
    causes = [
        Cause(
            key=key,
            kind=kind_of_problem(same[0].problem),
            problem=same[0].problem,
            is_one_of_several=any(study.problem != same[0].problem for study in same),
            count=len(same),
            missing=sum(max(0, (study.expected or 0) - study.received) for study in same),
            waiting=any(study.can_be_given_up for study in same),
            to_ask=sum(study.can_be_asked_again for study in same),
            to_give_up=sum(study.can_be_given_up for study in same),
        )
        for key, same in grouped.items()
    ]
    return sorted(causes, key=lambda cause: -cause.count)
