"""What is expected of a study, asked of a PACS that is a list."""

from collections.abc import Callable
from typing import Any

from radquarry.dicom.moving import Counts, MoveEnd, MoveOrder
from radquarry.messages import SeriesChoice
from radquarry.mover.expectation import look
from radquarry.mover.port import InstanceRow, Listed, SeriesRow, StudyRow


class ListedSession:
    """Holds one study: (series row, its instances) pairs; names at most `limit` instances.

    `geometry` is what it tells of each image of a series, if it was asked for.
    """

    def __init__(
        self,
        *series: tuple[SeriesRow, tuple[str, ...]],
        limit: int = 1000,
        cut: str = "",
        geometry: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        self._series = series
        self._geometry = geometry or {}
        self._limit = limit
        self._cut = cut
        self.asked: list[str] = []

    async def series(self, study_instance_uid: str) -> Listed[SeriesRow]:
        return Listed(tuple(row for row, _ in self._series))

    async def instances(
        self, study_instance_uid: str, series_instance_uid: str, *, geometry: bool = False
    ) -> Listed[InstanceRow]:
        self.asked.append(series_instance_uid)
        names = next(names for row, names in self._series if row.series_instance_uid == series_instance_uid)
        told = self._geometry.get(series_instance_uid, {}) if geometry else {}
        return Listed(tuple(InstanceRow(name, **told) for name in names[: self._limit]), self._cut)

    async def study(self, study_instance_uid: str) -> StudyRow | None:
        raise AssertionError("nobody wanted priors")

    async def studies_of(self, patient_id: str) -> Listed[StudyRow]:
        raise AssertionError("nobody wanted priors")

    async def move(self, order: MoveOrder, heard: Callable[[Counts], None]) -> MoveEnd:
        raise AssertionError("nobody ordered a move")

    async def give_up(self) -> None:
        raise AssertionError("nobody ordered a move")

    async def address(self) -> str:
        return "127.0.0.1"


CT = (SeriesRow("1.2.1", "CT", "Thorax 1.0 I70f"), ("1.2.1.1", "1.2.1.2"))
DOSE = (SeriesRow("1.2.2", "SR", "Dose Report"), ("1.2.2.1",))
SCOUT = (SeriesRow("1.2.3", "CT", "Topogram  1.0  T20s"), ("1.2.3.1",))


async def chosen(choice: SeriesChoice) -> list[str]:
    """UIDs of the series that are expected of a study of three."""
    expectation = await look(ListedSession(CT, DOSE, SCOUT), "1.2", choice)
    return [series.series_instance_uid for series in expectation.series]


async def test_no_choice_is_everything() -> None:
    assert await chosen(SeriesChoice()) == ["1.2.1", "1.2.2", "1.2.3"]


async def test_series_are_chosen_by_modality() -> None:
    assert await chosen(SeriesChoice(modality=("ct",))) == ["1.2.1", "1.2.3"]


async def test_series_are_left_out_by_a_part_of_their_description_in_any_case() -> None:
    assert await chosen(SeriesChoice(exclude_description=("TOPOGRAM", "dose"))) == ["1.2.1"]


async def test_series_that_are_not_wanted_are_not_asked_for() -> None:
    session = ListedSession(CT, DOSE)

    expectation = await look(session, "1.2", SeriesChoice(modality=("SR",)))

    assert session.asked == ["1.2.2"]
    assert expectation.held == 2


async def test_a_silent_limit_shows_in_the_stated_number() -> None:
    stated = (SeriesRow("1.2.1", "CT", instances=90), tuple(f"1.2.1.{number}" for number in range(90)))

    (series,) = (await look(ListedSession(stated, limit=40), "1.2", SeriesChoice())).series

    assert (len(series.sop_instance_uids), series.instances) == (40, 90)


async def test_a_cut_answer_with_no_stated_number_is_expected_to_be_longer() -> None:
    (series,) = (await look(ListedSession(CT, cut="status 0xa700"), "1.2", SeriesChoice())).series

    assert series.instances > len(series.sop_instance_uids)
