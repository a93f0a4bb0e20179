"""Processes that clean are kept from run to run, and each run is its own order's."""

import multiprocessing
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import Pseudonyms, project_key
from radquarry.exporter.runs.run import Processes, folder_of_one
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import Order
from tests.exporter.cleaning import SECRET, ct, written

LUNGS, HEARTS = (project_key(SECRET, name) for name in ("lungs", "hearts"))


async def cleaned(processes: Processes, order: Order, source: Path) -> tuple[str, set[int | None]]:
    """The pseudonym that left, and who worked."""
    with folder_of_one(order.folder):
        async with aclosing(processes.outcomes(order, [Source(1, source)])) as work:
            told = [outcome async for _, outcome, _ in work]
        workers = {child.pid for child in multiprocessing.active_children()}
    return str(dcmread(order.folder / told[0].path).PatientID), workers


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.dcm"
    path.write_bytes(written(ct()))
    return path


async def test_the_next_run_is_by_the_same_process_with_its_own_key_folder_and_profile(
    tmp_path: Path, source: Path
) -> None:
    others = {child.pid for child in multiprocessing.active_children()}
    processes = Processes(1)
    first, workers = await cleaned(processes, Order(tmp_path / "a", Profile(), LUNGS), source)
    second, later = await cleaned(processes, Order(tmp_path / "b", Profile(), HEARTS), source)
    again, _ = await cleaned(processes, Order(tmp_path / "c", Profile(), LUNGS), source)
    processes.close()

    assert workers - others == later - others
    assert len(workers - others) == 1
    assert first == again == Pseudonyms(LUNGS).patient_id("PID4711234")
    assert second == Pseudonyms(HEARTS).patient_id("PID4711234")


async def test_a_run_that_is_broken_off_leaves_no_process_and_the_next_one_starts_others(
    tmp_path: Path, source: Path
) -> None:
    others = {child.pid for child in multiprocessing.active_children()}
    processes, order = Processes(1), Order(tmp_path / "a", Profile(), LUNGS)
    with folder_of_one(order.folder):
        async with aclosing(processes.outcomes(order, [Source(number, source) for number in range(1, 40)])) as work:
            async for _ in work:
                break

    assert {child.pid for child in multiprocessing.active_children()} <= others
    patient, _ = await cleaned(processes, replace(order, folder=tmp_path / "b"), source)
    processes.close()
    assert patient == Pseudonyms(LUNGS).patient_id("PID4711234")
