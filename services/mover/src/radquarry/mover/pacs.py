"""The mover's PACS over DICOM: C-FIND at series and image level, C-MOVE to our node."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TypeVar

from pydicom import Dataset

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.finding import STUDY_ROOT, Answers, Question, find
from radquarry.dicom.moving import STUDY_ROOT_MOVE, Counts, MoveEnd, MoveOrder, cancel_move, move
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import Peer
from radquarry.dicom.rows import Malformed, Row
from radquarry.mover.port import Listed, SeriesRow

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
        identifier.Modality = identifier.SeriesDescription = ""
        identifier.NumberOfSeriesRelatedInstances = None
        return self._listed(await self._find(identifier, partial(_series_row, study=study_instance_uid)))

    async def instances(self, study_instance_uid: str, series_instance_uid: str) -> Listed[str]:
        """See `Session.instances`."""
        identifier = _identifier(
            "IMAGE", StudyInstanceUID=study_instance_uid, SeriesInstanceUID=series_instance_uid, SOPInstanceUID=""
        )
        read = partial(_instance_row, study=study_instance_uid, series=series_instance_uid)
        return self._listed(await self._find(identifier, read))

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


def _series_row(row: Row, *, study: str) -> SeriesRow:
    _demand(row, StudyInstanceUID=study)
    return SeriesRow(
        series_instance_uid=row.uid("SeriesInstanceUID"),
        modality=row.text("Modality"),
        series_description=row.text("SeriesDescription"),
        instances=row.integer("NumberOfSeriesRelatedInstances"),
    )


def _instance_row(row: Row, *, study: str, series: str) -> str:
    _demand(row, StudyInstanceUID=study, SeriesInstanceUID=series)
    return row.uid("SOPInstanceUID")


def _demand(row: Row, **wanted: str) -> None:
    """Filter again on our side: a PACS may answer what was not asked. What it leaves out is as asked."""
    for keyword, uid in wanted.items():
        if row.text(keyword) not in ("", uid):
            raise Malformed(f"an answer about another {keyword}")
