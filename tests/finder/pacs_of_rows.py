"""A PACS behind the finder's port, without a network: answers any query from studies on file, with faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.finder.answers import Answered, AnswerRow, contradictions
from radquarry.finder.page import Listed
from radquarry.finder.pages import Pages
from radquarry.finder.queries import Model, checked
from radquarry.finder.series import WithSeries
from radquarry.finder.spans import answer_of
from radquarry.finder.watch import Watch
from radquarry.messages import Gap, Series, Study


@dataclass
class PacsOfRows:
    """`limit` answers at most, said so with `is_loud`, known with `is_told`; `ignores` are keys it does not match by.

    `hides` are keys it does not return, `refuses` those it ends a query for; `away_for` that many calls.
    """

    studies_on_file: list[Study]
    limit: int = 10**9
    is_loud: bool = True
    ignores: frozenset[str] = frozenset()
    hides: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    away_for: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    watch: Watch = field(default_factory=lambda: Watch("main", Pages()))

    async def answers(self, query: Mapping[str, str], model: Model | None = None, most: int = 0) -> Answered:
        wanted = checked(query, model)
        self.asked.append(wanted.narrowing)
        self.away_for -= 1
        if self.away_for >= 0:
            raise PacsAway("the PACS is away")
        if self.refuses & set(wanted.narrowing):
            raise PacsRefuses("the PACS does not take this C-FIND: status 0xa900")
        matching = checked({k: v for k, v in query.items() if k not in self.ignores} | {"PatientSex": "*?*"})
        rows = [row for row in self._rows(wanted.level) if not contradictions(row, matching)]
        given = rows[: min(self.limit, most or self.limit)]
        kept = [{key: row.get(key, "") for key in wanted.keys} for row in given if not contradictions(row, wanted)]
        is_cut = self.is_loud and len(given) < len(rows)
        cut = f"the PACS ended its answer with status 0xfe00 after {len(given)} rows" if is_cut else ""
        return Answered(tuple(kept), cut, 1, len(given), is_sure=len(given) < 20 or self.is_loud)

    def _rows(self, level: str) -> list[AnswerRow]:
        rows = [{key: v for key, v in answer_of(s).items() if key not in self.hides} for s in self.studies_on_file]
        if level == "PATIENT":
            return list({row["PatientID"]: row for row in rows}.values())
        if level in ("SERIES", "IMAGE"):
            return [{**row, "Modality": name} for row in rows for name in row.get("ModalitiesInStudy", [])]
        return rows

    async def studies(self, day: date, modality: str) -> Listed:
        return await self.narrowed(day, modality, {})

    async def narrowed(self, day: date, modality: str, keys: Mapping[str, str]) -> Listed:
        self.days.append(day)
        query = checked({**keys, "StudyDate": f"{day:%Y%m%d}", "QueryRetrieveLevel": "STUDY"})
        found = [study for study in self.studies_on_file if not contradictions(answer_of(study), query)]
        gaps = (Gap(begin="00:00:00", end="23:59:59", reason="no key splits them"),) if len(found) > self.limit else ()
        return Listed(tuple(found[: self.limit]), gaps, 1)

    async def with_series(self, studies: Sequence[Study]) -> WithSeries:
        truth = {study.study_instance_uid: study.modalities_in_study for study in self.studies_on_file}
        filled = []
        for study in studies:
            names = truth[study.study_instance_uid]
            series = [
                Series(series_instance_uid=f"{study.study_instance_uid}.{place}", modality=name)
                for place, name in enumerate(names, 1)
            ]
            filled.append(study.model_copy(update={"series": tuple(series), "modalities_in_study": names}))
        return WithSeries(tuple(filled), (), len(filled))

    async def echo(self) -> float:
        return 1.0
