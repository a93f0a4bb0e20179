"""A DICOM node as a destination: C-STORE of each file as it lies there, in its own transfer syntax."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from pydicom.uid import UID

from radquarry.dicom.association import Association, in_thread, open_association
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer
from radquarry.dicom.storing import Parcel, store, takes
from radquarry.exporter.ways.breaking_off import around_breaks, broke_off
from radquarry.exporter.ways.committing import Committing
from radquarry.exporter.ways.dicom_peer import DicomPeer, Load, loads_of
from radquarry.exporter.ways.port import Answer, DestinationAway, DestinationRefuses, Shipment, Staged
from radquarry.exporter.ways.statuses import verdict

MOST_CONTEXTS = 126
"""Of 128 that an association can have (PS3.8 9.3.2.2)."""


class DicomNode(DicomPeer):
    """`committing` is for a node that is asked to answer for what it took before that counts as delivered."""

    def __init__(self, peer: Peer, committing: Committing | None = None) -> None:
        self._peer = peer
        self._committing = committing

    async def deliver(self, shipment: Shipment, files: Sequence[Staged]) -> AsyncGenerator[Answer, None]:
        """See `Way`."""
        del shipment
        loads, unsendable = await loads_of(files)
        for answer in unsendable:
            yield answer
        try:
            taken = [load for load in loads if self._committing is not None and load[0].was_taken]
            for some in _by_contexts([load for load in loads if self._committing is None or not load[0].was_taken]):
                by_uid = {load[0].sop_instance_uid: load for load in some}
                async with aclosing(around_breaks(some, self._over_one)) as sending:
                    async for answer in sending:
                        yield answer
                        if answer.state == "taken":
                            taken.append(by_uid[answer.file.sop_instance_uid])
            if self._committing is not None and taken:
                async with aclosing(self._committing.asked(self._peer, taken)) as answering:
                    async for answer in answering:
                        yield answer
        except PacsRefuses as refusal:
            raise DestinationRefuses(str(refusal)) from None
        except PacsAway as fault:
            raise DestinationAway(str(fault)) from None

    async def _over_one(self, loads: Sequence[Load]) -> AsyncGenerator[Answer, None]:
        """Over one association: to the end, or to the file at which the node breaks off."""
        kinds = dict.fromkeys(parcel.kind for _, parcel in loads)
        sent = None
        try:
            offers = [(sop_class, [syntax]) for sop_class, syntax in kinds]
            async with open_association(self._peer, offers) as association:
                for file, parcel in loads:
                    sent = file
                    yield await self._one(association, file, parcel)
        except PacsAway as fault:
            if sent is None:
                raise
            yield broke_off(sent, str(fault))

    async def _one(self, association: Association, file: Staged, parcel: Parcel) -> Answer:
        if not takes(association, parcel):
            sop_class, syntax = (UID(uid).name for uid in parcel.kind)
            return Answer(file, "failed", f"the destination does not take {sop_class} in {syntax}")
        status = await in_thread(association, partial(store, association, parcel))
        meaning, words = verdict(status)
        if meaning == "busy":
            raise DestinationAway(f"the destination says: {words}")
        if meaning == "delivered" and self._committing is not None:
            return Answer(file, "taken", words, parcel.sop_instance_uid)
        return Answer(file, meaning, words and f"the destination says: {words}", parcel.sop_instance_uid)


def _by_contexts(loads: Sequence[Load]) -> Iterator[Sequence[Load]]:
    """As many kinds of object at a time as one association can be negotiated for."""
    kinds = list(dict.fromkeys(parcel.kind for _, parcel in loads))
    for start in range(0, len(kinds), MOST_CONTEXTS):
        some = set(kinds[start : start + MOST_CONTEXTS])
        yield [load for load in loads if load[1].kind in some]
