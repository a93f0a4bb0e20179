"""Affines of NIfTI as planes of DICOM: no voxel moves, whichever way its axes run."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from radquarry.exporter.conversion.geometry import affine_of, planes_of
from radquarry.exporter.conversion.refusing import Refused
from tests.exporter.conversion.making import AFFINES, turned

ANGLE = st.floats(-np.pi, np.pi)
AXIS = st.tuples(*[st.floats(-1, 1)] * 3)
SPACING = st.floats(0.05, 50) | st.floats(-50, -0.05)
ORIGIN = st.tuples(*[st.floats(-2000, 2000)] * 3)
SHAPE = st.tuples(st.integers(1, 600), st.integers(1, 600), st.integers(1, 40))
CORNERS = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1)


def apart(one: np.ndarray, other: np.ndarray, shape: tuple[int, ...]) -> float:
    """The largest distance in mm at a corner of the volume."""
    corners = np.vstack([CORNERS * (np.array(shape)[:, None] - 1), np.ones(8)])
    return float(np.linalg.norm(((one - other) @ corners)[:3], axis=0).max())


@given(AXIS, ANGLE, st.tuples(SPACING, SPACING, SPACING), ORIGIN, SHAPE)
def test_the_affine_comes_back(axis, angle, spacing, origin, shape) -> None:
    assume(np.linalg.norm(axis) > 0.1)
    affine = turned(axis, angle, spacing, origin)

    planes = planes_of(affine, shape)

    assert apart(affine_of(planes, shape), affine, shape) < 1e-6
    assert all(len(text) <= 16 for position in planes.positions for text in position)
    assert len(planes.positions) == shape[2]


@given(AXIS, ANGLE, st.tuples(SPACING, SPACING, SPACING), ORIGIN)
def test_a_voxel_lies_where_its_value_is_written(axis, angle, spacing, origin) -> None:
    assume(np.linalg.norm(axis) > 0.1)
    affine, shape = turned(axis, angle, spacing, origin), (3, 4, 5)
    volume = np.arange(60).reshape(shape)
    planes = planes_of(affine, shape)
    slices = planes.as_written(volume)
    row, column = np.array([float(text) for text in planes.image_orientation]).reshape(2, 3)

    for x, y, z in np.ndindex(shape):
        number, down, across = (int(where[0]) for where in np.where(slices == volume[x, y, z]))
        first = np.array([float(text) for text in planes.positions[number]])
        lps = first + row * float(planes.columns_apart) * across + column * float(planes.rows_apart) * down
        ras = affine @ [x, y, z, 1]
        assert np.allclose(lps * [-1, -1, 1], ras[:3], atol=1e-6)


@given(AXIS, ANGLE, st.tuples(SPACING, SPACING, SPACING))
def test_slices_run_along_the_normal_of_right_angled_planes(axis, angle, spacing) -> None:
    assume(np.linalg.norm(axis) > 0.1)
    planes = planes_of(turned(axis, angle, spacing, (0, 0, 0)), (4, 4, 3))

    row, column = np.array([float(text) for text in planes.image_orientation]).reshape(2, 3)
    first, _, last = np.array([[float(text) for text in position] for position in planes.positions])
    assert abs(row @ column) < 1e-9
    assert abs(np.linalg.norm(row) - 1) < 1e-9
    assert np.cross(row, column) @ (last - first) > 0


@pytest.mark.parametrize("name", AFFINES)
def test_rows_and_columns_run_as_people_read_them(name: str) -> None:
    planes = planes_of(AFFINES[name], (4, 5, 6))

    for cosines in np.array([float(text) for text in planes.image_orientation]).reshape(2, 3):
        main = int(np.argmax(np.abs(cosines)))
        assert cosines[main] * (1, 1, -1)[main] > 0


@given(st.sampled_from([(0, 1), (0, 2), (1, 2)]), st.floats(0.05, 0.9))
def test_a_sheared_volume_is_refused(axes: tuple[int, int], much: float) -> None:
    affine = np.diag([1.0, 1, 1, 1])
    affine[axes] = much

    with pytest.raises(Refused, match="right angles"):
        planes_of(affine, (64, 64, 20))


@given(st.tuples(*[st.floats(-3e-7, 3e-7)] * 9))
def test_the_rounding_of_single_precision_is_no_shear(noise: tuple[float, ...]) -> None:
    affine = turned((1, 2, 3), 0.4, (0.9, 0.9, 1.2), (1, 2, 3))
    affine[:3, :3] += np.array(noise).reshape(3, 3)

    planes = planes_of(affine, (512, 512, 200))

    assert apart(affine_of(planes, (512, 512, 200)), affine, (512, 512, 200)) < 0.002


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1e9])
def test_what_is_no_affine_is_refused(value: float) -> None:
    affine = np.diag([value, 1, 1, 1])

    with pytest.raises(Refused, match="is none"):
        planes_of(affine, (2, 2, 2))
