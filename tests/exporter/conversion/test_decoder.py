"""A file at which the process that decodes ends, or does not, is refused by name; the others are converted."""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from radquarry.exporter.conversion.decoder import DIED, Decoder, Done, decoder
from radquarry.exporter.conversion.inputs import inputs_of
from radquarry.exporter.conversion.outcomes import Outcome
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.conversion.run import Conversion, Order
from radquarry.exporter.runs.guarding import DiskFull
from tests.exporter.conversion.fatal_decoder import FATAL, image, install
from tests.exporter.conversion.making import AXIAL, encoded, laid, nifti, noise

PATIENT = 300 << 20
"""Bytes of a file that is given five minutes more."""


class Fatal:
    """A decoder whose process dies of all work on files of one size."""

    def __init__(self, real: Decoder, size: int) -> None:
        self._real = real
        self._size = size

    async def done(self, work: Callable[[], Done], size: int) -> Done:
        return await self._real.done(os.abort if size == self._size else work, size)


async def told(order: Order, folder: Path, decoding: Decoder | Fatal) -> dict[str, Outcome]:
    run = Conversion(order, tuple(inputs_of([folder], order.folder)), decoding)
    return {outcome.name: outcome async for outcome in run.outcomes()}


async def test_an_image_of_which_the_decoder_dies_is_refused_and_the_others_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "plugin"))
    laid(tmp_path / "in", a__dcm=image(1), b__dcm=image(2, FATAL), c__dcm=image(3))

    with decoder() as decoding:
        outcomes = await told(Order(tmp_path / "out", "png"), tmp_path / "in", decoding)

    assert {name: each.state for name, each in outcomes.items()} == {
        "a.dcm": "converted", "b.dcm": "refused", "c.dcm": "converted"}  # fmt: skip
    assert outcomes["b.dcm"].reason == DIED
    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == [
        "1.2.3.1.png",
        "1.2.3.3.png",
    ]


@pytest.mark.parametrize("kind", ["png", "nii"])
async def test_so_is_a_picture_or_a_volume(kind: str, tmp_path: Path) -> None:
    first, large, last = (
        encoded(noise(side, side)) if kind == "png" else nifti(noise(side, side, 2, dtype=np.int16), AXIAL)
        for side in (5, 9, 6)
    )
    laid(tmp_path / "in", **{f"a__{kind}": first, f"b__{kind}": large, f"c__{kind}": last})

    with decoder() as decoding:
        outcomes = await told(Order(tmp_path / "out"), tmp_path / "in", Fatal(decoding, len(large)))

    assert {name: each.state for name, each in outcomes.items()} == {
        f"a.{kind}": "converted", f"b.{kind}": "refused", f"c.{kind}": "converted"}  # fmt: skip
    assert outcomes[f"b.{kind}"].reason == DIED
    assert list((tmp_path / "out").rglob("*.dcm"))


@pytest.fixture
def others() -> set[int | None]:
    return {child.pid for child in multiprocessing.active_children()}


async def test_what_takes_too_long_is_ended_and_another_process_goes_on(others: set[int | None]) -> None:
    with decoder(seconds=0.2) as decoding:
        first = await decoding.done(os.getpid, PATIENT)
        with pytest.raises(Refused, match="it takes longer than 0 seconds"):
            await decoding.done(signal.pause, 0)
        second, again = [await decoding.done(os.getpid, PATIENT) for _ in range(2)]

        assert first not in (second, os.getpid())
        assert second == again
    assert {child.pid for child in multiprocessing.active_children()} <= others


async def test_no_process_is_started_where_no_file_needs_one(others: set[int | None]) -> None:
    with decoder():
        assert {child.pid for child in multiprocessing.active_children()} <= others


async def test_what_a_killed_process_has_laid_aside_goes() -> None:
    with decoder(seconds=0.2) as decoding:
        folder = Path(await decoding.done(tempfile.mkdtemp, PATIENT))
        with pytest.raises(Refused):
            await decoding.done(os.abort, PATIENT)
        assert folder.is_dir()
    assert not folder.parent.exists()


async def test_what_is_raised_over_there_is_raised_here() -> None:
    with decoder() as decoding, pytest.raises(DiskFull, match="the disk is full"):
        await decoding.done(partial(_fail, "the disk is full"), 0)


def _fail(words: str) -> None:
    raise DiskFull(words)
