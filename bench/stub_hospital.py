"""A PACS and a RIS behind the ports of finder and ris-fetcher, without network and pixels, of any number of studies.

A study is made from its number when it is asked for, so that a million of them need no memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from radquarry.finder.answers import Answered
from radquarry.finder.named import Named
from radquarry.finder.page import Listed
from radquarry.finder.queries import Model
from radquarry.finder.series import WithSeries
from radquarry.messages import PacsProfile, Report, Series, Study

MODALITIES = ("CR", "CT", "MR", "US", "MG", "XA", "DX")
FINDINGS = ("pneumothorax", "pleural effusion", "fracture", "infarct", "embolism", "nodule", "abscess", "stenosis")
SIDES = ("left", "right", "both sides", "the midline")


@dataclass(frozen=True)
class StubHospital:
    """`studies` of them, as evenly as possible on `days` days up to `last`."""

    studies: int
    days: int
    last: date

    @property
    def first(self) -> date:
        """The oldest day."""
        return self.last - timedelta(days=self.days - 1)

    def of_day(self, day: date) -> list[Study]:
        """The studies of one day."""
        place = (day - self.first).days
        return [study(number, day) for number in range(self.studies * place // self.days, self._end(place))]

    def _end(self, place: int) -> int:
        return self.studies * (place + 1) // self.days


def study(number: int, day: date) -> Study:
    """A study without its series."""
    modality = MODALITIES[number % len(MODALITIES)]
    return Study(
        study_instance_uid=f"1.2.826.0.1.3680043.10.9999.{number + 1}",
        accession_number=f"A{number:08d}",
        study_date=day,
        study_time=time(number % 24, number // 24 % 60, number // 1440 % 60),
        study_description=f"{modality} of the {SIDES[number % 4]}",
        modalities_in_study=(modality,),
        patient_id=f"P{number // 3:08d}",
        patient_name=f"Nobody^Number {number // 3}",
        patient_sex="FM"[number % 2],
        institution_name=f"Clinic {number % 12}",
        number_of_study_related_series=1 + number % 4,
    )


class StubPacs:
    """See `radquarry.finder.pacs.Pacs`."""

    def __init__(self, hospital: StubHospital) -> None:
        self._hospital = hospital

    async def studies(self, day: date, modality: str) -> Listed:
        """See `Pacs`."""
        del modality
        return Listed(tuple(self._hospital.of_day(day)), (), 1)

    async def narrowed(self, day: date, modality: str, keys: Mapping[str, str]) -> Listed:
        """See `Pacs`."""
        del keys
        return await self.studies(day, modality)

    async def with_series(self, studies: Sequence[Study]) -> WithSeries:
        """See `Pacs`."""
        return WithSeries(tuple(map(_with_series, studies)), (), len(studies))

    async def named(self, study_instance_uids: Sequence[str]) -> Named:
        """See `Pacs`."""
        return Named((), frozenset(), len(study_instance_uids))

    async def answers(self, query: Mapping[str, str], model: Model | None = None, most: int = 0) -> Answered:
        """Not asked in a crawl of days."""
        raise NotImplementedError

    async def echo(self) -> float:
        """See `Pacs`."""
        return 0.0

    async def probe(self) -> PacsProfile:
        """See `Pacs`."""
        return PacsProfile(probed_at=datetime.now(UTC))


def _with_series(found: Study) -> Study:
    series = tuple(
        Series(
            series_instance_uid=f"{found.study_instance_uid}.{number}",
            modality=found.modalities_in_study[0],
            series_number=number,
            series_description=f"series {number}",
            number_of_series_related_instances=20,
        )
        for number in range(1, (found.number_of_study_related_series or 0) + 1)
    )
    return found.model_copy(update={"series": series})


class StubRis:
    """See `radquarry.ris_fetcher.ris.Ris`."""

    name = "stub"

    def serves(self, pacs: str) -> bool:
        """See `Ris`."""
        return bool(pacs)

    async def report(self, study: Study) -> Report:
        """Some sentences that differ from study to study."""
        number = int(study.accession_number[1:])
        finding, other = FINDINGS[number % 8], FINDINGS[number // 8 % 8]
        text = (
            f"Clinical information: follow-up of number {number}.\n"
            f"Findings: {finding.capitalize()} of {SIDES[number // 64 % 4]}, {number % 47} mm. No {other}. "
            "Heart and mediastinum are of normal size. The soft tissues are without pathological findings.\n"
            f"Impression: {finding.capitalize()}, unchanged."
        )
        return Report(report_id=study.accession_number, text=text, issued=datetime(2026, 1, 1, tzinfo=UTC))
