"""What becomes of a study after an attempt: decided from the ledger first, and from the PACS's words second."""

from dataclasses import dataclass, replace

from radquarry.dicom.moving import MoveEnd
from radquarry.messages import RetrievalState
from radquarry.mover.patience import Patience, step
from radquarry.mover.plan import Standing
from radquarry.mover.verdicts import Verdict, verdict, words
from radquarry.mover.wanted import Wanted

UNREACHED_ATTEMPTS = 4
"""Fruitless moves until a PACS that says "unable" or "unknown destination" is believed.

Our node may just be restarting: pynetdicom's own C-MOVE provider answers A801 then, too.
"""


@dataclass(frozen=True)
class Settled:
    """Nothing more will be done."""

    state: RetrievalState
    problem: str = ""


@dataclass(frozen=True)
class Again:
    """To be taken up again after `wait` seconds, with these counts."""

    wait: float
    problem: str
    attempts: int
    delays: int


@dataclass(frozen=True)
class Paused:
    """To be taken up when somebody resumes it."""


NextStep = Settled | Again | Paused


@dataclass(frozen=True)
class Attempt:
    """What was done: instances here before and how the study stands after; the last move's end, and why we ended it.

    `cut` says why the PACS may hold more than it listed; `register` names what a PACS must know to send to us.
    """

    before: int
    after: Standing
    end: MoveEnd
    gave_up: str = ""
    cut: str = ""
    register: str = ""


def next_step(wanted: Wanted, attempt: Attempt, patience: Patience) -> NextStep:
    """Settle the study, or say when it is to be tried again."""
    if attempt.after.missing == 0:
        return whole(attempt.cut)
    if attempt.after.received > attempt.before:
        wanted = replace(wanted, attempts=0, delays=0)
    lacking = f"{attempt.after.missing} of {attempt.after.expected} instances have not come; {_said(attempt)}"
    attempts, most = wanted.attempts + 1, patience.attempts
    match _meaning(attempt.end):
        case Verdict.UNKNOWN_DESTINATION:
            lacking = (
                f"the PACS does not know where to send to, or does not reach it: register {attempt.register} there"
            )
            most = UNREACHED_ATTEMPTS
        case Verdict.BACK_OFF:
            text = f"the PACS is short of resources, or does not reach {attempt.register}: {_said(attempt)}"
            return put_off(wanted, patience.away, text, patience)
        case Verdict.UNABLE if attempt.after.received == 0:
            lacking += f"; if it does not know where to send to, register {attempt.register} there and let it through"
            most = UNREACHED_ATTEMPTS
        case Verdict.DONE if attempt.end.counts.is_nothing and attempt.after.received == 0:
            text = "the images are not online: the PACS reports success and has sent nothing, as from long-term storage"
            return put_off(wanted, patience.nearline, text, patience)
    if attempts >= most:
        return Settled("incomplete", lacking)
    return Again(patience.before_attempt(attempts), lacking, attempts, 0)


def given_up(wanted: Wanted, before: str) -> str:
    """The problem of a study that people gave up."""
    return f"{wanted.given_up}; before: {before}" if before else wanted.given_up


def whole(cut: str) -> NextStep:
    """All that the PACS listed is here; `cut` says why it may hold more."""
    return Settled("incomplete", f"all that the PACS listed is here, but {cut}") if cut else Settled("complete")


def put_off(wanted: Wanted, waits: tuple[float, ...], problem: str, patience: Patience) -> NextStep:
    """Later, for a reason that lies with the PACS and will pass; not for ever."""
    delays = wanted.delays + 1
    if delays > patience.delays:
        return Settled("incomplete", f"given up after {wanted.delays} times: {problem}")
    return Again(step(waits, delays), problem, wanted.attempts, delays)


def _meaning(end: MoveEnd) -> Verdict:
    return Verdict.FAILED if end.status is None else verdict(end.status)


def _said(attempt: Attempt) -> str:
    """The PACS's own words, or how it fell silent."""
    if attempt.gave_up:
        return attempt.gave_up
    end = attempt.end
    if end.status is None:
        return "the PACS ended the association before it was done"
    counts = [
        f"{number} {name}"
        for name, number in (("sent", end.counts.completed), ("failed", end.counts.failed))
        if number is not None
    ]
    said = ", ".join([words(end.status), *counts])
    return f"the PACS said {said}" + (f": {end.comment}" if end.comment else "")
