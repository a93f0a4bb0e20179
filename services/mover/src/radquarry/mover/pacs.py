"""The mover's PACS over DICOM: C-FIND at study, series and image level, and images by the roads there are."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import isfinite
from typing import TypeVar

from pydicom import Dataset

from radquarry.dicom.association import in_thread
from radquarry.dicom.finding import Answers, Question, find
from radquarry.dicom.moving import Counts, MoveEnd, MoveOrder
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import Peer
from radquarry.dicom.rows import Malformed, Row
from radquarry.dicom.uids import is_uid
from radquarry.mover.port import InstanceRow, Listed, SeriesRow, StudyRow
from radquarry.mover.roads import Line, Roads, Traveller
from radquarry.mover.ways import Ways

Item = TypeVar("Item")


class DicomPacs:
    """A PACS that sends to the AE title we call it with, or by one of its other `roads`.

    `find_limit` is the most rows of one answer, None if unknown; `charset` is assumed where an answer names none.
    """

    def __init__(
        self, peer: Peer, find_limit: int | None = None, charset: str = "ISO_IR 100", roads: Roads | None = None
    ) -> None:
        self._peer = peer
        self._find_limit = find_limit
        self._charset = charset
        self._roads = roads or Roads(Ways(peer.name), peer)

    @asynccontextmanager
    async def session(self, gate: Gate) -> AsyncIterator["DicomSession"]:
        """See `Pacs.session`."""
        session = DicomSession(Line(self._peer, gate), self._roads, self._find_limit, self._charset)
        try:
            yield session
        finally:
            await session.close()


class DicomSession:
    """See `Session`. An association that is gone is opened anew by the next call."""

    def __init__(self, line: Line, roads: Roads, find_limit: int | None, charset: str) -> None:
        self._line = line
        self._traveller = Traveller(line, roads)
        self._find_limit = find_limit
        self._charset = charset
        self._classes: dict[str, set[str]] = {}

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
        listed = self._listed(await self._find(identifier, read))
        self._classes.setdefault(study_instance_uid, set()).update(
            row.sop_class_uid for row in listed.rows if is_uid(row.sop_class_uid)
        )
        return listed

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
        classes = self._classes.get(order.study_instance_uid, set())
        return await self._traveller.fetch(order, tuple(sorted(classes)), heard)

    async def give_up(self) -> None:
        """See `Session.give_up`."""
        self._traveller.give_up()

    async def address(self) -> str:
        """See `Session.address`."""
        return str((await self._line.asking()).requestor.address or "")

    async def close(self) -> None:
        """Nothing is left open."""
        try:
            await self._traveller.close()
        finally:
            await self._line.close()

    async def _find(self, identifier: Dataset, read: Callable[[Row], Item]) -> Answers[Item]:
        association = await self._line.asking()
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
