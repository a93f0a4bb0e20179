"""Voxels as 16 bits with a rescale: exact where they are whole numbers, else as near as is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.conversion.stored_values import Stored, stored

WHOLE = st.sampled_from([np.int8, np.uint8, np.int16, np.uint16])
FINITE = st.floats(-1e6, 1e6, width=32)


def back(written: Stored) -> np.ndarray:
    return written.voxels.astype(float) * float(written.slope) + float(written.intercept)


@given(WHOLE.flatmap(lambda kind: arrays.arrays(kind, (2, 2, 2))))
def test_whole_numbers_of_16_bits_stay_as_they_are(raw: np.ndarray) -> None:
    written = stored(raw, 1.0, 0.0)

    assert not written.is_rescaled
    assert (written.voxels == raw).all()


@given(
    st.sampled_from([np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]),
    st.integers(0, 2**23),
    arrays.arrays(np.uint16, (2, 2)),
)
def test_larger_types_are_exact_where_their_values_are_near_together(kind, base, steps) -> None:
    low = base if np.dtype(kind).kind == "u" else -base
    raw = (steps.astype(np.int64) + low).astype(kind)

    written = stored(raw, 1.0, 0.0)

    assert written.note == ""
    assert (back(written) == raw).all()


@given(arrays.arrays(np.int16, (2, 3)), st.floats(2**-9, 1024, width=32), st.floats(-1024, 1024, width=32))
def test_the_scaling_of_the_file_becomes_the_rescale(raw, slope, intercept) -> None:
    written = stored(raw, slope, intercept)

    assert (np.float32(float(written.slope)), np.float32(float(written.intercept))) == (
        np.float32(slope), np.float32(intercept))  # fmt: skip


@given(arrays.arrays(np.float32, (3, 3), elements=FINITE, unique=True))
def test_others_are_rounded_to_half_a_step_and_it_is_said(raw: np.ndarray) -> None:
    try:
        written = stored(raw, 1.0, 0.0)
    except Refused:
        assert np.ptp(raw.astype(float)) < 1e-30
        return
    step = float(written.slope)
    off = np.abs(back(written) - raw).max()

    assert ("rounded" in written.note) == (raw != np.rint(raw)).any() or np.ptp(raw) > 65535
    assert off <= step * 0.51 + np.abs(raw).max() * 1e-11
    assert step <= max(np.ptp(raw.astype(float)) / 65535 * 1.01, 1) + np.abs(raw).max() * 1e-7
    assert max(len(written.slope), len(written.intercept)) <= 16


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (np.array([0, 65536], np.int32), "more than 16 bits"),
        (np.array([-40000, 40000], np.int64), "more than 16 bits"),
        (np.array([0, 2**64 - 1], np.uint64), "more than 16 bits"),
        (np.array([-(10**16) - 1, -(10**16)], np.int64), "more digits"),
        (np.array([2**53, 2**53 + 1], np.uint64), "more digits"),
        (np.array([0.5, np.nan]), "no numbers"),
        (np.array([0.5, np.inf]), "no numbers"),
        (np.array([0.5, 1e300]), "too large"),
        (np.array([0.5, 1j]), "complex"),
    ],
)
def test_what_cannot_be_exact_is_refused(raw: np.ndarray, words: str) -> None:
    with np.errstate(over="ignore"), pytest.raises(Refused, match=words):
        stored(raw, 1.0, 0.0)
