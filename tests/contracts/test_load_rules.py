"""Back-off, pace and what is usual: rules without a store, looked at from every side."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom.dimse_primitives import C_ECHO, C_FIND
from pynetdicom.dsutils import encode

from radquarry.dicom.load_backoff import LONGEST_PAUSE, SETTLES, STEADY, Ease, relieved, troubled
from radquarry.dicom.load_meter import Meter, Usual
from radquarry.dicom.load_pace import PORTION_LASTS, Portion, grant
from radquarry.dicom.passage import kind_of

BEGIN = datetime(2025, 6, 2, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

limits = st.integers(1, 64)
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 120)), max_size=80)


@given(limits, steps)
def test_back_off_leaves_at_least_one_association_and_never_more_than_the_limit(
    limit: int, steps: list[tuple[bool, int]]
) -> None:
    ease, now = None, BEGIN
    for is_trouble, seconds in steps:
        now += timedelta(seconds=seconds)
        before = ease.allowed if ease else limit
        ease = troubled(ease, limit, now, "busy") if is_trouble else relieved(ease, limit, now)
        after = ease.allowed if ease else limit
        assert 1 <= after <= limit
        assert after <= before if is_trouble else before <= after <= before + 1
        assert ease is None or ease.not_before - ease.changed_at <= LONGEST_PAUSE


@given(limits)
def test_lasting_trouble_halves_down_to_one_and_then_pauses_longer_and_longer(limit: int) -> None:
    ease, now, allowed, pauses = None, BEGIN, [limit], []
    for _ in range(20):
        ease = troubled(ease, limit, now, "busy")
        allowed.append(ease.allowed)
        pauses.append(ease.not_before - now)
        now = max(ease.not_before, now + SETTLES)

    lowered = [max(1, limit >> step) for step in range(21)]
    assert allowed == lowered
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


@given(limits)
def test_a_pacs_that_is_well_again_gets_one_association_more_after_the_other(limit: int) -> None:
    ease, now = troubled(Ease(1, 5, BEGIN, BEGIN, "busy"), limit, BEGIN + HOUR, "busy"), BEGIN + HOUR
    allowed = []
    while ease is not None:
        assert relieved(ease, limit, max(ease.not_before, ease.changed_at) + STEADY / 2) == ease
        now = max(ease.not_before, ease.changed_at) + STEADY
        ease = relieved(ease, limit, now)
        allowed.append(ease.allowed if ease else limit)

    assert allowed == list(range(2, limit + 1)) if limit > 1 else allowed == [1]


def test_what_several_see_of_one_trouble_counts_once() -> None:
    first = troubled(None, 8, BEGIN, "busy")

    assert troubled(first, 8, BEGIN + SETTLES / 2, "busy") == first
    assert troubled(first, 8, BEGIN + SETTLES, "busy").allowed == 2


@given(st.integers(1, 100_000), st.lists(st.tuples(st.integers(0, 900), st.integers(1, 200)), max_size=200))
def test_no_hour_sees_more_than_is_allowed(per_hour: int, turns: list[tuple[int, int]]) -> None:
    """Even where every portion is used only when it is about to end."""
    next_at, now, given_at = None, BEGIN, []
    for seconds, wanted in turns:
        now += timedelta(seconds=seconds)
        granted = grant(next_at, now, per_hour, wanted)
        next_at = granted.next_at
        given_at.append((now, granted.count))
        assert granted.count <= wanted

    for begin, _ in given_at:
        within = HOUR + PORTION_LASTS
        assert sum(count for at, count in given_at if begin <= at < begin + within) <= per_hour


@pytest.mark.parametrize("per_hour", [1, 7, 60, 600, 3600])
def test_all_that_is_allowed_in_an_hour_can_be_had(per_hour: int) -> None:
    next_at, now, count = None, BEGIN, 0
    while now < BEGIN + HOUR:
        granted = grant(next_at, now, per_hour, 1)
        next_at, count = granted.next_at, count + granted.count
        now += timedelta(seconds=granted.wait)

    assert per_hour * 0.98 <= count <= per_hour


def test_a_portion_is_used_up_or_runs_out_and_grows_only_when_it_was_used_up() -> None:
    portion, per_hour = Portion(), 36_000

    portion.add(grant(None, BEGIN, per_hour, portion.wanted(per_hour, BEGIN)), BEGIN)
    assert [portion.use_one(BEGIN), portion.use_one(BEGIN)] == [True, False]
    assert [portion.wanted(per_hour, BEGIN) for _ in range(7)] == [2, 4, 8, 16, 32, 50, 50]

    portion.add(grant(None, BEGIN, per_hour, 50), BEGIN)
    assert portion.use_one(BEGIN + PORTION_LASTS / 2)
    assert not portion.use_one(BEGIN + PORTION_LASTS)
    assert portion.wanted(per_hour, BEGIN + PORTION_LASTS) == 1


def test_answers_that_take_many_times_as_long_as_usual_are_trouble() -> None:
    usual = Usual()

    assert not any(usual.climbs(0.2, now) for now in range(80))
    assert not any(usual.climbs(0.6, now) for now in range(80, 88)), "three times as long may happen"
    assert sum(usual.climbs(1.5, now) for now in range(88, 104)) == 2


def test_a_quick_pacs_may_become_a_little_slower() -> None:
    usual = Usual()

    assert not any(usual.climbs(0.001, now) for now in range(80))
    assert not any(usual.climbs(0.09, now) for now in range(80, 160))


def test_a_pacs_that_stays_slow_is_a_slow_pacs() -> None:
    usual = Usual()
    for now in range(80):
        usual.climbs(0.1, now)

    slow = [usual.climbs(1.0, now) for now in range(80, 3600)]

    assert any(slow[:100])
    assert not any(slow[-600:])


@given(st.lists(st.floats(0, 0.1), min_size=1, max_size=300))
def test_what_is_always_quick_is_never_trouble(latencies: list[float]) -> None:
    usual = Usual()

    assert not any(usual.climbs(seconds, now) for now, seconds in enumerate(latencies))


def meter_after(*outcomes: bool) -> Meter:
    meter = Meter(clock=lambda: 0.0)
    for is_answered in outcomes:
        meter.left()
        if is_answered:
            meter.answered("C-FIND STUDY", 0.01)
        else:
            meter.failed()
    return meter


def test_a_lost_answer_now_and_then_is_no_trouble() -> None:
    assert meter_after(*[True] * 6, False, *[True] * 6, False, *[True] * 6).take_sign() == ("", True)


def test_two_lost_answers_in_a_row_are_trouble_once() -> None:
    meter = meter_after(True, False, False)

    assert "ends associations" in meter.take_sign()[0]
    assert meter.take_sign() == ("", False)


def asked(**keys: str | None) -> C_FIND:
    """A C-FIND for studies as it leaves."""
    identifier = Dataset()
    identifier.SpecificCharacterSet, identifier.QueryRetrieveLevel = "ISO_IR 192", "STUDY"
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    primitive = C_FIND()
    primitive.Identifier = BytesIO(encode(identifier, is_implicit_vr=False, is_little_endian=True) or b"")
    return primitive


def test_latencies_are_compared_among_questions_that_are_narrowed_alike() -> None:
    monday, tuesday = asked(StudyDate="20240513", PatientID=None), asked(StudyDate="20240514", PatientID="")
    others = [
        asked(StudyDate="20240513-20240514"),
        asked(StudyDate="20240513", StudyTime="080000-120000"),
        asked(StudyDate="20240513", PatientID="*7"),
        asked(StudyDate="20240513", PatientID="17"),
    ]
    kinds = [kind_of(each, ExplicitVRLittleEndian) for each in (monday, tuesday, *others)]

    assert kinds[0] == kinds[1] == "C-FIND STUDY 00080020"
    assert len(set(kinds)) == 1 + len(others)
    assert kind_of(C_ECHO(), ExplicitVRLittleEndian) == "C-ECHO"
    assert not any("17" in kind or "2024" in kind for kind in kinds), "what is asked for is nobody's business"


def test_a_question_that_always_takes_long_beside_quick_ones_is_no_trouble() -> None:
    meter = Meter(clock=lambda: 0.0)
    for _ in range(80):
        meter.answered("C-FIND STUDY 00080020", 0.01)
    for _ in range(80):
        meter.answered("C-FIND STUDY 00080020 00100020*", 1.0)

    assert meter.take_sign() == ("", True)


def test_a_minute_says_how_many_and_how_long() -> None:
    meter = meter_after(True, True, False)
    meter.answered("C-ECHO", 0.5)
    meter.refused("busy")
    minute = meter.take_minute()

    assert (minute.requests, minute.refused, minute.failed) == (3, 1, 1)
    assert (minute.milliseconds_median, minute.milliseconds_slowest) == (10, 500)
    assert meter.take_minute().milliseconds_median is None
