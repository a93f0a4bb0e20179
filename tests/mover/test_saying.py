"""How a study goes on is said while it takes long; of one that takes a moment, only its end."""

from dataclasses import replace
from pathlib import Path

from tests.mover.retrieving import QUICK, SECONDS, small_hospital, ward


async def test_a_study_that_takes_a_moment_is_told_of_once(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path, patience=replace(QUICK, say=SECONDS)) as it:
        study = it.uids[0]

        await it.heard.end(await it.order(study))

        assert [one.state for one in it.heard.of(study)] == ["complete"]


async def test_a_study_that_takes_long_is_told_of_before_the_first_image_has_come(tmp_path: Path) -> None:
    async with ward(small_hospital(store_delay_ms=500), tmp_path) as it:
        study = it.uids[0]

        await it.heard.end(await it.order(study))

        said = it.heard.of(study)
        assert (said[0].state, said[0].received) == ("running", 0)
        assert said[-1].state == "complete"
