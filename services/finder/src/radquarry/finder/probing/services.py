"""What a PACS takes at its door: services, objects, and associations at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from radquarry.dicom.association import open_association
from radquarry.dicom.echo import VERIFICATION
from radquarry.dicom.load import Load
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer
from radquarry.dicom.storage import STORAGE_CLASSES
from radquarry.finder.line import BACK_OFF_SECONDS, Line
from radquarry.finder.lines import Lines

MOVES = ("1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.2.2")
GETS = ("1.2.840.10008.5.1.4.1.2.1.3", "1.2.840.10008.5.1.4.1.2.2.3")
"""In the patient root and the study root (PS3.4 section C.6)."""
MOST_CONTEXTS = 128
"""Of one association (PS3.8 section 9.3.2.2)."""
MOST_ASSOCIATIONS = 8
SLOT_SECONDS = 4.0
"""Others use the PACS too: an association that is not free by then is not tried."""


@dataclass(frozen=True)
class Access:
    """How a PACS is reached: questions over `lines`, other associations with slots of `load`, at most `width`."""

    peer: Peer
    lines: Lines
    load: Load
    width: int


@dataclass(frozen=True)
class Door:
    """What was accepted of what we offered."""

    c_move: bool
    c_get: bool
    storage_contexts: tuple[str, ...]


async def door(access: Access) -> Door:
    """One association that offers everything and uses nothing of it; a PACS may be slow to let the last one go."""
    for wait in BACK_OFF_SECONDS:
        try:
            return await _opened(access)
        except PacsAway:
            await asyncio.sleep(wait)
    return await _opened(access)


async def _opened(access: Access) -> Door:
    offered = [*MOVES, *GETS, *STORAGE_CLASSES][:MOST_CONTEXTS]
    async with (
        access.load.slot(access.peer.name) as gate,
        open_association(access.peer, offered, STORAGE_CLASSES, gate) as association,
    ):
        taken = {str(context.abstract_syntax) for context in association.accepted_contexts}
    return Door(
        c_move=bool(taken & set(MOVES)),
        c_get=bool(taken & set(GETS)),
        storage_contexts=tuple(sorted(taken & set(STORAGE_CLASSES))),
    )


@dataclass(frozen=True)
class Together:
    """So many associations were open at once, of so many that were tried."""

    open: int
    tried: int


async def associations_at_once(access: Access, line: Line) -> Together:
    """Beside `line`, as many as the budget and whoever else uses it leave; the first refusal ends it."""
    await line.open()
    release = asyncio.Event()
    held: list[asyncio.Task[None]] = []
    try:
        for number in range(min(access.width, MOST_ASSOCIATIONS) - access.lines.open):
            opening = _Opening()
            held.append(asyncio.create_task(opening.hold(access, release)))
            if not await opening.came(held[-1]):
                together = access.lines.open + number
                return Together(together, together + opening.is_refused)
        together = access.lines.open + len(held)
        return Together(together, together)
    except BaseException:
        for holding in held:
            holding.cancel()
        raise
    finally:
        release.set()
        await _ended(held)


class _Opening:
    """An association that is held, with its slot, until it is released."""

    def __init__(self) -> None:
        self._has_slot = asyncio.Event()
        self._is_open = asyncio.Event()
        self.is_refused = False

    async def hold(self, access: Access, release: asyncio.Event) -> None:
        async with access.load.slot(access.peer.name):
            self._has_slot.set()
            try:
                async with open_association(access.peer, [VERIFICATION]):
                    self._is_open.set()
                    await release.wait()
            except (PacsAway, PacsRefuses):
                self.is_refused = not release.is_set()

    async def came(self, holding: "asyncio.Task[None]") -> bool:
        """Whether it is open; gives up waiting for a slot, not for an answer of the PACS."""
        async with _watching(self._has_slot) as slot, _watching(self._is_open) as opened:
            await asyncio.wait([slot, holding], timeout=SLOT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not self._has_slot.is_set():
                holding.cancel()
                return False
            await asyncio.wait([opened, holding], return_when=asyncio.FIRST_COMPLETED)
        return self._is_open.is_set() and not holding.done()


@asynccontextmanager
async def _watching(event: asyncio.Event) -> AsyncIterator["asyncio.Task[bool]"]:
    waiting = asyncio.create_task(event.wait())
    try:
        yield waiting
    finally:
        waiting.cancel()


async def _ended(held: list["asyncio.Task[None]"]) -> None:
    """Every association is released before we go; a stop that came meanwhile is told."""
    for outcome in await asyncio.gather(*held, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
