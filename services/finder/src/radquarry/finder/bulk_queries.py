"""A C-FIND identifier as somebody wrote it → the studies it leads to, whatever its level."""

from collections.abc import Iterable

from radquarry.dicom.peer import PacsRefuses
from radquarry.dicom.uids import is_uid
from radquarry.finder.answers import Answered, values_of
from radquarry.finder.links import has_modality, is_patient
from radquarry.finder.lookups import MOST_OF_A_PATIENT, Found
from radquarry.finder.pacs import Pacs
from radquarry.finder.queries import Query, QueryRefused, checked
from radquarry.finder.series_desk import SeriesDesk
from radquarry.finder.spans import Gathered, Spans, ask_once
from radquarry.messages import QueryOrder, Study

NAMED_BY = {"PATIENT": "PatientID", "SERIES": "StudyInstanceUID", "IMAGE": "StudyInstanceUID"}
"""Level → the key that leads from a row to its studies."""


class BulkQuery:
    """One query's work. Raises `PacsAway`, `PacsStopped`."""

    def __init__(self, order: QueryOrder, modalities: Iterable[str], pacs: Pacs, desk: SeriesDesk) -> None:
        self._order = order
        self._modalities = tuple(modalities)
        self._pacs = pacs
        self._desk = desk
        self._studies: dict[str, Study] = {}
        self._reasons: list[str] = []
        self._queries = 0

    async def find(self) -> Found:
        """The studies that match (STUDY), or that belong to the patients, series or images that match."""
        try:
            query = checked(self._order)
        except QueryRefused as refused:
            return Found(None, problem=str(refused))
        if query.level == "STUDY":
            self._take(await Spans(self._pacs, query.keys).all())
        else:
            await self._follow(query)
        return await self._found()

    async def _follow(self, query: Query) -> None:
        keyword = NAMED_BY[query.level]
        order = {**self._order, keyword: self._order.get(keyword, "")}
        try:
            answered = await self._pacs.answers(order)
        except PacsRefuses as refused:
            answered = Answered((), str(refused), 1)
        self._queries += answered.queries
        self._reasons += [answered.cut] if answered.cut else []
        if not answered.is_sure:
            self._reasons.append(
                f"the PACS gave {answered.received} answers, and no longer list is known of it: set its find_limit"
            )
        for name in dict.fromkeys(name for row in answered.rows for name in values_of(row, keyword)):
            await (self._take_patient(name) if keyword == "PatientID" else self._take_study(name))

    async def _take_patient(self, patient_id: str) -> None:
        gathered = await Spans(self._pacs, {"PatientID": patient_id}, MOST_OF_A_PATIENT).all()
        self._take(gathered, [study for study in gathered.studies.values() if is_patient(study, patient_id)])

    async def _take_study(self, uid: str) -> None:
        if not is_uid(uid):
            self._reasons.append("a row could not be read: StudyInstanceUID is not a UID")
            return
        gathered, _answered = await ask_once(self._pacs, {"StudyInstanceUID": uid}, MOST_OF_A_PATIENT)
        if uid in gathered.studies:
            gathered.reasons.clear()  # a UID names one study: there it is
        else:
            gathered.note("a study whose series or images match was not found by its StudyInstanceUID")
        self._take(gathered)

    def _take(self, gathered: Gathered, studies: Iterable[Study] | None = None) -> None:
        found = gathered.studies.values() if studies is None else studies
        self._studies |= {study.study_instance_uid: study for study in found}
        self._reasons += gathered.reasons
        self._queries += gathered.queries

    async def _found(self) -> Found:
        likely = [study for study in self._studies.values() if has_modality(study, self._modalities)]
        filled, gaps, queries = await self._desk.filled(likely)
        wanted = tuple(study for study in filled if has_modality(study, self._modalities))
        reasons = list(dict.fromkeys([*self._reasons, *gaps]))
        return Found(None, wanted, "; ".join(reasons), bool(reasons), self._queries + queries)
