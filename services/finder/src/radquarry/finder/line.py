"""One association to a PACS, for as long as somebody has leave for it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.echo import VERIFICATION
from radquarry.dicom.finding import PATIENT_ROOT, STUDY_ROOT
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import PacsAway, Peer

Answer = TypeVar("Answer")

BACK_OFF_SECONDS = (0.2, 0.6, 1.5)


class Line:
    """One association at a time, opened when it is needed and again when it was lost; its requests ask `gate`."""

    def __init__(self, peer: Peer, gate: Gate) -> None:
        self._peer = peer
        self._gate = gate
        self._stack = AsyncExitStack()
        self._association: Association | None = None

    async def __aenter__(self) -> Self:
        """Opens nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the association, or abort it on an error."""
        await self._stack.__aexit__(kind, error, traceback)

    async def run(self, call: Callable[[Association], Answer]) -> Answer:
        """Run a blocking use of the association. Raises `PacsAway`, `PacsRefuses` and what `call` raises."""
        association = await self._opened_again()
        return await in_thread(association, partial(call, association))

    async def open(self) -> Association:
        """The association, opened unless it is; raises `PacsAway` and `PacsRefuses` at once."""
        if self._association is not None and self._association.is_established:
            return self._association
        self._association = None
        await self._stack.aclose()
        opening = open_association(self._peer, (STUDY_ROOT, PATIENT_ROOT, VERIFICATION), gate=self._gate)
        self._association = await self._stack.enter_async_context(opening)
        return self._association

    async def _opened_again(self) -> Association:
        for wait in BACK_OFF_SECONDS:
            try:
                return await self.open()
            except PacsAway:
                await asyncio.sleep(wait)
        return await self.open()
