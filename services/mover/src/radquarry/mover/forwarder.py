"""What came by C-GET or WADO-RS goes to our own STORE-SCP: one door into the archive, with one set of promises."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer
from radquarry.dicom.storing import OUT_OF_RESOURCES, SUCCESS, Parcel, store, takes

MOST_KINDS = 120
VERIFICATION = "1.2.840.10008.1.1"


class Forwarder:
    """One association to our node at a time; `problem` says why the last object was not taken."""

    def __init__(self, node: Peer, originator: str) -> None:
        self._node = node
        self._originator = originator
        self._kinds: dict[tuple[str, str], None] = {}
        self._opened = AsyncExitStack()
        self._association: Association | None = None
        self.problem = ""

    async def demand(self) -> None:
        """Raise `PacsRefuses`, or `PacsAway`, when our STORE-SCP would take nothing from us."""
        try:
            async with open_association(self._node, [VERIFICATION]):
                return
        except PacsRefuses as refusal:
            raise PacsRefuses(self._words(refusal)) from None

    async def send(self, parcel: Parcel) -> int:
        """The status to answer the sender with: success only when our STORE-SCP said so, durably then."""
        try:
            association = await self._open(parcel)
            status = await in_thread(association, partial(store, association, parcel, self._originator))
        except PacsAway as away:
            self.problem = f"our own STORE-SCP: {away}"
            return OUT_OF_RESOURCES
        except PacsRefuses as refusal:
            self.problem = self._words(refusal)
            return OUT_OF_RESOURCES
        if status != SUCCESS:
            self.problem = f"our own STORE-SCP answered {status:04X}"
        return status

    def send_from_thread(self, parcel: Parcel, loop: asyncio.AbstractEventLoop) -> int:
        """As `send`, from an association's thread."""
        return asyncio.run_coroutine_threadsafe(self.send(parcel), loop).result()

    async def close(self) -> None:
        """Release it."""
        self._association = None
        await self._opened.aclose()

    def _words(self, refusal: PacsRefuses) -> str:
        return f"our own STORE-SCP: {refusal}; name {self._node.calling_ae_title} in node.allowed_callers"

    async def _open(self, parcel: Parcel) -> Association:
        """An association that takes such objects, too; another kind needs another negotiation."""
        association = self._association
        if association is None or not association.is_established or not takes(association, parcel):
            await self.close()
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
            self._kinds[parcel.kind] = None
            offers = [(sop_class, [syntax]) for sop_class, syntax in self._kinds]
            self._association = association = await self._opened.enter_async_context(
                open_association(self._node, offers)
            )
        return association
