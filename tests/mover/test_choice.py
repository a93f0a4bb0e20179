"""Which series are chosen, and that nothing is guessed where the PACS tells nothing."""

from typing import Any

import pytest

from radquarry.messages import SeriesChoice
from radquarry.mover.expectation import Expectation, look
from radquarry.mover.port import SeriesRow
from tests.mover.test_expectation import ListedSession

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
TILTED = (1.0, 0.0, 0.0, 0.0, 0.9, -0.43)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def series(number: int, images: int = 3, **told: Any) -> tuple[SeriesRow, tuple[str, ...]]:
    """Series 1.2.`number` with its images."""
    uid = f"1.2.{number}"
    row = {"modality": "CT", "instances": images, **told}
    return SeriesRow(uid, **row), tuple(f"{uid}.{image}" for image in range(images))


SCOUT = series(1, 1, series_description="Topogram", body_part_examined="CHEST")
SOFT = series(2, 30, series_description="Thorax 5.0 B31f", body_part_examined="CHEST")
LUNG = series(3, 120, series_description="Lung 1.0 B70f", body_part_examined="CHEST")
BELLY = series(4, 40, series_description="Abdomen 5.0 [pv]", body_part_examined="ABDOMEN")
ALL = (SCOUT, SOFT, LUNG, BELLY)


async def looked(*held: tuple[SeriesRow, tuple[str, ...]], only: tuple[str, ...] = (), **choice: Any) -> Expectation:
    """What is expected of a study of these series."""
    geometry = choice.pop("geometry", None)
    return await look(ListedSession(*held, geometry=geometry), "1.2", SeriesChoice(**choice), only)


async def chosen(**choice: Any) -> list[str]:
    """The chosen of all series."""
    return [one.series_instance_uid for one in (await looked(*ALL, **choice)).series]


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        ({"include_description": ("thorax", "LUNG")}, [2, 3]),
        ({"include_description": ("*b?0f",)}, [3]),
        ({"include_description": ("thorax*",), "exclude_description": ("*b31f",)}, []),
        ({"include_description": ("[pv]",)}, [4]),
        ({"include_description": ("*[pv]",)}, [4]),
        ({"body_part": ("abdomen",)}, [4]),
        ({"min_images": 2}, [2, 3, 4]),
        ({"max_images": 40}, [1, 2, 4]),
        ({"min_images": 30, "max_images": 40, "body_part": ("CHEST",)}, [2]),
    ],
)
async def test_series_are_chosen_by_what_describes_them(choice: dict[str, Any], numbers: list[int]) -> None:
    assert await chosen(**choice) == [f"1.2.{number}" for number in numbers]


async def test_the_images_are_counted_where_no_number_is_told() -> None:
    expectation = await looked(series(1, 2, instances=None), series(2, 20, instances=None), min_images=10)

    assert [one.series_instance_uid for one in expectation.series] == ["1.2.2"]


@pytest.mark.parametrize(
    ("choice", "what"),
    [
        ({"modality": ("CT",)}, "modality"),
        ({"body_part": ("CHEST",)}, "body part"),
        ({"include_description": ("thorax",)}, "description"),
    ],
)
async def test_what_is_told_of_no_series_is_not_chosen_by(choice: dict[str, Any], what: str) -> None:
    expectation = await looked(series(1, modality=""), series(2, modality=""), **choice)

    assert expectation.series == ()
    assert what in expectation.not_told


async def test_the_thinnest_axial_series_is_neither_a_scout_nor_a_reformation() -> None:
    geometry = {
        "1.2.1": {"orientation": CORONAL, "slice_thickness": 0.6},
        "1.2.2": {"orientation": AXIAL, "slice_thickness": 5.0},
        "1.2.3": {"orientation": TILTED, "slice_thickness": 1.0},
        "1.2.4": {"orientation": AXIAL},
    }

    expectation = await looked(*ALL, thinnest_axial=True, geometry=geometry)

    assert [one.series_instance_uid for one in expectation.series] == ["1.2.3"]


async def test_of_two_as_thin_the_longer_one_is_the_thinnest_axial() -> None:
    both = {"orientation": AXIAL, "slice_thickness": 1.0}

    expectation = await looked(SOFT, LUNG, thinnest_axial=True, geometry={"1.2.2": both, "1.2.3": both})

    assert [one.series_instance_uid for one in expectation.series] == ["1.2.3"]


async def test_the_thinnest_axial_is_looked_for_among_the_chosen_only() -> None:
    geometry = {
        "1.2.2": {"orientation": AXIAL, "slice_thickness": 5.0},
        "1.2.3": {"orientation": AXIAL, "slice_thickness": 1.0},
    }

    expectation = await looked(SOFT, LUNG, thinnest_axial=True, include_description=("b31f",), geometry=geometry)

    assert [one.series_instance_uid for one in expectation.series] == ["1.2.2"]


@pytest.mark.parametrize(
    ("geometry", "what"), [({}, "orientation"), ({"1.2.2": {"orientation": AXIAL}}, "slice thickness")]
)
async def test_a_pacs_that_tells_no_geometry_is_not_guessed_about(geometry: dict[str, Any], what: str) -> None:
    expectation = await looked(SOFT, LUNG, thinnest_axial=True, geometry=geometry)

    assert expectation.series == ()
    assert what in expectation.not_told


async def test_a_study_without_axial_images_has_no_thinnest_one() -> None:
    expectation = await looked(SOFT, thinnest_axial=True, geometry={"1.2.2": {"orientation": CORONAL}})

    assert (expectation.series, expectation.not_told) == ((), "")


async def test_of_named_instances_only_their_series_are_expected() -> None:
    expectation = await looked(*ALL, only=("1.2.2.7", "1.2.4.1"))

    assert [one.series_instance_uid for one in expectation.series] == ["1.2.2", "1.2.4"]
    assert expectation.cut == ""


async def test_a_named_instance_that_the_pacs_does_not_name_is_missed() -> None:
    expectation = await looked(*ALL, only=("1.2.2.7", "9.9"))

    assert expectation.cut == "the PACS names 1 of the 2 ordered instances in none of its series"
