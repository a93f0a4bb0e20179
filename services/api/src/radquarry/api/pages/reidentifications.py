"""The pages of questions who is behind a pseudonym: all of them, one, the form for a new one, the answer once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args
from uuid import UUID

from starlette.datastructures import FormData, UploadFile

from radquarry.api.delivery_views import DeliveryView
from radquarry.api.listed import Listed
from radquarry.api.pages.crawl_forms import fresh_key
from radquarry.api.problems import Problem, invalid
from radquarry.api.reidentification_answers import Original
from radquarry.api.reidentification_questions import (
    LEAST_OF_A_REASON,
    MOST_OF_A_REASON,
    MOST_PSEUDONYMS,
    Question,
    read_pseudonyms,
    reason_of,
)
from radquarry.api.reidentification_views import ReidentificationView
from radquarry.api.reidentifications import Which
from radquarry.second_person import is_second_person

ALL_OF_THEM: tuple[Which, ...] = get_args(Which)
MOVING = {"requested", "approved"}


class _Reasons:
    """How long a reason may be, for the fields that take one."""

    least_of_a_reason = LEAST_OF_A_REASON
    most_of_a_reason = MOST_OF_A_REASON


@dataclass(frozen=True)
class ReidentificationsPage:
    """Questions, newest first. `waiting` is how many this user may decide; who may decide none sees their own only."""

    questions: tuple[ReidentificationView, ...]
    which: Which
    may_decide: bool
    waiting: int
    next_href: str

    @property
    def choices(self) -> tuple[Which, ...]:
        """What can be shown, to those who may see other people's questions."""
        return ("waiting", "own", "all") if self.may_decide else ()

    @property
    def is_moving(self) -> bool:
        """Whether something may change by itself."""
        return any(question.state in MOVING for question in self.questions)


@dataclass(frozen=True)
class ReidentificationPage(_Reasons):
    """One question. `problem` is why the last step was not taken, `typed` what was typed for it."""

    question: ReidentificationView
    user: str
    may_decide: bool
    problem: str = ""
    typed: str = ""

    @property
    def is_own(self) -> bool:
        """Whether this user asked it: then somebody else decides, and only this user sees the answer."""
        return self.user[:200] == self.question.requested_by

    @property
    def is_to_decide(self) -> bool:
        """Whether this user can decide it now."""
        is_second = is_second_person(self.question.requested_by, self.user)
        return self.question.state == "requested" and self.may_decide and is_second

    @property
    def is_moving(self) -> bool:
        """Whether the page looks again by itself: not while somebody types a reason into it."""
        return self.question.state in MOVING and not self.is_to_decide


@dataclass(frozen=True)
class ReidentificationTyped:
    """What stands in the form of a question."""

    delivery: str = ""
    pseudonyms: str = ""
    reason: str = ""
    key: str = field(default_factory=fresh_key)
    file: bytes = b""

    @classmethod
    async def sent(cls, form: FormData) -> "ReidentificationTyped":
        """As it was typed; a file without a name is none."""
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        upload = form.get("file")
        content = await upload.read() if isinstance(upload, UploadFile) and upload.filename else b""
        return cls(
            delivery=texts.get("delivery", ""),
            pseudonyms=texts.get("pseudonyms", ""),
            reason=texts.get("reason", ""),
            key=texts.get("key", "") or fresh_key(),
            file=content,
        )

    def question(self) -> Question:
        """Raises the problem that says what to mend."""
        try:
            delivery_id = UUID(self.delivery)
        except ValueError:
            raise invalid("Choose the delivery that the pseudonyms come from.") from None
        if self.file and self.pseudonyms.strip():
            raise invalid("There are pseudonyms in the field and in a file: leave one of both empty.")
        pseudonyms = read_pseudonyms(self.file or self.pseudonyms.encode("utf-8", "replace"))
        return Question(delivery_id, pseudonyms, reason_of(self.reason))


@dataclass(frozen=True)
class NewReidentificationPage(_Reasons):
    """The form of a question; `deliveries` are those that kept a table of originals."""

    typed: ReidentificationTyped
    deliveries: tuple[DeliveryView, ...]
    problem: str = ""
    most_pseudonyms: int = MOST_PSEUDONYMS


@dataclass(frozen=True)
class ReidentificationAnswerPage:
    """The answer, which is nowhere any more but on this page; `missing` are pseudonyms that nothing was found for."""

    question: ReidentificationView
    originals: tuple[Original, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """In the order in which they were asked for."""
        found = {each.pseudonym for each in self.originals}
        return tuple(each for each in self.question.pseudonyms if each not in found)


def reidentifications_page(
    listed: Listed[ReidentificationView], which: Which, *, may_decide: bool, waiting: int
) -> ReidentificationsPage:
    """The list from its cursor on."""
    more = f"/reidentifications?which={which}&after={listed.after}" if listed.after else ""
    return ReidentificationsPage(listed.items, which, may_decide, waiting, more)


def new_page(
    typed: ReidentificationTyped, deliveries: Sequence[DeliveryView], problem: Problem | None = None
) -> NewReidentificationPage:
    """Empty, or as it was typed; another try is another order."""
    shown = replace(typed, key=fresh_key(), file=b"") if problem else typed
    return NewReidentificationPage(shown, tuple(deliveries), problem.detail if problem else "")
