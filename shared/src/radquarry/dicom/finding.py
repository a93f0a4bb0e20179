"""C-FIND as a caller: one question, the rows it gave, and whether the PACS said all of them (PS3.4 section C.4.1).

The answers are taken from pynetdicom as bytes: its own reading half converts, pretty-prints and drops what it
cannot parse, and costs as much as all the rest.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.dicom.rows import Malformed, Row
from radquarry.dicom.uids import NotAUid
from radquarry.errors import Transient

Item = TypeVar("Item")

JOIN_SECONDS = 2
STUDY_ROOT = UID(StudyRootQueryRetrieveInformationModelFind)
PATIENT_ROOT = UID(PatientRootQueryRetrieveInformationModelFind)


class AnswerLost(PacsAway):
    """The association was open, but ended or went silent before the first row."""


class FindRefused(PacsRefuses):
    """The association is taken, this question over it is not."""


class Verdict(Enum):
    """What a C-FIND response's status means for the list."""

    PENDING = "one more row"
    COMPLETE = "that was all, unless a limit was reached"
    CUT = "there may be more"
    REFUSED = "the question will never be answered"


def verdict(status: int) -> Verdict:
    """Of any 16-bit status (PS3.4 Table C.4-1, PS3.7 Annex C): what is not known to be whole is cut."""
    match status:
        case 0xFF00 | 0xFF01:
            return Verdict.PENDING
        case 0x0000:
            return Verdict.COMPLETE
        case 0x0122 | 0x0124 | 0x0211 | 0x0212:
            return Verdict.REFUSED
        case _ if 0xA900 <= status <= 0xA9FF:
            return Verdict.REFUSED
        case _:
            return Verdict.CUT


@dataclass(frozen=True)
class Answers(Generic[Item]):
    """What one C-FIND gave.

    `received` counts all rows, also the `malformed` ones (reason → how many). `cut` says in plain words why the
    PACS may hold more; "" means that it said it was done, which a full page still contradicts: compare `received`
    with the PACS's limit. `is_lost` says that it was the association that ended.
    """

    items: tuple[Item, ...]
    received: int
    malformed: Counter[str]
    cut: str = ""
    is_lost: bool = False


@dataclass(frozen=True)
class Question(Generic[Item]):
    """An identifier, and how each row of the answer is read.

    `read` may raise `Malformed` or `NotAUid`: that row is counted and left out. `charset` is assumed where an
    answer names none. Without a `model` it is asked in the study root, or in the patient root where the PACS has
    only that. With `most`, an answer of more rows than that is cut off by us, and the association with it.
    """

    identifier: Dataset
    read: Callable[[Row], Item]
    charset: str = "ISO_IR 100"
    model: UID | None = None
    most: int = 0


def find(association: Association, question: Question[Item]) -> Answers[Item]:
    """Ask and wait for the end of the answer; blocking, for `in_thread`.

    Raises `AnswerLost` when the association ends or times out before any row came (after some rows it is a cut),
    and `FindRefused` when the PACS will not take such a question. After `AnswerLost` and where
    `is_lost` the association is gone.
    """
    (answers,) = find_each(association, (question,))
    return answers


def find_each(association: Association, questions: Iterable[Question[Item]]) -> Iterator[Answers[Item]]:
    """The answers to one question after the other, a millisecond a question quicker than `find`; raises as it does."""
    _pause(association)
    try:
        for question in questions:
            yield _find(association, question)
    finally:
        association._reactor_checkpoint.set()  # noqa: SLF001 - see _pause
        if not association.is_established:
            association.join(JOIN_SECONDS)


def _find(association: Association, question: Question[Item]) -> Answers[Item]:
    model = question.model or _usual_model(association)
    answer = _Gathering(question, _transfer_syntax(association, model))
    for status, identifier in _responses(association, question.identifier, model):
        match verdict(status):
            case Verdict.PENDING:
                answer.add(identifier)
                if 0 < question.most < answer.received:
                    return answer.ended(f"the PACS gave more than {question.most} rows, and was not heard further")
            case Verdict.COMPLETE:
                return answer.ended("")
            case Verdict.CUT:
                return answer.ended(f"the PACS ended its answer with status {status:#06x} after {answer.received} rows")
            case Verdict.REFUSED:
                raise FindRefused(f"the PACS does not take this C-FIND: status {status:#06x}")
    if answer.received == 0:
        raise AnswerLost("the association ended before the C-FIND was answered")
    return answer.ended(f"the association ended after {answer.received} rows", is_lost=True)


class _Gathering(Generic[Item]):
    """Rows read one by one as they arrive, so that only what the caller wants of them is kept."""

    def __init__(self, question: Question[Item], syntax: UID) -> None:
        self._question = question
        self._syntax = syntax
        self._items: list[Item] = []
        self._malformed: Counter[str] = Counter()
        self.received = 0

    def add(self, identifier: bytes) -> None:
        self.received += 1
        try:
            row = Row.parsed(identifier, self._syntax, self._question.charset)
            self._items.append(self._question.read(row))
        except (Malformed, NotAUid) as fault:
            self._malformed[str(fault)] += 1

    def ended(self, cut: str, *, is_lost: bool = False) -> Answers[Item]:
        return Answers(tuple(self._items), self.received, self._malformed, cut, is_lost)


def _usual_model(association: Association) -> UID:
    offered = {context.abstract_syntax for context in association.accepted_contexts}
    return PATIENT_ROOT if PATIENT_ROOT in offered and STUDY_ROOT not in offered else STUDY_ROOT


def _transfer_syntax(association: Association, model: UID) -> UID:
    for context in association.accepted_contexts:
        if context.abstract_syntax == model:
            return UID(context.transfer_syntax[0])
    if not association.is_established:
        raise AnswerLost("the association is gone")
    raise FindRefused(f"the PACS does not offer {model.name}")


def _responses(association: Association, identifier: Dataset, model: UID) -> Iterator[tuple[int, bytes]]:
    """(status, encoded identifier) as they arrive; ends early, and with the association, when an answer fails."""
    is_answered = False
    try:
        association.send_c_find(identifier, model)
        while not is_answered:
            _context, response = association.dimse.get_msg(block=True)
            if not isinstance(response, C_FIND) or not response.is_valid_response or response.Status is None:
                return
            is_answered = verdict(response.Status) is not Verdict.PENDING
            yield response.Status, response.Identifier.getvalue() if response.Identifier else b""
    except RuntimeError:
        raise AnswerLost("the association is gone") from None
    except Transient:
        is_answered = True  # no leave to ask: nothing is under way, and the association is as good as before
        raise
    finally:
        if not is_answered:
            _end(association)


def _pause(association: Association) -> None:
    """Keep the association's own thread from taking our messages, for several questions at once (checkpoint.py).

    pynetdicom does this in every `send_…`, where it waits for ever if that thread has just ended.
    """
    association._reactor_checkpoint.clear()  # noqa: SLF001 - pynetdicom has no public way
    while not association._is_paused:  # noqa: SLF001
        if not association.is_alive():
            raise AnswerLost("the association is gone")
        time.sleep(0.0001)


def _end(association: Association) -> None:
    """Abort unless the peer has; returns when pynetdicom has noticed."""
    association._reactor_checkpoint.set()  # noqa: SLF001 - see _pause
    if association.is_established and not association.acse.is_aborted():
        association.abort()
    association.join(JOIN_SECONDS)
