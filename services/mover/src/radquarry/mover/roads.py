"""Has images sent by one way or another, within one association to the PACS at a time."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.finding import STUDY_ROOT
from radquarry.dicom.moving import STUDY_ROOT_GET, STUDY_ROOT_MOVE, Counts, MoveEnd, MoveOrder, cancel_move, get, move
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer
from radquarry.dicom.storing import receive
from radquarry.mover.forwarder import Forwarder
from radquarry.mover.storage_kinds import offers
from radquarry.mover.wado import WadoService
from radquarry.mover.ways import Way, Ways, leads_nowhere


@dataclass(frozen=True)
class Roads:
    """Of one PACS: `node` is our STORE-SCP as our own caller, `wado` its DICOMweb service where it has one."""

    ways: Ways
    node: Peer
    wado: WadoService | None = None


class Line:
    """The association to a PACS: for questions and C-MOVE, or for a C-GET, never both. Reopened when it is gone."""

    def __init__(self, peer: Peer, gate: Gate) -> None:
        self.peer = peer
        self.gate = gate
        self._opened = AsyncExitStack()
        self._association: Association | None = None
        self._is_for: tuple[str, ...] = ()

    async def asking(self) -> Association:
        """For C-FIND and C-MOVE."""
        if not self._is_open(()):
            await self.close()
            opening = open_association(self.peer, [STUDY_ROOT, STUDY_ROOT_MOVE], gate=self.gate)
            self._association, self._is_for = await self._opened.enter_async_context(opening), ()
        return self._the_association

    async def getting(self, sop_classes: tuple[str, ...]) -> Association:
        """For a C-GET of objects of these classes, or of the usual ones."""
        wanted = ("get", *sop_classes)
        if not self._is_open(wanted):
            await self.close()
            taken = offers(sop_classes)
            received = list(dict.fromkeys(sop_class for sop_class, _ in taken))
            opening = open_association(self.peer, [STUDY_ROOT_GET, *taken], received, self.gate)
            self._association, self._is_for = await self._opened.enter_async_context(opening), wanted
        return self._the_association

    def cancel(self) -> None:
        """Ask the PACS to stop what it does."""
        if self._association is not None:
            cancel_move(self._association, STUDY_ROOT_GET if self._is_for else STUDY_ROOT_MOVE)

    async def close(self) -> None:
        """Release it."""
        self._association = None
        await self._opened.aclose()

    def _is_open(self, purpose: tuple[str, ...]) -> bool:
        return self._association is not None and self._association.is_established and self._is_for == purpose

    @property
    def _the_association(self) -> Association:
        if self._association is None:
            raise PacsAway("the association is gone")
        return self._association


class Traveller:
    """Fetches over the roads of a PACS for one session."""

    def __init__(self, line: Line, roads: Roads) -> None:
        self._line = line
        self._roads = roads
        self._forwarder = Forwarder(roads.node, line.peer.ae_title)
        self._wado = roads.wado.requests(line.gate) if roads.wado is not None else None
        self._by: Way = "c-move"

    async def fetch(self, order: MoveOrder, sop_classes: tuple[str, ...], heard: Callable[[Counts], None]) -> MoveEnd:
        """By the way that works; how the first one ended when none does. Raises `PacsAway`, `PacsRefuses`."""
        first: MoveEnd | PacsRefuses | None = None
        for way in self._roads.ways:
            try:
                end = await self._fetch(way, order, sop_classes, heard)
            except PacsRefuses as refusal:
                self._roads.ways.drop(way, str(refusal))
                first = first or refusal
                continue
            if not leads_nowhere(end):
                self._roads.ways.prefer(way)
                return end
            first = first or end
        if isinstance(first, MoveEnd):
            return first
        raise first or PacsRefuses("there is no way to fetch images")

    def give_up(self) -> None:
        """Ask for an end of what is under way."""
        if self._by == "wado-rs" and self._wado is not None:
            self._wado.give_up()
        else:
            self._line.cancel()

    async def close(self) -> None:
        """Nothing is left open."""
        await self._forwarder.close()

    async def _fetch(
        self, way: Way, order: MoveOrder, sop_classes: tuple[str, ...], heard: Callable[[Counts], None]
    ) -> MoveEnd:
        self._by = way
        if way == "c-move":
            association = await self._line.asking()
            return await in_thread(
                association, partial(move, association, order, self._line.peer.calling_ae_title, heard)
            )
        self._forwarder.problem = ""
        await self._forwarder.demand()
        end = await (self._get(order, sop_classes, heard) if way == "c-get" else self._download(order, heard))
        return replace(end, comment=self._forwarder.problem) if end.counts.failed and self._forwarder.problem else end

    async def _get(self, order: MoveOrder, sop_classes: tuple[str, ...], heard: Callable[[Counts], None]) -> MoveEnd:
        association = await self._line.getting(sop_classes)
        receive(association, partial(self._forwarder.send_from_thread, loop=asyncio.get_running_loop()))
        return await in_thread(association, partial(get, association, order, heard))

    async def _download(self, order: MoveOrder, heard: Callable[[Counts], None]) -> MoveEnd:
        if self._wado is None:
            raise PacsRefuses("the PACS has no wado_url")
        await self._line.close()
        return await self._wado.fetch(order, self._forwarder.send, heard)
