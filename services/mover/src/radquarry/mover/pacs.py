"""The mover's PACS over DICOM: C-FIND at series and image level, C-MOVE to our node."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from math import isfinite
from typing import TypeVar

from pydicom import Dataset

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.finding import STUDY_ROOT, Answers, Question, find
from radquarry.dicom.moving import STUDY_ROOT_MOVE, Counts, MoveEnd, MoveOrder, cancel_move, move
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import Peer
from radquarry.dicom.rows import Malformed, Row
from radquarry.mover.port import InstanceRow, Listed, SeriesRow, StudyRow

Item = TypeVar("Item")


class DicomPacs:
    """A PACS that sends to the AE title we call it with.

    `find_limit` is the most rows of one answer, None if unknown; `charset` is assumed where an answer names none.
    """

    def __init__(self, peer: Peer, find_limit: int | None = None, charset: str = "ISO_IR 100") -> None:
        self._peer = peer
        self._find_limit = find_limit
        self._charset = charset

    @asynccontextmanager
    async def session(self, gate: Gate) -> AsyncIterator["DicomSession"]:
        """See `Pacs.session`."""
        session = DicomSession(self._peer, gate, self._find_limit, self._charset)
        try:
            yield session
        finally:
            await session.close()


class DicomSession:
    """See `Session`. An association that is gone is opened anew by the next call."""

    def __init__(self, peer: Peer, gate: Gate, find_limit: int | None, charset: str) -> None:
        self._peer = peer
        self._gate = gate
        self._find_limit = find_limit
        self._charset = charset
        self._opened = AsyncExitStack()
        self._association: Association | None = None

    async def series(self, study_instance_uid: str) -> Listed[SeriesRow]:
        """See `Session.series`."""
        identifier = _identifier("SERIES", StudyInstanceUID=study_instance_uid, SeriesInstanceUID="")
        identifier.Modality = identifier.SeriesDescription = identifier.BodyPartExamined = ""
        identifier.NumberOfSeriesRelatedInstances = None
        return self._listed(await self._find(identifier, partial(_series_row, study=study_instance_uid)))

    async def instances(
        self, study_instance_uid: str, series_instance_uid: str, *, geometry: bool = False
    ) -> Listed[InstanceRow]:
        """See `Session.instances`."""
        uids = {"StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": series_instance_uid}
        identifier = _identifier("IMAGE", **uids, SOPInstanceUID="", SOPClassUID="")
        if geometry:
            identifier.ImageOrientationPatient = identifier.SliceThickness = None
        read = partial(_instance_row, study=study_instance_uid, series=series_instance_uid)
        return self._listed(await self._find(identifier, read))

    async def study(self, study_instance_uid: str) -> StudyRow | None:
        """See `Session.study`."""
        identifier = _study_identifier(StudyInstanceUID=study_instance_uid)
        found = await self._find(identifier, partial(_study_row, StudyInstanceUID=study_instance_uid))
        return found.items[0] if found.items else None

    async def studies_of(self, patient_id: str) -> Listed[StudyRow]:
        """See `Session.studies_of`."""
        identifier = _study_identifier(PatientID=patient_id)
        return self._listed(await self._find(identifier, partial(_study_row, PatientID=patient_id)))

    async def move(self, order: MoveOrder, heard: Callable[[Counts], None]) -> MoveEnd:
        """See `Session.move`."""
        association = await self._open()
        order_it = partial(move, association, order, self._peer.calling_ae_title, heard)
        return await in_thread(association, order_it)

    async def give_up(self) -> None:
        """See `Session.give_up`."""
        if self._association is not None:
            cancel_move(self._association)

    async def address(self) -> str:
        """See `Session.address`."""
        return str((await self._open()).requestor.address or "")

    async def close(self) -> None:
        """Release the association."""
        self._association = None
        await self._opened.aclose()

    async def _open(self) -> Association:
        if self._association is None or not self._association.is_established:
            await self.close()
            opening = open_association(self._peer, [STUDY_ROOT, STUDY_ROOT_MOVE], gate=self._gate)
            self._association = await self._opened.enter_async_context(opening)
        return self._association

    async def _find(self, identifier: Dataset, read: Callable[[Row], Item]) -> Answers[Item]:
        association = await self._open()
        return await in_thread(association, partial(find, association, Question(identifier, read, self._charset)))

    def _listed(self, answers: Answers[Item]) -> Listed[Item]:
        cut = answers.cut
        if not cut and self._find_limit is not None and answers.received >= self._find_limit:
            cut = f"the PACS gave {answers.received} rows, as many as it ever gives"
        return Listed(tuple(dict.fromkeys(answers.items)), cut)


def _identifier(level: str, **uids: str) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level
    for keyword, uid in uids.items():
        setattr(identifier, keyword, uid)
    return identifier


def _study_identifier(**keys: str) -> Dataset:
    identifier = _identifier("STUDY", **{"StudyInstanceUID": "", "PatientID": "", **keys})
    identifier.StudyDate = identifier.StudyTime = identifier.ModalitiesInStudy = ""
    return identifier


def _study_row(row: Row, **wanted: str) -> StudyRow:
    _demand(row, **wanted)
    return StudyRow(
        study_instance_uid=row.uid("StudyInstanceUID"),
        patient_id=row.text("PatientID"),
        study_date=row.date("StudyDate"),
        study_time=row.time("StudyTime"),
        modalities=row.texts("ModalitiesInStudy"),
    )


def _series_row(row: Row, *, study: str) -> SeriesRow:
    _demand(row, StudyInstanceUID=study)
    return SeriesRow(
        series_instance_uid=row.uid("SeriesInstanceUID"),
        modality=row.text("Modality"),
        series_description=row.text("SeriesDescription"),
        instances=row.integer("NumberOfSeriesRelatedInstances"),
        body_part_examined=row.text("BodyPartExamined"),
    )


def _instance_row(row: Row, *, study: str, series: str) -> InstanceRow:
    _demand(row, StudyInstanceUID=study, SeriesInstanceUID=series)
    return InstanceRow(
        sop_instance_uid=row.uid("SOPInstanceUID"),
        sop_class_uid=row.text("SOPClassUID"),
        orientation=_decimals(row, "ImageOrientationPatient"),
        slice_thickness=next(iter(_decimals(row, "SliceThickness")), None),
    )


def _decimals(row: Row, keyword: str) -> tuple[float, ...]:
    """DS values (PS3.5 6.2); none of them where one cannot be read."""
    try:
        numbers = tuple(float(text) for text in row.texts(keyword))
    except ValueError:
        return ()
    return numbers if all(map(isfinite, numbers)) else ()


def _demand(row: Row, **wanted: str) -> None:
    """Filter again on our side: a PACS may answer what was not asked. What it leaves out is as asked."""
    for keyword, uid in wanted.items():
        if row.text(keyword) not in ("", uid):
            raise Malformed(f"an answer about another {keyword}")
