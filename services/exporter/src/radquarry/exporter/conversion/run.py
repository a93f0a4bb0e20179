"""A conversion of many files: what became of each, as it comes. It knows no command and no message."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from radquarry.exporter.conversion.decoder import Decoder
from radquarry.exporter.conversion.from_dicom import as_nifti, as_png, as_table
from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.inputs import Input
from radquarry.exporter.conversion.outcomes import Outcome
from radquarry.exporter.conversion.patient_table import PatientTable
from radquarry.exporter.conversion.refusing import Refused
from radquarry.exporter.conversion.survey import (
    PassedOver,
    Series,
    Survey,
    Surveyed,
    mixed,
    series_of,
)
from radquarry.exporter.conversion.to_dicom import SeriesWriter
from radquarry.exporter.runs.guarding import DiskFull, HeldBack, held_back_at_worst
from radquarry.exporter.runs.run import RunRefused, folder_of_one

Target = Literal["", "dicom", "nifti", "png", "csv"]


@dataclass(frozen=True)
class Order:
    """What becomes of the files, and where. `to` empty is DICOM for images, and NIfTI for DICOM.

    `given` is patient and study data for all images, `table` for each. `seconds` is how long dcm2niix may take for a
    series, and half a second for each of its images beside.
    """

    folder: Path
    to: Target = ""
    given: Given = field(default_factory=dict, repr=False)
    table: PatientTable | None = field(default=None, repr=False)
    seconds: float = 120.0


class Conversion:
    """One run, whose pixels the decoder reads. `unused_rows` is known when it has ended."""

    def __init__(self, order: Order, inputs: Sequence[Input], decoder: Decoder) -> None:
        self._order = order
        self._inputs = inputs
        self._decoder = decoder
        self._survey = Survey(order.given, order.table, inputs)

    @property
    def unused_rows(self) -> int:
        """How many rows of the table name no file."""
        return self._survey.unused()

    async def outcomes(self) -> AsyncGenerator[Outcome, None]:
        """One for each input, as it comes. Raises `RunRefused`: another run writes there, the disk is full."""
        try:
            async with aclosing(self._outcomes()) as outcomes:
                async for outcome in outcomes:
                    yield outcome
                    if (half := self._survey.pairs.get(outcome.input)) is not None:
                        yield replace(outcome, input=half.number, name=half.name)
        except DiskFull as full:
            raise RunRefused(f"{full}; the run is not complete") from None

    async def _outcomes(self) -> AsyncGenerator[Outcome, None]:
        with folder_of_one(self._order.folder):
            images: list[Surveyed] = []
            files: list[Surveyed] = []
            halves = {half.number for half in self._survey.pairs.values()}
            for given in (each for each in self._inputs if each.number not in halves):
                looked = await asyncio.to_thread(self._look_at, given)
                if isinstance(looked, Outcome):
                    yield looked
                else:
                    (files if looked.kind == "dicom" else images).append(looked)
            for outcomes in (self._of_images(images), self._of_dicom(files)):
                async with aclosing(outcomes):
                    async for outcome in outcomes:
                        yield outcome

    def _look_at(self, given: Input) -> Surveyed | Outcome:
        try:
            with held_back_at_worst():
                looked = self._survey.look_at(given)
        except HeldBack as fault:
            return Outcome(given.number, given.name, "refused", reason=str(fault))
        if isinstance(looked, PassedOver):
            return Outcome(given.number, given.name, "passed over", reason=looked.reason)
        if reason := self._refusal(looked):
            return Outcome(given.number, given.name, "refused", reason=reason)
        return looked

    def _refusal(self, looked: Surveyed) -> str:
        if looked.kind == "dicom":
            return "it is DICOM already; --to nifti, png or csv" if self._order.to == "dicom" else ""
        return "" if self._order.to in ("", "dicom") else f"it is an image; only DICOM becomes {self._order.to}"

    async def _of_images(self, images: Sequence[Surveyed]) -> AsyncGenerator[Outcome, None]:
        series: list[Series] = list(series_of(images))
        refusals = mixed(series)
        for each in series:
            reason = refusals.get(each.identity.series_instance_uid, "")
            writer = SeriesWriter(self._order.folder, each.identity, each.given)
            for place, member in enumerate(each.members):
                if reason:
                    yield member.refused(reason)
                    continue
                try:
                    outcome, writer.number = await self._decoder.done(
                        partial(writer.convert, member, place), member.size
                    )
                    yield outcome
                except Refused as fault:
                    yield member.refused(str(fault))

    def _of_dicom(self, files: Sequence[Surveyed]) -> AsyncGenerator[Outcome, None]:
        match self._order.to:
            case "png":
                return as_png(self._order.folder, files, self._decoder)
            case "csv":
                return as_table(self._order.folder, files)
            case _:
                return as_nifti(self._order.folder, files, self._order.seconds, self._decoder)
