"""Every status has a verdict, and the verdict decides what becomes of the study."""

from uuid import uuid4

import pytest
from pynetdicom.status import QR_MOVE_SERVICE_CLASS_STATUS, STATUS_PENDING, code_to_category

from radquarry.dicom.moving import Counts, MoveEnd
from radquarry.messages import SeriesChoice
from radquarry.mover.next_step import Again, Attempt, NextStep, Settled, next_step
from radquarry.mover.patience import Patience
from radquarry.mover.plan import SeriesStanding, Standing
from radquarry.mover.verdicts import VERDICTS, Verdict, verdict, words
from radquarry.mover.wanted import Wanted

PATIENCE = Patience()
REGISTER = "RADQUARRY at 192.0.2.1 port 11112"


def wanted(**changes: object) -> Wanted:
    """A study that was just taken up."""
    fields = {
        "retrieval_id": uuid4(),
        "order_id": uuid4(),
        "trail": uuid4(),
        "choice": SeriesChoice(),
        "study_instance_uid": "1.2",
        "pacs": "main",
        "state": "running",
        "attempts": 0,
        "delays": 0,
        "looked_at": None,
        "chosen": ("1.2.1",),
        "whole": True,
        "expected": 3,
        "received": 0,
        "problem": "",
        "revision": 1,
    }
    return Wanted(**{**fields, **changes})


def standing(received: int, missing: int) -> Standing:
    """One series, so much of it here."""
    uids = [f"1.2.1.{number}" for number in range(1, received + missing + 1)]
    return Standing("1.2", (SeriesStanding("1.2.1", tuple(uids[:received]), tuple(uids[received:])),))


def after(end: MoveEnd, received: int = 0, missing: int = 3, before: int = 0, **changes: object) -> NextStep:
    """What becomes of a study of which so much is here after a move that ended so."""
    attempt = Attempt(before, standing(received, missing), end, register=REGISTER)
    return next_step(wanted(**changes), attempt, PATIENCE)


def test_every_status_pynetdicom_knows_has_its_own_verdict() -> None:
    pending = {status for status in QR_MOVE_SERVICE_CLASS_STATUS if code_to_category(status) == STATUS_PENDING}

    assert set(QR_MOVE_SERVICE_CLASS_STATUS) - set(VERDICTS) == set()
    assert {status for status in QR_MOVE_SERVICE_CLASS_STATUS if verdict(status) is Verdict.PENDING} == pending


def test_a_status_nobody_defined_has_failed() -> None:
    undefined = set(range(0x10000)) - set(QR_MOVE_SERVICE_CLASS_STATUS) - set(VERDICTS)

    assert {verdict(status) for status in undefined} == {Verdict.FAILED}


def test_words_name_the_status_and_its_meaning() -> None:
    assert words(0xA801) == "status A801 (move destination unknown)"
    assert words(0xC123) == "status C123 (unable to process)"
    assert words(0x1234) == "status 1234"


@pytest.mark.parametrize("status", [0x0000, 0xB000, 0xA702, 0xA801, 0xC000, 0xA900, 0xFE00, None])
def test_what_is_all_here_is_complete_whatever_the_pacs_said(status: int | None) -> None:
    assert after(MoveEnd(status), received=3, missing=0) == Settled("complete")


def test_success_alone_proves_nothing() -> None:
    step = after(MoveEnd(0x0000, Counts(completed=3, failed=0)), received=2, missing=1)

    assert isinstance(step, Again)
    assert "1 of 3 instances have not come" in step.problem


def test_an_unknown_destination_says_whom_to_register_and_is_believed_after_some_tries() -> None:
    first, last = after(MoveEnd(0xA801)), after(MoveEnd(0xA801), attempts=3)

    assert isinstance(first, Again)
    assert REGISTER in first.problem
    assert isinstance(last, Settled)
    assert last.state == "incomplete"
    assert REGISTER in last.problem


def test_orthancs_word_for_an_unknown_destination_is_believed_after_some_tries() -> None:
    nothing = Counts(completed=0, failed=0, warning=0)
    first, last = after(MoveEnd(0xC000, nothing)), after(MoveEnd(0xC000, nothing), attempts=3)

    assert isinstance(first, Again)
    assert isinstance(last, Settled)
    assert REGISTER in first.problem
    assert REGISTER in last.problem


@pytest.mark.parametrize("status", [0xA701, 0xA702])
def test_a_pacs_short_of_resources_is_left_alone_for_longer_each_time(status: int) -> None:
    waits = [after(MoveEnd(status), delays=delays) for delays in range(4)]

    assert [step.wait for step in waits if isinstance(step, Again)] == list(PATIENCE.away[:4])


def test_success_with_nothing_sent_is_near_line_and_costs_no_attempt() -> None:
    step = after(MoveEnd(0x0000, Counts(completed=0, failed=0, warning=0)), attempts=1)

    assert isinstance(step, Again)
    assert (step.wait, step.attempts, step.delays) == (PATIENCE.nearline[0], 1, 1)
    assert "not online" in step.problem


def test_a_pacs_that_counts_nothing_at_all_is_not_near_line() -> None:
    step = after(MoveEnd(0x0000))

    assert isinstance(step, Again)
    assert step.attempts == 1


def test_a_study_is_given_up_with_the_pacs_own_words() -> None:
    end = MoveEnd(0xB000, Counts(completed=2, failed=1), comment="disk 7 is broken")
    step = after(end, received=2, missing=1, before=2, attempts=PATIENCE.attempts - 1)

    assert step == Settled(
        "incomplete",
        "1 of 3 instances have not come; "
        "the PACS said status B000 (some could not be sent), 2 sent, 1 failed: disk 7 is broken",
    )


def test_whoever_brings_something_has_all_attempts_again() -> None:
    step = after(MoveEnd(None), received=2, missing=1, before=1, attempts=PATIENCE.attempts - 1)

    assert isinstance(step, Again)
    assert step.attempts == 1


def test_delays_end_too() -> None:
    step = after(MoveEnd(0xA702), delays=PATIENCE.delays)

    assert isinstance(step, Settled)
    assert step.state == "incomplete"


def test_a_list_that_was_cut_is_never_complete() -> None:
    attempt = Attempt(0, standing(3, 0), MoveEnd(0x0000), cut="the PACS gave 40 rows, as many as it ever gives")

    step = next_step(wanted(), attempt, PATIENCE)

    assert isinstance(step, Settled)
    assert step.state == "incomplete"
